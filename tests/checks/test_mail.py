from __future__ import annotations

import random
from email.message import EmailMessage

import pytest

from conformance.checks import mail
from conformance.model.evidence import Channel, Message
from tests.checks.carried import CONTACT, OTHER, PDF, PSC_BOX, SOMEONE, errors, exchange, message, pdf_name, says, warns


def read(source: EmailMessage) -> mail.Mail:
    return mail.read(bytes(source))


def changed(**headers: str | None) -> mail.Mail:
    source = message()
    for name, value in headers.items():
        header = name.replace("_", "-")
        del source[header]
        if value is not None:
            source[header] = value
    return read(source)


GREEN = read(message())
PARENT = mail.read(b"Message-ID: <p2@a.test>\r\nReferences: <p1@a.test>\r\n\r\nbonjour")


@pytest.mark.parametrize(
    "found",
    [
        mail.structure(GREEN),
        mail.subject(GREEN, ["CR de consultation"], SOMEONE),
        mail.subject(GREEN),
        mail.sender_label(GREEN, "Camille", "EXEMPLE", "Dr_Camille_EXEMPLE_Cabinet des Tilleuls"),
        mail.reply_to(GREEN, CONTACT),
        mail.message_id(GREEN),
        mail.unique_ids([GREEN, PARENT]),
        mail.body(GREEN),
        mail.applicative(GREEN, CONTACT),
        mail.patient_address(GREEN, SOMEONE),
        mail.attachments(GREEN),
        mail.file_names(GREEN, SOMEONE),
        mail.product_reference(GREEN),
        mail.cda_codes(GREEN, ["11488-4"]),
        mail.ins_flag(GREEN, True),
        mail.end_of_exchange(GREEN, False),
        mail.dsn_request(GREEN),
        mail.replacement(GREEN),
        mail.single_patient(GREEN),
    ],
)
def test_a_conforming_mail_has_nothing_to_say(found: object) -> None:
    assert list(found) == []  # type: ignore[call-overload]


def test_the_parts_of_a_mail_are_found() -> None:
    assert [part.filename for part in GREEN.archives] == ["IHE_XDM.ZIP"]
    assert [(part.filename, part.content) for part in GREEN.pdfs] == [(pdf_name(), PDF)]
    assert len(GREEN.texts) == 2


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("CR de consultation", "préfixe des envois"),
        (f"XDM/1.0/DDM+CR de consultation {SOMEONE.premier_prenom}", "nom puis le prénom"),
        (
            f"XDM/1.0/DDM+CR de consultation {SOMEONE.nom_naissance.title()} {SOMEONE.premier_prenom}",
            "pas en capitales",
        ),
        (
            f"XDM/1.0/DDM+CR de consultation {SOMEONE.nom_naissance} {SOMEONE.premier_prenom} 01/01/1900",
            "date de naissance",
        ),
        (f"XDM/1.0/DDM+Lettre {SOMEONE.nom_naissance} {SOMEONE.premier_prenom}", "libellé attendu"),
    ],
)
def test_a_wrong_subject_is_told(subject: str, said: str) -> None:
    assert says(mail.subject(changed(Subject=subject), ["CR de consultation"], SOMEONE), said)


def test_a_replacement_mention_and_several_documents_are_allowed_in_the_subject() -> None:
    value = f"XDM/1.0/DDM+Annule et remplace - 2 documents {SOMEONE.nom_naissance} {SOMEONE.premier_prenom}"
    assert errors(mail.subject(changed(Subject=value), ["CR", "Ordonnance"], SOMEONE)) == []


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        (PSC_BOX, "n’a pas de libellé"),
        (f'"{PSC_BOX}" <{PSC_BOX}>', "n’a pas de libellé"),
        (f'"Cabinet" <{PSC_BOX}>', "ne porte pas «\u00a0Camille\u00a0»"),
        (None, "pas un expéditeur"),
    ],
)
def test_a_raw_sender_is_told(sender: str | None, said: str) -> None:
    assert says(mail.sender_label(changed(From=sender), "Camille", "EXEMPLE"), said)


def test_another_meaningful_label_only_warns() -> None:
    assert warns(mail.sender_label(GREEN, label="Secrétariat"), "n’est pas celui de la boîte")


def test_the_return_address_must_be_the_set_one() -> None:
    assert says(mail.reply_to(changed(Reply_To=PSC_BOX), CONTACT), "Reply-To")
    assert says(mail.reply_to(changed(Reply_To=None), CONTACT), "Reply-To")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "n’a pas d’en-tête"),
        (b"Message-ID: <abc>\r\n", "forme exigée"),
        (b"Message-ID: <a@b>\r\n" * 2, "plusieurs"),
    ],
)
def test_a_message_id_without_its_right_part_is_told(value: bytes, said: str) -> None:
    assert says(mail.message_id(mail.read(value + b"\r\nbonjour")), said)


def test_two_mails_with_one_identifier_are_told() -> None:
    assert says(mail.unique_ids([GREEN, GREEN]), "même Message-ID")


def test_a_reply_follows_its_thread() -> None:
    reply = mail.read(b"Message-ID: <p3@a.test>\nIn-Reply-To: <p2@a.test>\nReferences: <p1@a.test>\n <p2@a.test>\n\nok")
    assert list(mail.threading(reply, PARENT)) == []


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (b"Message-ID: <p3@a.test>\n", "In-Reply-To de la réponse est absent"),
        (b"Message-ID: <p3@a.test>\nIn-Reply-To: <p2@a.test>\n", "References de la réponse est absent"),
        (b"Message-ID: <p3@a.test>\nIn-Reply-To: <x@a.test>\nReferences: <x@a.test>\n", "désigne un autre courriel"),
        (b"Message-ID: <p2@a.test>\nIn-Reply-To: <p2@a.test>\nReferences: <p2@a.test>\n", "reprend le Message-ID"),
    ],
)
def test_a_reply_out_of_its_thread_is_told(headers: bytes, said: str) -> None:
    assert says(mail.threading(mail.read(headers + b"\nok"), PARENT), said)


def test_a_lost_conversation_warns() -> None:
    reply = mail.read(b"Message-ID: <p3@a.test>\nIn-Reply-To: <p2@a.test>\nReferences: <p2@a.test>\n\nok")
    assert warns(mail.threading(reply, PARENT), "toute la conversation")


def test_html_alone_is_told() -> None:
    source = EmailMessage()
    source.set_content("<p>bonjour</p>", subtype="html")
    assert says(mail.body(read(source)), "HTML sans équivalent")


def test_two_wordings_are_told_with_the_place_where_they_part() -> None:
    source = EmailMessage()
    source.set_content("Bonjour madame, voici")
    source.add_alternative("<p>Bonjour <b>monsieur</b>, voici</p>", subtype="html")
    found = list(mail.body(read(source)))
    assert says(found, "même contenu rédactionnel")
    assert found[0].expected == "… madame voici"
    assert found[0].observed == "… monsieur voici"


def test_html_first_is_told() -> None:
    raw = b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\na\n--b\n\na\n--b--\n"
    assert says(mail.body(mail.read(raw)), "texte suivi de son équivalent")


def test_another_alphabet_is_told() -> None:
    raw = b"Content-Type: text/plain; charset=iso-8859-1\n\n\xe9t\xe9\n"
    assert says(mail.body(mail.read(raw)), "pas en UTF-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"Bonjour. Écrivez à {CONTACT}", "généré automatiquement"),
        (f"Ce message n’a pas été généré automatiquement. {CONTACT}", "généré automatiquement"),
        (f"La mise à jour automatique du carnet est faite. {CONTACT}", "généré automatiquement"),
        ("Ce courriel est envoyé automatiquement.", "adresse qui permet de joindre"),
    ],
)
def test_an_applicative_mail_without_its_mention_is_told(text: str, said: str) -> None:
    assert says(mail.applicative(read(message(text=text)), CONTACT), said)


def test_the_patient_address_is_judged_in_headers_and_envelope() -> None:
    short = f"{SOMEONE.matricule[:13]}@patient.mssante.fr"
    assert says(mail.patient_address(changed(To=short), SOMEONE), "sans la clé")
    assert says(mail.patient_address(GREEN, OTHER), "à elle seule")
    start = f"MAIL FROM:<{PSC_BOX}> RCPT TO:<{SOMEONE.matricule}@patient.mssante.fr>,<x@y.test>"
    sent = exchange(Channel.MSS, "SMTP DATA", bytes(message()), start=start)
    found = list(mail.patient_address(mail.of(sent), SOMEONE))
    assert says(found, "à elle seule")
    assert "RCPT TO" in str(found[0].where)


def test_two_patients_are_told() -> None:
    to = f"{SOMEONE.matricule}@patient.mssante.fr, {OTHER.matricule}@patient.mssante.fr"
    assert says(mail.single_patient(changed(To=to)), "plusieurs usagers")


def test_missing_and_misnamed_attachments_are_told() -> None:
    source = EmailMessage()
    source.set_content("bonjour")
    assert says(mail.attachments(read(source)), "n’est pas jointe")
    assert says(mail.attachments(read(source)), "format PDF")
    source.add_attachment(b"rien", maintype="application", subtype="zip", filename="documents.zip")
    source.add_attachment(b"rien", maintype="application", subtype="pdf", filename="lettre.pdf")
    found = list(mail.attachments(read(source)))
    assert says(found, "ne s’appelle pas IHE_XDM.ZIP")
    assert says(found, "n’est pas un fichier zip")
    assert says(found, "n’en est pas un")
    assert errors(mail.file_names(read(source), SOMEONE)) != []


def test_a_neighbouring_archive_name_warns() -> None:
    raw = bytes(message()).replace(b"IHE_XDM.ZIP", b"IHE-XDM.zip")
    assert warns(mail.attachments(mail.read(raw)), "nom voisin")


def test_what_a_mail_says_of_itself() -> None:
    bare = changed(X_MSS_NIL=None, X_MSS_CODECDA="34112-3", X_MSS_INS="N", X_MSS_MES="FIN")
    assert says(mail.product_reference(bare), "X-MSS-NIL")
    assert says(mail.product_reference(GREEN, "AUTRE-0002"), "un autre produit")
    assert says(mail.cda_codes(bare, ["11488-4"]), "X-MSS-CODECDA")
    assert says(mail.ins_flag(bare, True), "X-MSS-INS")
    assert says(mail.ins_flag(bare, None), "X-MSS-INS")
    assert says(mail.end_of_exchange(bare, False), "X-MSS-MES")
    assert list(mail.end_of_exchange(bare, True)) == []
    assert says(mail.end_of_exchange(GREEN, True), "X-MSS-MES")


def test_the_notice_of_reading_is_asked_for_at_the_sending_box() -> None:
    assert says(mail.mdn_request(changed(Disposition_Notification_To=None)), "accusé de lecture")
    sender = GREEN.addresses("From")[0][1]
    assert list(mail.mdn_request(changed(Disposition_Notification_To=sender))) == []


def test_a_notice_of_deletion_says_it_and_carries_nothing() -> None:
    source = EmailMessage()
    source["To"] = GREEN.header("To")
    source.set_content("Le document envoyé est supprimé.")
    assert list(mail.deletion(read(source), GREEN)) == []
    assert says(mail.deletion(GREEN, GREEN), "est supprimé")
    assert says(mail.deletion(GREEN, GREEN), "archive")
    del source["To"]
    source["To"] = "autre@x.test"
    assert says(mail.deletion(read(source), GREEN), "n’est pas adressé")


def test_a_receipt_to_somebody_else_is_told() -> None:
    assert says(mail.dsn_request(changed(Return_Receipt_To=None)), "accusé de réception")
    assert says(mail.dsn_request(changed(Return_Receipt_To=CONTACT)), "accusé de réception")


def test_a_replacement_without_its_mention_is_told() -> None:
    assert says(mail.replacement(read(message(text="Voici votre compte rendu."))), "remplace une version")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 1000,
        b"Subject: x\r\n" * 10_000 + b"\r\nbonjour",
        b"From: " + b"(" * 20_000 + b"\r\n\r\n",
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n--b--\n--b\n',
        b"Content-Type: text/plain; charset=inconnu\nContent-Transfer-Encoding: base64\n\n@@@\xff\n",
        b"Subject: =?utf-8?b?====?= =?inconnu?q?=E9?=\n\nx",
        b"Content-Type: multipart/mixed; boundary*999999999999999999999*=x\n\n",
        b"Content-Type: message/rfc822\n\nSubject: y\n\nz",
    ],
)
def test_hostile_bytes_are_read_or_refused_with_a_sentence(raw: bytes) -> None:
    try:
        found = mail.read(raw)
    except mail.MailError as error:
        assert str(error)
        return
    list(mail.structure(found))
    list(mail.subject(found))
    list(mail.sender_label(found))
    list(mail.body(found))
    list(mail.attachments(found))
    list(mail.applicative(found, CONTACT))
    list(mail.message_id(found))


def test_thousands_of_nested_parts_are_refused() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(3000))
    with pytest.raises(mail.MailError, match="imbriquées"):
        mail.read(raw)


def test_damaged_mails_never_crash() -> None:
    draw, source = random.Random(3), bytes(message())
    for _ in range(60):
        damaged = bytearray(source)
        for _ in range(40):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            found = mail.read(bytes(damaged))
        except mail.MailError:
            continue
        list(mail.body(found))
        list(mail.attachments(found))


def test_a_mail_of_an_exchange_keeps_its_envelope() -> None:
    sent = exchange(
        Channel.MSS, "SMTP DATA", b"To: a@b.test\n\nx", start="MAIL FROM:<a@b.test> RCPT TO:<C@d.test>,<e@f.test>"
    )
    assert isinstance(sent.request, Message)
    assert mail.of(sent).envelope == ("c@d.test", "e@f.test")

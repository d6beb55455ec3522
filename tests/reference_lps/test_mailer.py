"""The mailer of the reference LPS against a real SMTP server: what it accepts, what it writes, what each defect breaks."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import socket
import ssl
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from smtp_kit import Operator, Prepare, operator
from wire_kit import DRAFT, MATRICULE, PATIENT, Authority, make_bench

from conformance.reference_lps import documents
from conformance.reference_lps.mail import Mailer
from conformance.reference_lps.messages import Wishes
from conformance.reference_lps.types import Sent

Start = Callable[..., AbstractContextManager[Operator]]

NONE: frozenset[str] = frozenset()
COLLEAGUE = "confrere@operateur.mssante.test"
PATIENT_BOX = f"{MATRICULE}@patient.mssante.fr"
SECRETARY = "accueil@operateur.mssante.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def start(authority: Authority) -> Start:
    return partial(operator, authority)


@pytest.fixture(scope="module")
def shared(start: Start) -> Iterator[Operator]:
    with start() as running:
        yield running


def send_document(
    operator: Operator, *defects: str, to: str = PATIENT_BOX, box: str = "personnelle", **options: Any
) -> Sent:
    draft = replace(DRAFT, replaces=options.pop("replaces", None))
    produced = documents.produce(draft, PATIENT, operator.bench, frozenset(defects))
    mailer = Mailer(operator.bench, frozenset(defects))
    return mailer.send_document(produced, draft, PATIENT, to, box, options.pop("reply_to", SECRETARY), **options)


def write(operator: Operator, *defects: str, html: bool = True, dsn: bool = True, box: str = "personnelle") -> Sent:
    mailer = Mailer(operator.bench, frozenset(defects))
    return mailer.send_message(COLLEAGUE, "Votre avis", "Bonjour,\n\nà < 2 jours ?", Wishes(html, dsn), box, SECRETARY)


def bodies(message: EmailMessage) -> list[tuple[str, str]]:
    """Kind and wording of each text part."""
    parts = [p for p in message.walk() if p.get_content_maintype() == "text"]
    return [(part.get_content_subtype(), part.get_content()) for part in parts]


def words(text: str) -> list[str]:
    bare = re.sub(r"<[^>]+>", " ", text.partition("<body>")[2] or text)
    return bare.replace("&lt;", "<").replace("&amp;", "&").split()


def test_a_document_travels_with_its_archive_and_its_pdf(shared: Operator) -> None:
    sent = send_document(shared)
    assert (sent.state, sent.recipient) == ("ENVOYE", PATIENT_BOX), sent.message
    message = shared.last()
    assert message["Subject"] == ("XDM/1.0/DDM+Prescription de produits de santé PAT-TROIS DOMINIQUE 28/03/1979")
    sender = message["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (
        "Dr_Camille_EXEMPLE_Cabinet des Tilleuls",
        "camille.exemple@operateur.mssante.test",
    )
    assert message["Message-ID"] == sent.message_id
    assert re.fullmatch(r"<[0-9a-f-]{36}@operateur\.mssante\.test>", str(sent.message_id))
    assert message["Date"] is not None
    assert (message["X-MSS-NIL"], message["X-MSS-CODECDA"], message["X-MSS-INS"]) == (
        "DEMO-0001",
        "57833-6",
        "O",
    )
    assert message["Reply-To"] is None
    assert message.get_content_type() == "multipart/mixed"
    alternative, archive, pdf = message.iter_parts()
    assert [p.get_content_type() for p in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert (archive.get_content_type(), archive.get_filename()) == ("application/zip", "IHE_XDM.ZIP")
    assert pdf.get_filename() == "20260102_Prescription de produits de santé_PAT-TROIS_DOMINIQUE.pdf"
    with zipfile.ZipFile(io.BytesIO(archive.get_content())) as zipped:
        cda = etree.fromstring(zipped.read("IHE_XDM/SUBSET01/DOC00001.XML"))
    inside = cda.find(".//{urn:hl7-org:v3}nonXMLBody/{urn:hl7-org:v3}text")
    assert inside is not None
    assert base64.b64decode(inside.text or "") == pdf.get_content()


def test_the_session_is_tls_1_2_with_an_allowed_suite(shared: Operator) -> None:
    assert write(shared).state == "ENVOYE"
    version, suite, presented = shared.tls[-1]
    assert version == "TLSv1.2"
    assert suite in ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256")
    assert not presented
    assert shared.logins[-1] == ("camille.exemple@operateur.mssante.test", "secret-de-test")


def test_the_applicative_box_shows_its_certificate_and_says_what_it_is(shared: Operator) -> None:
    assert send_document(shared, box="applicative").state == "ENVOYE"
    assert shared.tls[-1][2]
    assert shared.logins[-1] == ("envois@operateur.mssante.test", "")
    message = shared.last()
    assert message["Reply-To"] == SECRETARY
    for _, text in bodies(message):
        assert "généré automatiquement" in text
        assert SECRETARY in text
    send_document(shared, box="applicative", reply_to="")
    assert shared.last()["Reply-To"] == "secretariat@operateur.mssante.test"


def test_both_forms_of_a_body_have_the_same_words(shared: Operator) -> None:
    write(shared)
    (plain_kind, plain), (html_kind, html) = bodies(shared.last())
    assert (plain_kind, html_kind) == ("plain", "html")
    assert words(plain) == words(html) == ["Bonjour,", "à", "<", "2", "jours", "?"]
    assert shared.last()["Return-Receipt-To"] == "camille.exemple@operateur.mssante.test"
    write(shared, html=False, dsn=False)
    assert shared.last().get_content_type() == "text/plain"
    assert shared.last()["Return-Receipt-To"] is None
    assert shared.last()["X-MSS-NIL"] == "DEMO-0001"


LONG_ID = f"<{'a' * 90}@ailleurs.mssante.test>"
RECEIVED = (
    "From: =?utf-8?q?Confr=C3=A8re?= <confrere@operateur.mssante.test>\r\nSubject: =?utf-8?q?Avis_demand=C3=A9?=\r\n"
    f"Message-ID: {LONG_ID}\r\nReferences: <r1@x.test>\r\n <r2@x.test>\r\n\r\nBonjour\r\n"
).encode("ascii")


def test_a_reply_stays_in_its_thread(shared: Operator) -> None:
    sent = Mailer(shared.bench, NONE).reply(RECEIVED, "Bien reçu.", "personnelle", None)
    assert (sent.state, sent.recipient) == ("ENVOYE", COLLEAGUE), sent.message
    # Identifiers must be readable as they are, not as encoded words.
    head = re.sub(rb"\r\n[ \t]", b" ", shared.raw[-1].partition(b"\r\n\r\n")[0]).decode("ascii")
    assert f"\r\nIn-Reply-To: {LONG_ID}\r\n" in head
    assert f"\r\nReferences: <r1@x.test> <r2@x.test> {LONG_ID}\r\n" in head
    assert shared.last()["Subject"] == "Re: Avis demandé"
    assert shared.last()["Message-ID"] != LONG_ID
    again = RECEIVED.replace(b"Subject: ", b"Subject: RE: ")
    Mailer(shared.bench, NONE).reply(again, "Oui", "personnelle", None)
    assert shared.last()["Subject"] == "RE: Avis demandé"


def test_a_replacement_says_so_and_follows_the_former_mail(shared: Operator) -> None:
    former = "<ancien@operateur.mssante.test>"
    send_document(shared, replaces="2.25.7.1.3", replaces_message_id=former)
    message = shared.last()
    assert str(message["Subject"]).startswith("XDM/1.0/DDM+")
    assert message["In-Reply-To"] == message["References"] == former
    assert all("annule et remplace" in text for _, text in bodies(message))
    send_document(shared)
    assert shared.last()["In-Reply-To"] is None
    assert not any("annule et remplace" in text for _, text in bodies(shared.last()))


def test_the_defects_of_the_message(shared: Operator) -> None:
    send_document(shared, "mss-patient-without-xdm")
    assert [p.get_content_type() for p in shared.last().iter_attachments()] == ["application/pdf"]
    send_document(shared, "mss-patient-without-xdm", to=COLLEAGUE)
    assert len(list(shared.last().iter_attachments())) == 2
    send_document(shared, "mss-html-only")
    assert [kind for kind, _ in bodies(shared.last())] == ["html"]
    sent = write(shared, "mss-bad-message-id")
    assert re.fullmatch(r"<[0-9a-f-]{36}>", str(sent.message_id))
    write(shared, "mss-no-dsn-request")
    assert shared.last()["Return-Receipt-To"] is None
    write(shared, "mss-raw-from")
    assert shared.last()["From"].addresses[0].display_name == ""
    Mailer(shared.bench, frozenset({"mss-reply-without-references"})).reply(RECEIVED, "x", "personnelle", None)
    assert shared.last()["In-Reply-To"] is None
    assert shared.last()["References"] is None
    send_document(shared, "mss-replacement-without-mention", replaces="2.25.7.1.3")
    assert not any("annule et remplace" in text for _, text in bodies(shared.last()))


def test_the_defects_of_the_applicative_box(shared: Operator) -> None:
    write(shared, "mss-applicative-without-mention", box="applicative")
    assert not any("automatiquement" in text for _, text in bodies(shared.last()))
    write(shared, "mss-fixed-reply-to", box="applicative")
    assert shared.last()["Reply-To"] == "secretariat@operateur.mssante.test"


def only(version: ssl.TLSVersion) -> Prepare:
    def prepare(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = version

    return prepare


def weak(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")


def test_tls_1_3_alone_is_refused(start: Start) -> None:
    with start(prepare=only(ssl.TLSVersion.TLSv1_3)) as operator:
        assert write(operator).state == "ECHEC"
        assert operator.raw == []
        assert write(operator, "mss-accepts-tls13").state == "ENVOYE"
        assert operator.tls[-1][0] == "TLSv1.3"


def test_a_suite_outside_the_list_is_refused(start: Start) -> None:
    with start(prepare=weak) as operator:
        assert write(operator).state == "ECHEC"
        assert operator.raw == []
        assert write(operator, "mss-any-suite").state == "ENVOYE"


def test_an_expired_certificate_is_refused(start: Start, authority: Authority) -> None:
    with start(certificate=authority.issue("perime", expired=True)) as operator:
        sent = write(operator)
        assert (sent.state, sent.message_id) == ("ECHEC", None)
        assert "expiré" in sent.message
        assert operator.raw == []
        assert write(operator, "mss-accepts-expired").state == "ENVOYE"


def test_a_foreign_authority_is_refused(start: Start, tmp_path: Path) -> None:
    with start(certificate=Authority(tmp_path).issue("serveur")) as operator:
        for defects in ((), ("mss-accepts-expired",), ("mss-any-suite",)):
            sent = write(operator, *defects)
            assert sent.state == "ECHEC"
            assert "n’est pas reconnu" in sent.message


def test_another_certificate_of_the_same_authority_is_accepted(
    start: Start, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mailer, "_pinned", set())
    with start() as first:
        assert write(first, "mss-pins-certificate").state == "ENVOYE"
        assert write(first, "mss-pins-certificate").state == "ENVOYE"
    with start(certificate=authority.issue("autre-serveur")) as second:
        assert write(second).state == "ENVOYE"
        assert write(second, "mss-pins-certificate").state == "ECHEC"
        assert len(second.raw) == 1


def test_nothing_leaves_in_clear(start: Start) -> None:
    with start(starttls=False) as operator:
        sent = write(operator)
        assert sent.state == "ECHEC"
        assert "STARTTLS" in sent.message
        assert (operator.raw, operator.logins) == ([], [])


def test_refusals_of_the_server_are_told(shared: Operator) -> None:
    shared.refused[COLLEAGUE] = "550 5.1.1 no such mailbox"
    try:
        sent = write(shared)
    finally:
        shared.refused.clear()
    assert sent.state == "ECHEC"
    assert "550" in sent.message
    boxes = shared.bench.raw["mss"]["boites"]
    boxes["personnelle"]["mot_de_passe"] = "faux"
    assert "authentification" in write(shared).message
    del boxes["personnelle"]["mot_de_passe"]
    assert "mot de passe" in write(shared).message
    boxes["personnelle"]["mot_de_passe"] = "secret-de-test"


def test_a_silent_or_absent_server_is_a_failure(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.reference_lps.mail._TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        bench = make_bench(authority, mss_port=port)
        sent = Mailer(bench, NONE).send_message(COLLEAGUE, "x", "y", Wishes(), "personnelle", None)
        assert (sent.state, "5 secondes" in sent.message) == ("ECHEC", True)
    sent = Mailer(bench, NONE).send_message(COLLEAGUE, "x", "y", Wishes(), "personnelle", None)
    assert (sent.state, "injoignable" in sent.message) == ("ECHEC", True)


@pytest.mark.parametrize(
    "recipient", ["", "a@b.test, c@d.test", "a@b.test\r\nBcc: c@d.test", "sans-arobase", "é@x.test"]
)
def test_one_well_formed_recipient_only(shared: Operator, recipient: str) -> None:
    before = len(shared.raw)
    sent = Mailer(shared.bench, NONE).send_message(recipient, "x", "y", Wishes(), "personnelle", None)
    assert sent.state == "ECHEC"
    assert len(shared.raw) == before


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: <x@y.test>\r\nSubject: =?utf-9?q?a?=\r\n\r\n",
        b"From: a <b@c.test>\r\n\r\nno id",
        b"Message-ID: <a@b>\r\n\r\nno sender",
    ],
)
def test_a_mail_that_cannot_be_answered_is_told(shared: Operator, source: bytes) -> None:
    sent = Mailer(shared.bench, NONE).reply(source, "x", "personnelle", None)
    assert sent.state == "ECHEC"
    assert "impossible" in sent.message


def test_a_hostile_subject_stays_in_the_subject(shared: Operator) -> None:
    mailer = Mailer(shared.bench, NONE)
    sent = mailer.send_message(COLLEAGUE, "x\r\nBcc: y@z.test\r\n\r\nz", "\ud800.", Wishes(), "personnelle", None)
    assert sent.state == "ENVOYE"
    assert shared.last()["Bcc"] is None
    assert shared.last()["Subject"] == "x Bcc: y@z.test z"
    assert mailer.send_message(COLLEAGUE, "x", "y", Wishes(), "inconnue", None).state == "ECHEC"


def test_the_hash_of_the_archive_is_that_of_the_document(shared: Operator) -> None:
    rim = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
    for defects, faithful in (((), True), (("xdm-wrong-hash",), False)):
        send_document(shared, *defects)
        archive = next(shared.last().iter_attachments()).get_content()
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            metadata = etree.fromstring(zipped.read("IHE_XDM/SUBSET01/METADATA.XML"))
            digest = hashlib.sha1(zipped.read("IHE_XDM/SUBSET01/DOC00001.XML")).hexdigest()
        written = metadata.findtext(f".//{{{rim}}}Slot[@name='hash']/{{{rim}}}ValueList/{{{rim}}}Value")
        assert (written == digest) is faithful

"""The boxes judged from records made by hand: each check with a green and a red example."""

from __future__ import annotations

import pytest

from conformance.checks import integration, mail
from conformance.checks import mailbox as boxes
from conformance.model.evidence import Channel, Exchange, Message, Tls
from conformance.model.finding import Finding

TLS = Tls("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")
GOOD = b"1 CAPABILITY\r\n2 STARTTLS\r\n3 CAPABILITY\r\n4 AUTHENTICATE XOAUTH2 [masque]\r\n5 SELECT INBOX\r\n"


def session(lines: bytes = GOOD, tls: Tls | None = TLS, **facts: str) -> Exchange:
    return Exchange(Channel.MSS, "IMAP login", Message("IMAP", (), lines), None, frozenset(), tls, facts)


def words(found: object) -> str:
    findings = list(found)  # type: ignore[call-overload]
    assert all(isinstance(one, Finding) and one.fix and one.source for one in findings)
    return " ".join(one.message for one in findings)


def test_ciphered_first() -> None:
    assert words(boxes.ciphered_first([session()])) == ""
    assert "avant STARTTLS" in words(boxes.ciphered_first([session(b"1 LOGIN [masque]\r\n" + GOOD)]))
    assert "avant STARTTLS" in words(boxes.ciphered_first([session(b"1 CAPABILITY\r\n", None)]))


def test_token_and_initial_response() -> None:
    assert words(boxes.by_token(session(auth="XOAUTH2"))) == ""
    assert "XOAUTH2" in words(boxes.by_token(session(auth="PLAIN")))
    assert words(boxes.at_once(session(sasl_ir="oui"))) == ""
    assert "SASL-IR" in words(boxes.at_once(session(sasl_ir="non")))


def test_certificate() -> None:
    assert words(boxes.by_certificate([session(certificate="org_auth", auth="PLAIN")], [])) == ""
    assert "certificat" in words(boxes.by_certificate([session(auth="PLAIN")], []))
    assert "certificat" in words(boxes.by_certificate([], [session(refused="sans certificat")]))


def test_ends_and_resumptions() -> None:
    one = session(session="1")
    assert words(boxes.ended(one, [one], "x")) == "" and "reste ouverte" in words(boxes.ended(one, [], "x"))
    assert words(boxes.reopened(one, [one])) == "" and "rouvert" in words(boxes.reopened(one, []))
    assert words(boxes.not_asked_again([])) == "" and "nouvelle authentification" in words(boxes.not_asked_again([one]))
    assert words(boxes.together({"a": one}, [session(session="2")])) == ""
    assert "pour en ouvrir une autre" in words(boxes.together({"a": one}, [one]))


def test_configuration() -> None:
    done, failed, one = {"etat": "CONFIGUREE", "message": "ok"}, {"etat": "ECHEC", "message": "non"}, session()
    assert words(boxes.configured(done, [one], [one])) == ""
    assert "pas été lu" in words(boxes.configured(done, [], [one]))
    assert "réglages annoncés" in words(boxes.configured(failed, [one], []))
    assert words(boxes.not_configured(failed, [])) == "" and "autres réglages" in words(boxes.not_configured(done, []))


def test_failures() -> None:
    assert words(boxes.failure_told({"etat": "ECHEC", "message": "panne"})) == ""
    assert "pas dite" in words(boxes.failure_told({"etat": "ECHEC"}))
    assert words(boxes.still_works("x", 201)) == ""
    for status in (None, 409, 500):
        assert "autre fonction" in words(boxes.still_works("x", status))


def test_arrivals() -> None:
    assert words(boxes.arrival([{"message_id": "m", "etat": "REMIS"}], "m", "REMIS")) == ""
    for listed in ([], [{"message_id": "m", "etat": "ENVOYE"}]):
        assert "accusé" in words(boxes.arrival(listed, "m", "REMIS"))


ASKED = mail.read(
    b"From: a@un.test\r\nMessage-ID: <e@un.test>\r\nDisposition-Notification-To: a@un.test\r\n\r\nBonjour"
)
NOTICE = (
    b"From: b@un.test\r\nTo: a@un.test\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"
    b"\r\n--b\r\nContent-Type: text/plain\r\n\r\nLu.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
    b"Final-Recipient: rfc822;b@un.test\r\nOriginal-Message-ID: <e@un.test>\r\n"
    b"Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (b"To: a@un.test", b"To: c@un.test", "pas adressé"),
        (b"multipart/report", b"multipart/mixed", "structure"),
        (b"Original-Message-ID: <e@", b"Original-Message-ID: <f@", "Original-Message-ID"),
        (b"; displayed", b"; deleted", "Disposition"),
        (b"Final-Recipient: rfc822;b@un.test\r\n", b"", "Final-Recipient"),
    ],
)
def test_notice_of_reading(before: bytes, after: bytes, told: str) -> None:
    assert words(mail.reading_notice(mail.read(NOTICE), ASKED)) == ""
    assert told in words(mail.reading_notice(mail.read(NOTICE.replace(before, after)), ASKED))


def test_integration() -> None:
    listed = [{"unique_id": "1.2"}]
    assert words(integration.filed_with(listed, "1.2", "x")) == ""
    assert "patientId" in words(integration.filed_with([], "1.2", "x"))
    assert words(integration.not_filed_with([], "1.2", "x")) == ""
    assert "ne désignent pas" in words(integration.not_filed_with(listed, "1.2", "x"))
    line = {"action": "RECEPTION", "date": "2026-01-05", "utilisateur": "u"}
    assert words(integration.told([line], ["RECEPTION"], "x")) == ""
    assert "historique" in words(integration.told([line], ["RECEPTION", "SUPPRESSION"], "x"))
    assert "ne dit pas tout" in words(integration.told([line | {"utilisateur": ""}], ["RECEPTION"], "x"))


def test_counts_grow_by_what_happened() -> None:
    before = integration.counts({"types": [{"type": "K", "automatiques": 1}]}, "K")
    after = integration.counts({"types": [{"type": "K", "automatiques": 3, "en_attente": "deux"}, 7]}, "K")
    assert before == {"automatiques": 1, "manuels": 0, "en_attente": 0}
    assert words(integration.grown(before, after, {"automatiques": 2, "manuels": 0, "en_attente": 0}, "K", "p")) == ""
    assert "statistiques" in words(integration.grown(before, after, {"automatiques": 1}, "K", "p"))

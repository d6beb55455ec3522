"""Submission to the simulated operator: boxes, authentications, envelope; met by smtplib."""

from __future__ import annotations

import base64
import smtplib
import socket
from typing import Any

import pytest

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.simulators.mss import Mss
from conformance.simulators.mss.tls import SUITES
from conformance.simulators.pki import Pki
from tests.simulators.mss_kit import (
    APPLICATION,
    BOXES,
    PASSWORD,
    PATIENT,
    PERSONAL,
    TOKEN,
    connected,
    mail,
    opened,
    plain,
    recorded,
    recorded_sessions,
    refusal,
)


def test_personal_box_by_password(mss: Mss, journal: Journal) -> None:
    with opened(mss) as client:
        client.send_message(mail())
    (sent,) = recorded(journal, "SMTP DATA")
    assert sent.request.start == f"MAIL FROM:<{PERSONAL}> RCPT TO:<{PATIENT}>"
    assert sent.keys == {"<essai-1@operateur.mssante.test>", PATIENT, "279035121518989"}
    assert sent.request.header("subject") == "Compte rendu"
    assert sent.facts["auth"] == "PLAIN" and sent.facts["starttls"] == "oui"
    assert sent.tls is not None and sent.tls.version == "TLSv1.2" and sent.tls.cipher in SUITES
    assert "warning" not in sent.facts
    assert not recorded_sessions(journal)


def test_the_bytes_of_a_mail_are_exact(mss: Mss, journal: Journal) -> None:
    body = b"Subject: x\r\nMessage-ID: <b@x.test>\r\n\r\n.point\r\n..deux\r\n" + bytes(range(128, 256)) + b"\r\n\r\n"
    with opened(mss) as client:
        client.sendmail(PERSONAL, [PATIENT], body, mail_options=["BODY=8BITMIME"])
    assert recorded(journal, "SMTP DATA")[0].request.body == body


@pytest.mark.parametrize("initial", [True, False])
def test_personal_box_by_token(mss: Mss, journal: Journal, initial: bool) -> None:
    text = f"user={PERSONAL}\x01auth=Bearer {TOKEN}\x01\x01"
    with connected(mss) as client:
        client.auth("XOAUTH2", lambda challenge=None: text, initial_response_ok=initial)
        client.send_message(mail("Docteur@autre.mssante.test"))
    (sent,) = recorded(journal, "SMTP DATA")
    assert sent.facts["auth"] == "XOAUTH2"
    assert {"docteur@autre.mssante.test"} < sent.keys


def test_a_wrong_token_is_told_in_a_challenge_then_refused(mss: Mss, journal: Journal) -> None:
    wrong = base64.b64encode(f"user={PERSONAL}\x01auth=Bearer faux\x01\x01".encode()).decode()
    with connected(mss) as client:
        code, challenge = client.docmd("AUTH", "XOAUTH2 " + wrong)
        assert code == 334 and b"401" in base64.b64decode(challenge)
        assert client.docmd("")[0] == 535
    assert "jeton d’accès inconnu" in refusal(journal)


@pytest.mark.parametrize(
    "text", ["user=x", f"user={PERSONAL}\x01auth=Basic x\x01\x01", f"user={APPLICATION}\x01auth=Bearer x\x01\x01"]
)
def test_malformed_xoauth2_is_refused(mss: Mss, journal: Journal, text: str) -> None:
    with connected(mss) as client:
        assert client.docmd("AUTH", "XOAUTH2 " + base64.b64encode(text.encode()).decode())[0] == 334
        assert client.docmd("")[0] == 535
        assert client.docmd("AUTH", "XOAUTH2 ***")[0] == 501
    assert "AUTH" in refusal(journal)


def test_applicative_box_by_certificate(mss: Mss, journal: Journal) -> None:
    with connected(mss, "org_auth") as client:
        assert client.docmd("AUTH", "PLAIN " + plain(APPLICATION, ""))[0] == 235
        client.sendmail(APPLICATION, [PATIENT], mail().as_bytes())
    (sent,) = recorded(journal, "SMTP DATA")
    assert sent.facts["certificate"] == "org_auth"
    assert sent.tls is not None and "INSI-AUTO" in str(sent.tls.client)


@pytest.mark.parametrize(
    ("certificate", "login", "password", "reason"),
    [
        (None, APPLICATION, "", "sans certificat client"),
        ("cps_auth", APPLICATION, "", "n’est pas celui d’authentification de la structure"),
        (None, PERSONAL, "faux", "mot de passe faux"),
        (None, "inconnue@operateur.mssante.test", "", "inconnue de l’opérateur"),
    ],
)
def test_refused_authentications(
    mss: Mss, journal: Journal, certificate: str | None, login: str, password: str, reason: str
) -> None:
    with connected(mss, certificate) as client:
        assert client.docmd("AUTH", "PLAIN " + plain(login, password))[0] == 535
        assert client.docmd("MAIL", f"FROM:<{login}>")[0] == 530
    assert reason in refusal(journal)


def test_nothing_before_starttls(mss: Mss, journal: Journal) -> None:
    with smtplib.SMTP(mss.host, mss.port, timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 530
        assert client.docmd("MAIL", f"FROM:<{PERSONAL}>")[0] == 530
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["starttls"] == "non"
    assert "530 à AUTH" in session.facts["refused"] and "530 à MAIL" in session.facts["refused"]
    assert b"AUTH PLAIN [masque]" in session.request.body


def test_secrets_are_not_recorded(mss: Mss, journal: Journal) -> None:
    with connected(mss) as client:
        client.docmd("AUTH", "PLAIN")
        client.docmd(plain(PERSONAL, "secret-a-taire"))
        client.docmd("AUTH", "PLAIN " + plain(PERSONAL, "secret-a-taire"))
    refusal(journal)
    everything = b"".join(path.read_bytes() for path in journal.folder.rglob("*") if path.is_file())
    assert b"secret-a-taire" not in everything
    assert plain(PERSONAL, "secret-a-taire").encode() not in everything


def test_envelope_rules(mss: Mss, journal: Journal) -> None:
    with opened(mss) as client:
        assert client.mail("autre@operateur.mssante.test")[0] == 553
        assert client.mail(PERSONAL)[0] == 250
        assert client.rcpt("quelqu.un@exemple.org")[0] == 550
        assert client.rcpt("x@patient.mssante.fr.exemple.org")[0] == 550
        assert client.rcpt(PATIENT)[0] == 250
        client.rset()
        assert client.docmd("MAIL", f"FROM:<{PERSONAL}> SIZE=99999999")[0] == 552
    text = refusal(journal)
    assert "n’est pas la boîte authentifiée" in text and "hors de l’espace de confiance" in text
    assert "35 Mo" in text


def test_a_mail_beyond_the_limit_is_refused(mss: Mss, journal: Journal) -> None:
    with opened(mss) as client:
        client.mail(PERSONAL)
        client.rcpt(PATIENT)
        assert client.data(b"Subject: x\r\n\r\n" + (b"x" * 900 + b"\r\n") * 42_000)[0] == 552
    assert not [one for one in journal.exchanges(Channel.MSS) if one.operation == "SMTP DATA"]
    assert "35 Mo" in refusal(journal)


def test_sessions_under_way_are_recorded_when_the_operator_stops(journal: Journal, pki: Pki) -> None:
    operator = Mss(journal, pki, "127.0.0.1", 0, BOXES)
    operator.start()
    client = connected(operator)
    operator.stop()
    assert recorded(journal, "SMTP session")[0].facts["starttls"] == "oui"
    client.close()
    with pytest.raises(OSError):
        socket.create_connection((operator.host, operator.port), timeout=2)


def test_port_taken(mss: Mss, journal: Journal, pki: Pki) -> None:
    with pytest.raises(OSError):
        Mss(journal, pki, mss.host, mss.port, BOXES).start()


def test_two_sessions_at_once_do_not_mix(mss: Mss, journal: Journal) -> None:
    first, second = opened(mss), connected(mss, "org_auth")
    second.docmd("AUTH", "PLAIN " + plain(APPLICATION, ""))
    first.send_message(mail())
    second.sendmail(APPLICATION, [PATIENT], mail().as_bytes())
    first.quit()
    second.quit()
    boxes: list[Any] = [one.facts["box"] for one in recorded(journal, "SMTP DATA", 2)]
    assert boxes == [PERSONAL, APPLICATION]

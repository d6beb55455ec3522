"""The simulated MSSanté operator, met by smtplib, OpenSSL's client and bare sockets."""

from __future__ import annotations

import base64
import shutil
import smtplib
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.mss import Mss
from conformance.simulators.mss_tls import PRESENTATIONS, SUITES
from conformance.simulators.pki import Pki

PERSONAL = "camille.exemple@operateur.mssante.test"
APPLICATION = "envois@operateur.mssante.test"
PATIENT = "279035121518989@patient.mssante.fr"
PASSWORD = "un mot de passe d’essai"
TOKEN = "jeton-d-essai-" + "x" * 3000
BOXES = {
    "personnelle": {"adresse": PERSONAL, "authentification": "XOAUTH2", "mot_de_passe": PASSWORD},
    "applicative": {"adresse": APPLICATION, "authentification": "CERTIFICAT"},
}
REFUSED = (smtplib.SMTPException, ssl.SSLError, OSError)


@pytest.fixture
def mss(journal: Journal, pki: Pki) -> Iterator[Mss]:
    operator = Mss(journal, pki, "127.0.0.1", 0, BOXES, token_ok=lambda token: token == TOKEN, timeout_s=3)
    operator.start()
    yield operator
    operator.stop()


def connected(mss: Mss, certificate: str | None = None, context: ssl.SSLContext | None = None) -> smtplib.SMTP:
    client = smtplib.SMTP(mss.host, mss.port, timeout=10)
    client.ehlo()
    try:
        client.starttls(context=context or mss.pki.client_context(certificate))
    except REFUSED:
        client.close()
        raise
    client.ehlo()
    return client


def plain(login: str, password: str) -> str:
    return base64.b64encode(f"\0{login}\0{password}".encode()).decode()


def opened(mss: Mss) -> smtplib.SMTP:
    client = connected(mss)
    assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235
    return client


def mail(recipient: str = PATIENT) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = PERSONAL, recipient, "Compte rendu"
    message["Message-ID"] = "<essai-1@operateur.mssante.test>"
    message.set_content("Bonjour, à bientôt.\n")
    return message


def recorded(journal: Journal, operation: str, count: int = 1) -> list[Exchange]:
    def found() -> list[Exchange]:
        return [one for one in journal.exchanges(Channel.MSS) if one.operation == operation]

    journal.wait(lambda: len(found()) >= count, 10)
    return found()


def refusal(journal: Journal) -> str:
    return recorded(journal, "SMTP session")[0].facts["refused"]


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


def recorded_sessions(journal: Journal) -> list[Exchange]:
    return [one for one in journal.exchanges(Channel.MSS) if one.operation == "SMTP session"]


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
    assert "25 Mo" in text


def test_a_mail_beyond_the_limit_is_refused(mss: Mss, journal: Journal) -> None:
    with opened(mss) as client:
        client.mail(PERSONAL)
        client.rcpt(PATIENT)
        assert client.data(b"Subject: x\r\n\r\n" + (b"x" * 900 + b"\r\n") * 30_000)[0] == 552
    assert not [one for one in journal.exchanges(Channel.MSS) if one.operation == "SMTP DATA"]
    assert "25 Mo" in refusal(journal)


@pytest.mark.parametrize(
    ("name", "alert"), [("expired", "certificat expiré"), ("untrusted", "autorité inconnue de lui")]
)
def test_a_client_that_refuses_our_certificate_is_seen(mss: Mss, journal: Journal, name: str, alert: str) -> None:
    mss.present(name)
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(mss)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["presentation"] == name and session.facts["starttls"] == "échec"
    assert "ALERT" in session.facts["tls_failure"] and alert in session.facts["refused"]


@pytest.mark.parametrize("name", ["expired", "untrusted"])
def test_a_careless_client_is_seen_too(mss: Mss, journal: Journal, name: str) -> None:
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    mss.present(name)
    with connected(mss, context=careless) as client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235
        client.send_message(mail())
    assert recorded(journal, "SMTP DATA")[0].facts["presentation"] == name


@pytest.mark.parametrize(
    ("name", "version"), [("other-igc", "TLSv1.2"), ("tls13-only", "TLSv1.3"), ("tls12-tls13", "TLSv1.3")]
)
def test_other_presentations_open(mss: Mss, journal: Journal, name: str, version: str) -> None:
    mss.present(name)
    with opened(mss) as client:
        client.send_message(mail())
    sent = recorded(journal, "SMTP DATA")[0]
    assert sent.tls is not None and sent.tls.version == version


def test_tls13_refusal_of_the_certificate_is_seen(mss: Mss, journal: Journal, pki: Pki) -> None:
    mss.present("tls13-only")
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(mss, context=ssl.create_default_context())
    assert "rompu" in refusal(journal)


def test_a_strict_client_finds_no_unlisted_suite(mss: Mss, journal: Journal, pki: Pki) -> None:
    strict = pki.client_context()
    strict.maximum_version = ssl.TLSVersion.TLSv1_2
    strict.set_ciphers(":".join(SUITES))
    mss.present("unlisted-suite")
    with pytest.raises(ssl.SSLError):
        connected(mss, context=strict)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["tls_failure"] == "NO_SHARED_CIPHER"
    mss.clear()
    with connected(mss, context=strict) as client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235


def test_a_tls12_client_is_refused_by_a_tls11_server(mss: Mss, journal: Journal, pki: Pki) -> None:
    mss.present("tls11-only")
    with pytest.raises(ssl.SSLError):
        connected(mss)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["starttls"] == "échec"


def test_the_tls11_presentation_does_speak_tls11(mss: Mss, journal: Journal) -> None:
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    mss.present("tls11-only")
    try:
        client = connected(mss, context=old)
    except ssl.SSLError as error:
        pytest.skip(f"cet OpenSSL ne parle plus TLS 1.1 : {error}")
    with client:
        assert client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))[0] == 235
        client.send_message(mail())
    sent = recorded(journal, "SMTP DATA")[0]
    assert sent.tls is not None and sent.tls.version == "TLSv1.1"


def test_an_untrusted_client_certificate_is_seen(mss: Mss, journal: Journal) -> None:
    with pytest.raises(REFUSED):
        connected(mss, "org_untrusted")
    assert "ne vient pas d’une autorité du banc" in refusal(journal)


def test_the_table_of_presentations(mss: Mss) -> None:
    for name in PRESENTATIONS:
        mss.present(name)
    with pytest.raises(ValueError, match="expired"):
        mss.present("expire")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")
@pytest.mark.parametrize("suite", SUITES)
def test_openssl_agrees_on_each_listed_suite(mss: Mss, pki: Pki, suite: str) -> None:
    command = [
        "openssl",
        "s_client",
        "-connect",
        f"{mss.host}:{mss.port}",
        "-starttls",
        "smtp",
        "-tls1_2",
        "-brief",
        "-cipher",
        suite,
        "-CAfile",
        str(pki.trust),
        "-verify_return_error",
        "-verify_hostname",
        "localhost",
    ]
    done = subprocess.run(command, input=b"QUIT\r\n", capture_output=True, timeout=20, check=False)
    assert f"Ciphersuite: {suite}" in (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")
@pytest.mark.parametrize("option", ["-tls1_3", "-tls1_1"])
def test_openssl_is_refused_other_versions(mss: Mss, journal: Journal, option: str) -> None:
    command = [
        "openssl",
        "s_client",
        "-connect",
        f"{mss.host}:{mss.port}",
        "-starttls",
        "smtp",
        option,
        "-brief",
        "-cipher",
        "DEFAULT@SECLEVEL=0",
    ]
    done = subprocess.run(command, input=b"QUIT\r\n", capture_output=True, timeout=20, check=False)
    assert done.returncode != 0
    assert recorded(journal, "SMTP session")[0].facts["starttls"] == "échec"


HOSTILE = {
    "header-injection": b"Subject: a\r\nX-A: b\r\n Bcc: c@d.test\r\nMessage-ID: <h@x.test>\r\n\r\nx\r\n",
    "ten-thousand-headers": b"".join(b"X-%d: y\r\n" % number for number in range(10_000)) + b"\r\nx\r\n",
    "broken-mime": b'Content-Type: multipart/mixed; boundary="\r\nMessage-ID: <h@x.test>\r\n\r\n--\r\n--x\r\n',
    "nul": b"Subject: \0\r\nMessage-ID: <\0@x.test>\r\n\r\n\0\r\n",
    "no-header": b"\r\n\r\n",
    "bad-utf8": b"Subject: \xff\xfe\xed\xa0\x80\r\n\r\n\xff\r\n",
    "lone-returns": b"Subject: a\rX-B: b\nX-C: c\r\n\r\n.\r\r\n.\n\r\n",
    "long-line": b"Subject: " + b"a" * 40_000 + b"\r\n\r\nx\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_are_recorded_and_kill_nothing(mss: Mss, journal: Journal, name: str) -> None:
    with opened(mss) as client:
        for _ in range(2):
            assert client.mail(PERSONAL, ["BODY=8BITMIME"])[0] == 250
            client.rcpt(PATIENT)
            assert client.docmd("DATA")[0] == 354
            content = HOSTILE[name].replace(b"\r\n.", b"\r\n..")
            client.send(content + b".\r\n")
            assert client.getreply()[0] == 250
    first, second = recorded(journal, "SMTP DATA", 2)
    assert first.request.body == second.request.body == HOSTILE[name]


def bare(mss: Mss) -> socket.socket:
    connection = socket.create_connection((mss.host, mss.port), timeout=10)
    assert connection.recv(1024).startswith(b"220")
    return connection


@pytest.mark.parametrize(
    "noise", [b"\r\n" * 50, b"\0" * 5000 + b"\r\n", b"\xff\xfe\r\n", b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<a@b.test>\r\n"]
)
def test_noise_before_tls(mss: Mss, journal: Journal, noise: bytes) -> None:
    with bare(mss) as connection:
        connection.sendall(noise)
        connection.recv(1024)
    recorded(journal, "SMTP session")
    with opened(mss) as client:
        client.send_message(mail())
    assert recorded(journal, "SMTP DATA")


def test_a_client_that_leaves_during_the_handshake(mss: Mss, journal: Journal) -> None:
    with bare(mss) as connection:
        connection.sendall(b"EHLO x\r\n")
        time.sleep(0.1)
        connection.recv(4096)
        connection.sendall(b"STARTTLS\r\n")
        assert connection.recv(1024).startswith(b"220")
        connection.sendall(b"\x16\x03\x01\x00")
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["starttls"] == "échec"


def test_half_closed_tls(mss: Mss, journal: Journal) -> None:
    client = opened(mss)
    assert client.sock is not None
    client.sock.shutdown(socket.SHUT_WR)
    (session,) = recorded(journal, "SMTP session")
    assert session.facts["starttls"] == "oui"
    client.close()


@pytest.mark.parametrize("during_handshake", [False, True])
def test_a_silent_client_is_let_go(mss: Mss, journal: Journal, during_handshake: bool) -> None:
    with bare(mss) as connection:
        if during_handshake:
            connection.sendall(b"STARTTLS\r\n")
            assert connection.recv(1024).startswith(b"220")
        started = time.monotonic()
        assert connection.recv(1024) == b""
    assert time.monotonic() - started < 8
    assert "trop lent" in refusal(journal)


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


def test_no_file_is_left_out_of_the_run_folder(mss: Mss, tmp_path: Path) -> None:
    assert (mss.pki.folder / "dh.pem").read_text(encoding="ascii").startswith("-----BEGIN DH PARAMETERS")

"""The boxes of the simulated operator, met by imaplib, curl and bare sockets."""

from __future__ import annotations

import base64
import imaplib
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.simulators.mss import Mss
from conformance.simulators.pki import Pki
from tests.simulators.mss_kit import (
    APPLICATION,
    PERSONAL,
    TOKEN,
    connected,
    imap,
    mail,
    plain,
    reading,
    recorded,
    xoauth2,
)

RAW = mail(PERSONAL).as_bytes().replace(b"\n", b"\r\n")


def test_a_delivered_mail_is_read_byte_for_byte(mss: Mss, journal: Journal) -> None:
    mss.deliver(PERSONAL, RAW)
    client = reading(mss)
    assert client.search(None, "ALL")[1] == [b"1"]
    parts = client.fetch("1", "(RFC822)")[1]
    assert isinstance(parts[0], tuple)
    assert parts[0][1] == RAW
    client.logout()
    login, session = recorded(journal, "IMAP login")[0], recorded(journal, "IMAP session")[0]
    assert login.facts["session"] == session.facts["session"]
    assert (session.facts["auth"], session.facts["starttls"], session.facts["closed"]) == ("XOAUTH2", "oui", "client")
    assert session.keys == {PERSONAL}
    assert session.tls is not None
    assert session.tls.version == "TLSv1.2"
    assert b"SELECT" in session.request.body


def test_a_mail_sent_to_a_box_of_the_operator_arrives_there(mss: Mss) -> None:
    with connected(mss, "org_auth") as sender:
        sender.docmd("AUTH", "PLAIN " + plain(APPLICATION, ""))
        sender.sendmail(APPLICATION, [PERSONAL], RAW)
    client = reading(mss)
    assert client.search(None, "SUBJECT", '"Compte rendu"')[1] == [b"1"]
    client.logout()


def test_nothing_is_said_before_starttls(mss: Mss, journal: Journal) -> None:
    client = imaplib.IMAP4(mss.host, mss.imap_port, timeout=10)
    assert "STARTTLS" in client.capabilities
    assert not [name for name in client.capabilities if name.startswith("AUTH=")]
    with pytest.raises(imaplib.IMAP4.error):
        client.login(PERSONAL, "mot-de-passe")
    with pytest.raises(imaplib.IMAP4.error):
        client.authenticate("XOAUTH2", lambda _: xoauth2().encode())
    client.shutdown()
    (session,) = recorded(journal, "IMAP session")
    assert session.facts["starttls"] == "non"
    assert "sans TLS" in session.facts["refused"]
    assert b"mot-de-passe" not in session.request.body


def test_the_initial_response_is_told(mss: Mss, journal: Journal) -> None:
    client = imap(mss)
    assert "SASL-IR" in client.capabilities
    answer = base64.b64encode(xoauth2().encode()).decode()
    client._simple_command("AUTHENTICATE", "XOAUTH2", answer)
    client.state = "AUTH"
    client.logout()
    (session,) = recorded(journal, "IMAP session")
    assert session.facts["sasl_ir"] == "oui"
    everything = b"".join(path.read_bytes() for path in journal.folder.rglob("*") if path.is_file())
    assert answer.encode() not in everything
    assert TOKEN.encode() not in everything


def test_the_applicative_box_opens_with_its_certificate_only(mss: Mss, journal: Journal) -> None:
    client = imap(mss, "org_auth")
    client.authenticate("PLAIN", lambda _: f"\0{APPLICATION}\0".encode())
    client.logout()
    assert recorded(journal, "IMAP login")[0].facts["certificate"] == "org_auth"
    for certificate in (None, "cps_auth"):
        client = imap(mss, certificate)
        with pytest.raises(imaplib.IMAP4.error):
            client.authenticate("PLAIN", lambda _: f"\0{APPLICATION}\0".encode())
        client.shutdown()
    assert "certificat client" in recorded(journal, "IMAP session", 2)[1].facts["refused"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (xoauth2(token="faux"), "jeton d’accès inconnu"),
        (xoauth2(box=APPLICATION), "s’ouvre par certificat"),
        ("user=x", "mal formée"),
    ],
)
def test_refused_tokens(mss: Mss, journal: Journal, said: str, reason: str) -> None:
    client = imap(mss)
    with pytest.raises(imaplib.IMAP4.error):
        client.authenticate("XOAUTH2", lambda _: said.encode())
    client.shutdown()
    assert reason in recorded(journal, "IMAP session")[0].facts["refused"]


def test_a_session_cut_by_the_operator_is_told_and_another_opens(mss: Mss, journal: Journal) -> None:
    client = reading(mss)
    assert mss.cut_imap() == 1
    mss.cut_imap()  # a client that reads nothing stays a while: cutting it again, and again, hurts nobody
    mss.cut_imap()
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        client.noop()
        client.noop()
    assert recorded(journal, "IMAP session")[0].facts["closed"] == "opérateur"
    reading(mss).logout()


def test_a_client_that_idles_is_told_of_a_new_mail(mss: Mss) -> None:
    client = reading(mss)
    client.send(b"i IDLE\r\n")
    assert client.readline().startswith(b"+")
    mss.deliver(PERSONAL, RAW)
    assert b"EXISTS" in client.readline()
    client.send(b"DONE\r\n")
    client.shutdown()


def test_ten_mails_are_deleted_and_moved(mss: Mss) -> None:
    for _ in range(10):
        mss.deliver(PERSONAL, RAW)
    client = reading(mss)
    client.store("1:9", "+FLAGS", "(\\Deleted)")
    client.expunge()
    assert client.search(None, "ALL")[1] == [b"1"]
    client.create("Archives")
    client.copy("1", "Archives")
    assert client.select("Archives")[1] == [b"1"]
    client.logout()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl n’est pas installé")
def test_curl_reads_a_mail(mss: Mss, pki: Pki) -> None:
    mss.deliver(PERSONAL, RAW)
    url = f"imap://localhost:{mss.imap_port}/INBOX;MAILINDEX=1"
    words = ["--silent", "--ssl-reqd", "--tls-max", "1.2", "--cacert", str(pki.trust), "--user", f"{PERSONAL}:"]
    words += ["--oauth2-bearer", TOKEN, "--login-options", "AUTH=XOAUTH2", "--sasl-ir"]
    done = subprocess.run(["curl", *words, url], capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == RAW


def bare(mss: Mss) -> socket.socket:
    connection = socket.create_connection((mss.host, mss.imap_port), timeout=10)
    assert connection.recv(1024).startswith(b"* OK")
    return connection


NOISE = {
    "nul": b"\0" * 5000 + b"\r\n",
    "not-utf8": b"\xff\xfe \xed\xa0\x80\r\n",
    "endless-line": b"a" * 200_000,
    "huge-literal": b"a LOGIN {999999999}\r\n",
    "negative-literal": b"a LOGIN {-1}\r\n",
    "deep": b"a SEARCH " + b"(" * 10_000 + b"\r\n",
    "many-bad": b"zz\r\n" * 50,
    "slipped-behind-starttls": b"a STARTTLS\r\nb LOGIN x y\r\n",
    "noise-for-handshake": b"a STARTTLS\r\n\x16\x03\x01\x00",
}


@pytest.mark.parametrize("name", NOISE)
def test_noise_kills_nothing(mss: Mss, journal: Journal, name: str) -> None:
    # The simulator may hang up before the noise has all gone: which call then fails, and how, is the system's choice.
    with bare(mss) as connection, suppress(ConnectionError):
        connection.sendall(NOISE[name])
        with suppress(OSError):  # « Not connected » is no ConnectionError.
            connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    (session,) = recorded(journal, "IMAP session")
    assert session.facts["starttls"] in ("non", "échec")
    reading(mss).logout()


def test_hostile_commands_once_logged_in(mss: Mss, journal: Journal) -> None:
    mss.deliver(PERSONAL, b'Content-Type: multipart/mixed; boundary="\r\n\xff\r\n\r\n--\r\n--x\r\n')
    for command in (
        b"FETCH 1 (BODYSTRUCTURE ENVELOPE)",
        b"SEARCH " + b"(" * 5000,
        b"FETCH 1 BODY[9.9.9.9]",
        b"STORE 1 x",
    ):
        client = reading(mss)
        client.send(b"h " + command + b"\r\n")
        assert client.readline()
        client.shutdown()
    assert len(recorded(journal, "IMAP session", 4)) == 4
    reading(mss).logout()


def test_a_silent_client_is_let_go(mss: Mss, journal: Journal) -> None:
    started = time.monotonic()
    with bare(mss) as connection:
        while connection.recv(1024):
            pass
    assert time.monotonic() - started < 8
    assert "trop lent" in recorded(journal, "IMAP session")[0].facts["refused"]


def test_a_half_closed_tls_session_ends(mss: Mss, journal: Journal) -> None:
    client = reading(mss)
    client.sock.shutdown(socket.SHUT_WR)
    assert recorded(journal, "IMAP session")[0].facts["closed"] == "coupure"
    client.shutdown()


@pytest.mark.parametrize("name", ["expired", "revoked", "untrusted"])
def test_the_tls_behaviours_are_those_of_submission(mss: Mss, journal: Journal, name: str) -> None:
    mss.present(name)
    if name == "revoked":
        reading(mss).logout()
    else:
        with pytest.raises(OSError):
            imap(mss)
    assert recorded(journal, "IMAP session")[0].facts["presentation"] == name


@pytest.mark.parametrize("fault", ["authentification-refusee", "coupure"])
def test_breakdowns(mss: Mss, journal: Journal, fault: str) -> None:
    mss.fail(fault)
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        reading(mss)
    assert "panne simulée" in recorded(journal, "IMAP session")[0].facts["refused"]
    mss.clear()
    reading(mss).logout()
    with pytest.raises(ValueError, match="panne"):
        mss.fail("panne-inconnue")


def test_sessions_under_way_are_recorded_when_the_operator_stops(journal: Journal, pki: Pki, tmp_path: Path) -> None:
    boxes = {"personnelle": {"adresse": PERSONAL, "authentification": "XOAUTH2"}}
    operator = Mss(journal, pki, "127.0.0.1", 0, boxes, token_ok=lambda _: True)
    operator.start()
    client = reading(operator)
    operator.stop()
    sessions = [one for one in journal.exchanges(Channel.MSS) if one.operation == "IMAP session"]
    assert [session.facts["closed"] for session in sessions] == ["opérateur"]
    client.shutdown()

"""Hostile clients and mails: recorded, answered or let go, and the operator goes on."""

from __future__ import annotations

import socket
import time

import pytest

from conformance.journal import Journal
from conformance.simulators.mss import Mss
from tests.simulators.mss_kit import (
    PATIENT,
    PERSONAL,
    bare,
    mail,
    opened,
    recorded,
    refusal,
)

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

"""Mails and clients made to harm: each ends as a recorded mail with findings, or as a protocol error; the journal holds."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from conformance.checks import mail, xdm
from conformance.journal import Journal, JournalError, verify
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding
from conformance.simulators.mss import Mss
from tests.simulators.mss_hostile_kit import MAILS
from tests.simulators.mss_kit import PATIENT, PERSONAL, bare, imap, opened, reading, recorded, xoauth2
from tests.simulators.mss_kit import mail as sound


def intact(journal: Journal) -> None:
    """The journal verifies; an end of session that is written meanwhile is no alteration."""
    seal = journal.seal
    try:
        verify(journal.folder, [seal])
    except JournalError:
        if journal.seal == seal:
            raise
        intact(journal)


def judged(exchange: Exchange) -> list[Finding]:
    """Everything that judges a mail, on one of them."""
    try:
        one = mail.of(exchange)
    except mail.MailError:
        return [Finding("mail.illisible", "illisible")]
    checks: list[Iterator[Finding]] = [
        mail.structure(one), mail.attachments(one), mail.subject(one), mail.body(one), mail.message_id(one),
        mail.sender_label(one), mail.single_patient(one), mail.product_reference(one), mail.mdn_request(one),
        mail.dsn_request(one), mail.end_of_exchange(one, True), mail.reading_notice(one, one), mail.replacement(one),
    ]  # fmt: skip
    found = [finding for check in checks for finding in check]
    for part in one.archives:
        archive = xdm.read(part.content, "IHE_XDM.ZIP")
        found += xdm.judge(archive, []) if isinstance(archive, xdm.Archive) else archive
    return found


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_is_a_finding(mss: Mss, journal: Journal, name: str) -> None:
    content = MAILS[name]()
    with opened(mss) as client:
        client.mail(PERSONAL, ["BODY=8BITMIME"])
        client.rcpt(PATIENT)
        assert client.docmd("DATA")[0] == 354
        client.send(content.replace(b"\r\n.", b"\r\n..") + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        assert client.getreply()[0] == 250
        client.send_message(sound())
    exchange, after = recorded(journal, "SMTP DATA", 2)
    assert exchange.request.body.rstrip() == content.rstrip()
    began = time.process_time()
    assert judged(exchange)
    assert time.process_time() - began < 20
    assert after.request.body
    intact(journal)


def test_a_nested_mail_to_a_box_comes_back(mss: Mss, journal: Journal) -> None:
    with opened(mss) as client:
        client.sendmail(PERSONAL, [PERSONAL], MAILS["nested-parts"]())
    with imap(mss) as box:
        box.authenticate("XOAUTH2", lambda _: xoauth2().encode())
        box.select("INBOX")
        (number,) = box.search(None, "ALL")[1][0].split()
        told = box.fetch(number, "(BODY[])")[1][0]
        assert isinstance(told, tuple)
        assert b"5.6.0" in told[1]
    intact(journal)


@pytest.mark.parametrize("service", ["smtp", "imap"])
def test_a_trickling_client_is_let_go_and_holds_nobody_up(mss: Mss, journal: Journal, service: str) -> None:
    """A byte every tenth of a second makes no line: the delay of a line counts, not that of a byte."""
    port = mss.port if service == "smtp" else mss.imap_port
    with socket.create_connection((mss.host, port), timeout=10) as slow:
        slow.recv(1024)
        with opened(mss) as other:
            slow.sendall(b"x")
            other.send_message(sound())
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 10 and not select.select([slow], [], [], 0.1)[0]:
                slow.sendall(b"x")
        assert 1 < time.monotonic() - began < 10
    assert recorded(journal, "SMTP DATA")
    told = [one.facts["refused"] for one in recorded(journal, f"{service.upper()} session") if "refused" in one.facts]
    assert any("trop lent" in reason for reason in told)
    intact(journal)


def test_half_closed_tls_on_both_services(mss: Mss, journal: Journal) -> None:
    box = reading(mss)
    box.sock.shutdown(socket.SHUT_WR)
    assert recorded(journal, "IMAP session")[0].facts["box"] == PERSONAL
    box.shutdown()
    with bare(mss) as connection:
        connection.sendall(b"EHLO x\r\n")
        time.sleep(0.1)
        connection.recv(4096)
        connection.sendall(b"STARTTLS\r\n")
        connection.recv(1024)
        ciphered = mss.pki.client_context().wrap_socket(connection, server_hostname=mss.host)
        ciphered.sendall(b"EHLO x\r\n")
        ciphered.recv(4096)
        with contextlib.suppress(ssl.SSLError, OSError):
            ciphered.sendall(b"MAIL FR")
            ciphered.shutdown(socket.SHUT_WR)
            ciphered.recv(1024)
    recorded(journal, "SMTP session")
    with opened(mss) as client:
        client.send_message(sound())
    assert recorded(journal, "SMTP DATA")
    intact(journal)


@pytest.mark.parametrize(
    "lines",
    [
        b"a FETCH 1:* (BODY[" + b"(" * 5000 + b"\r\n",
        b"a SEARCH " + b"NOT " * 2000 + b"ALL\r\n",
        b"a APPEND INBOX {99999999999}\r\n",
        b"a UID FETCH 1:4294967295 (BODY[])\r\n",
        b"a CREATE " + b"x/" * 3000 + b"\r\n",
        b"a \0\xff\r\n" * 50,
        b"a SELECT {-1}\r\n",
    ],
    ids=["parentheses", "nots", "literal", "numbers", "folders", "noise", "negative"],
)
def test_hostile_imap_commands(mss: Mss, journal: Journal, lines: bytes) -> None:
    box = reading(mss)
    with contextlib.suppress(OSError):
        box.sock.sendall(lines)
        box.sock.recv(65536)
    box.shutdown()
    recorded(journal, "IMAP session")
    with imap(mss) as other:
        other.authenticate("XOAUTH2", lambda _: xoauth2().encode())
        assert other.select("INBOX")[0] == "OK"
    intact(journal)

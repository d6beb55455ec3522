"""What the tests of the simulated MSSanté operator share: its boxes, a client in each state, what was recorded."""

from __future__ import annotations

import base64
import imaplib
import smtplib
import socket
import ssl
import subprocess
from email.message import EmailMessage

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.mss import Mss

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


def recorded_sessions(journal: Journal) -> list[Exchange]:
    return [one for one in journal.exchanges(Channel.MSS) if one.operation == "SMTP session"]


def bare(mss: Mss) -> socket.socket:
    connection = socket.create_connection((mss.host, mss.port), timeout=10)
    assert connection.recv(1024).startswith(b"220")
    return connection


def s_client(mss: Mss, protocol: str, *options: str) -> tuple[int, str]:
    """OpenSSL's own client after STARTTLS: its exit code and what it says."""
    port = mss.port if protocol == "smtp" else mss.imap_port
    command = ["openssl", "s_client", "-connect", f"{mss.host}:{port}", "-starttls", protocol, "-brief", *options]
    last = b"QUIT\r\n" if protocol == "smtp" else b"a LOGOUT\r\n"
    done = subprocess.run(command, input=last, capture_output=True, timeout=20, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def xoauth2(box: str = PERSONAL, token: str = TOKEN) -> str:
    """What a client says by XOAUTH2."""
    return f"user={box}\x01auth=Bearer {token}\x01\x01"


def imap(mss: Mss, certificate: str | None = None) -> imaplib.IMAP4:
    """An IMAP client under TLS, not logged in."""
    client = imaplib.IMAP4(mss.host, mss.imap_port, timeout=10)
    client.starttls(mss.pki.client_context(certificate))
    return client


def reading(mss: Mss) -> imaplib.IMAP4:
    """An IMAP client in the personal box, INBOX selected."""
    client = imap(mss)
    client.authenticate("XOAUTH2", lambda _: xoauth2().encode())
    client.select("INBOX")
    return client

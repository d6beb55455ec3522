"""One IMAP session with the operator: STARTTLS, the authentication of the box, the mails of INBOX.

The protocol is imaplib's. Sources: RFC 3501, RFC 4959 (SASL-IR), référentiel socle MSSanté #2 (API LPS).
"""

from __future__ import annotations

import base64
import imaplib
import select
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 5.0
MAX_MAIL = 40 * 1024 * 1024


class BoxError(Exception):
    """The box cannot be read; the message says why, in French."""


@dataclass(frozen=True)
class Credentials:
    """How a box is opened: a token (XOAUTH2), or PLAIN with a password, empty when the certificate has spoken."""

    address: str
    token: str | None = None
    password: str = ""


class _Client(imaplib.IMAP4):
    """imaplib, with what it lacks: an initial response."""

    def authenticate_at_once(self, mechanism: str, answer: bytes) -> None:
        """AUTHENTICATE in one command (SASL-IR)."""
        self.literal: Any = self._nothing  # what answers the challenge by which a refusal is told
        kind, told = self.xatom("AUTHENTICATE", mechanism, base64.b64encode(answer).decode("ascii"))
        if kind != "OK":
            raise self.error(told[-1])
        self.state = "AUTH"

    def _nothing(self, _challenge: bytes) -> bytes:
        return b""


class ImapBox:
    """An open session, its INBOX selected."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    @classmethod
    def open(
        cls, place: tuple[str, int], context: ssl.SSLContext, credentials: Credentials, defects: frozenset[str]
    ) -> ImapBox:
        """Open the box. Raises BoxError."""
        client = None
        try:
            client = _Client(*place, timeout=TIMEOUT_S)
            if "mss-imap-talks-before-tls" in defects:
                with suppress(imaplib.IMAP4.error):
                    client.login(credentials.address, "secret")
            client.starttls(context)
            _authenticate(client, credentials, defects)
            client.select("INBOX")
        except (imaplib.IMAP4.error, OSError) as error:
            if client is not None:
                with suppress(OSError, imaplib.IMAP4.error):
                    client.shutdown()
            raise BoxError(_told(error)) from error
        return cls(client)

    @property
    def validity(self) -> str:
        """What the numbers of the mails are worth: they start again when it changes (UIDVALIDITY)."""
        found = self._client.response("UIDVALIDITY")[1]
        return found[0].decode("ascii", "replace") if found and found[0] else ""

    def mails(self, after: int) -> Iterator[tuple[int, bytes]]:
        """The mails beyond that number, with their own, oldest first. Raises BoxError."""
        try:
            _, found = self._client.uid("SEARCH", "UID", f"{after + 1}:*")
            for number in sorted(int(word) for word in (found[0] or b"").split()):
                if number > after:  # « n:* » always gives the last one
                    yield number, self._mail(number)
        except (imaplib.IMAP4.error, OSError) as error:
            raise BoxError(_told(error)) from error

    def _mail(self, number: int) -> bytes:
        told = self._client.uid("FETCH", str(number), "(RFC822.SIZE)")[1]
        size = bytes(told[0] or b"").rpartition(b"RFC822.SIZE ")[2].split(b")")[0].split(b" ")[0]
        if not size.isdigit() or int(size) > MAX_MAIL:
            return b""
        for part in self._client.uid("FETCH", str(number), "(BODY.PEEK[])")[1]:
            if isinstance(part, tuple):
                return bytes(part[1])
        return b""

    def cut(self) -> bool:
        """Whether the operator has put an end to the session."""
        try:
            if select.select([self._client.sock], [], [], 0)[0]:
                self._client.noop()
        except (imaplib.IMAP4.error, OSError, ValueError):
            return True
        return False

    def close(self) -> None:
        """Leave."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._client.logout()


def _authenticate(client: _Client, credentials: Credentials, defects: frozenset[str]) -> None:
    mechanism, answer = "PLAIN", f"\0{credentials.address}\0{credentials.password}".encode()
    if credentials.token is not None:
        mechanism = "XOAUTH2"
        answer = f"user={credentials.address}\x01auth=Bearer {credentials.token}\x01\x01".encode()
    offered = "SASL-IR" in client.capabilities and "mss-imap-without-initial-response" not in defects
    if offered:
        client.authenticate_at_once(mechanism, answer)
    else:
        said = iter([answer])
        client.authenticate(mechanism, lambda _challenge: next(said, b""))


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "La connexion sécurisée à la boîte a été refusée."
    if isinstance(error, TimeoutError):
        return "Le serveur de messagerie n’a pas répondu dans les 5 secondes."
    if isinstance(error, imaplib.IMAP4.abort | OSError):
        return "Le serveur de messagerie est injoignable ou a rompu la connexion."
    return "Le serveur de messagerie a refusé l’authentification ou la commande."

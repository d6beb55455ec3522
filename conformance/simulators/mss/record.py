"""What the operator writes of an SMTP connection: each accepted mail, each refusal, each silence."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.model.evidence import Channel, Exchange, Message, Tls
from conformance.simulators.mss.alerts import tls_failure

if TYPE_CHECKING:
    from conformance.journal import Journal

MAX_TRANSCRIPT = 64 * 1024
MAX_HEADERS = 2000
MAX_VALUE = 16 * 1024
MAX_REFUSALS = 20
MAX_LINE = 998
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_PATIENT = re.compile(r"([0-9]{6}[0-9AB][0-9]{8})@patient\.mssante\.fr", re.IGNORECASE)
# The SMTP library's own refusals, in the reader's language; the operator's bring their reason.
_REASONS = {
    "Must issue a STARTTLS": "commande envoyée avant STARTTLS",
    "5.7.0 Authentication required": "commande envoyée avant l’authentification",
    "Encryption required": "authentification tentée sans TLS",
    "size exceeds": "message annoncé au-delà de 35 Mo",
    "Too much mail data": "message de plus de 35 Mo",
    "Line too long": "ligne de message démesurée",
    "Command line too long": "ligne de commande trop longue",
    "not recognized": "commande ou paramètre inconnu",
    "Unrecognized authentication": "mécanisme d’authentification non proposé",
    "malformed address": "adresse mal formée",
    "Can't decode base64": "réponse d’authentification qui n’est pas du base64",
    "strict ASCII": "commande qui n’est pas en ASCII",
}


class Record:
    """The record of one connection. ``reason`` explains the next refusal; ``facts`` go with every entry."""

    def __init__(self, journal: Journal) -> None:
        self.facts: dict[str, str] = {"starttls": "non"}
        self.tls: Tls | None = None
        self.reason: str | None = None
        self._journal = journal
        self._transcript, self._rest = bytearray(), b""
        self._verb, self._reply = "", ""
        self._in_mail, self._secret, self._ended = False, False, False
        self._refusals: list[str] = []
        self._mails = 0

    def heard(self, data: bytes) -> None:
        """Bytes from the client. Mail is not kept here, nor any secret."""
        if self._in_mail:
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[:MAX_TRANSCRIPT]
        for line in lines:
            self._command(line.rstrip(b"\r"))

    def _command(self, line: bytes) -> None:
        verb = line.partition(b" ")[0].upper()
        if self._secret:
            line = b"[masque]"
        else:
            self._verb = verb[:16].decode("ascii", "replace")
            if verb == b"AUTH" and len(words := line.split()) > 2:
                line = b" ".join([*words[:2], b"[masque]"])
        self._secret = False
        if len(self._transcript) < MAX_TRANSCRIPT:
            self._transcript += line[:1024] + b"\r\n"

    def answered(self, reply: str) -> None:
        """A reply sent to the client; one of the 4xx and 5xx families is a refusal."""
        self._reply, self._in_mail, self._secret = reply, reply.startswith("354"), reply.startswith("334")
        if reply[:1] in ("4", "5"):
            known = (text for mark, text in _REASONS.items() if mark in reply)
            reason, self.reason = self.reason or next(known, reply[4:]), None
            self.refuse(f"{reply[:3]} à {self._verb or 'la connexion'} : {reason}")

    def refuse(self, reason: str) -> None:
        """Remember why the client did not get what it wanted."""
        if len(self._refusals) < MAX_REFUSALS:
            self._refusals.append(reason)

    def tls_failed(self, cause: BaseException | None) -> None:
        """TLS did not start, or was broken by the client once started."""
        name, reason = tls_failure(cause)
        self.facts["starttls"], self.facts["tls_failure"] = "échec", name
        self.refuse(reason)

    def mail(self, sender: str, recipients: tuple[str, ...], content: bytes, reply: str) -> None:
        """Record an accepted mail, its bytes exact."""
        self._mails += 1
        headers = tuple(fields(content))
        start = f"MAIL FROM:<{sender}> RCPT TO:" + ",".join(f"<{address}>" for address in recipients)
        facts = self.facts | {"box": sender}
        if warning := " ; ".join(_oddities(content, len(headers))):
            facts["warning"] = warning
        self._journal.exchange(
            Exchange(
                channel=Channel.MSS,
                operation="SMTP DATA",
                request=Message(start, headers, content),
                response=Message(reply, (), b""),
                keys=frozenset(_keys(headers, recipients)),
                tls=self.tls,
                facts=facts,
            )
        )

    def end(self, error: Exception | None) -> None:
        """Record the connection itself, unless its mails and their acceptance say everything."""
        if self._ended:
            return
        self._ended = True
        if isinstance(error, ssl.SSLError):
            self.tls_failed(error)
        if self._mails and not self._refusals:
            return
        facts = self.facts | ({"refused": " ; ".join(self._refusals)} if self._refusals else {})
        response = Message(self._reply, (), b"") if self._reply else None
        request = Message("SMTP", (), bytes(self._transcript))
        self._journal.exchange(Exchange(Channel.MSS, "SMTP session", request, response, frozenset(), self.tls, facts))


def fields(content: bytes) -> Iterator[tuple[str, str]]:
    """The header fields of a mail, unfolded, undecoded, at most ``MAX_HEADERS``; other lines are left out."""
    block = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    for count, raw in enumerate(re.split(rb"\r?\n(?![ \t])", block)):
        if count >= MAX_HEADERS:
            return
        if found := _FIELD.fullmatch(raw):
            value = re.sub(rb"\r?\n(?=[ \t])", b"", found[2]).strip()
            yield found[1].decode("ascii"), value[:MAX_VALUE].decode("utf-8", "replace")


def _oddities(content: bytes, headers: int) -> Iterator[str]:
    if any(len(line) > MAX_LINE for line in content.split(b"\r\n")):
        yield f"ligne de plus de {MAX_LINE} octets (RFC 5322 §2.1.1)"
    if headers >= MAX_HEADERS:
        yield f"plus de {MAX_HEADERS} en-têtes : les suivants ne sont que dans le message"
    if b"\0" in content:
        yield "octet nul dans le message"


def _keys(headers: tuple[tuple[str, str], ...], recipients: tuple[str, ...]) -> Iterator[str]:
    yield from (value for name, value in headers if name.lower() == "message-id" and value)
    for address in recipients:
        yield address.lower()
        if patient := _PATIENT.fullmatch(address):
            yield patient[1].upper()

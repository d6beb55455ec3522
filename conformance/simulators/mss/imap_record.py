"""What the operator writes of an IMAP connection: the login, then the session once it has ended."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from conformance.model.evidence import Channel, Exchange, Message, Tls
from conformance.simulators.mss.alerts import tls_failure

if TYPE_CHECKING:
    from conformance.journal import Journal

MAX_TRANSCRIPT = 64 * 1024
MAX_REFUSALS = 20
LOGIN, SESSION = "IMAP login", "IMAP session"
_MASK = b"[masque]"


class ImapRecord:
    """The record of one connection; ``facts`` go with both of its entries, ``session`` joins them."""

    def __init__(self, journal: Journal, presentation: str) -> None:
        self.facts = {"session": uuid.uuid4().hex, "starttls": "non", "presentation": presentation}
        self.tls: Tls | None = None
        self._journal = journal
        self._transcript = bytearray()
        self._refusals: list[str] = []
        self._secret, self._ended = False, False

    def secret(self) -> None:
        """The next line is an answer to a SASL challenge: it is not written down."""
        self._secret = True

    def heard(self, line: bytes) -> None:
        """A line from the client; secrets are masked."""
        words = line.split(None, 3)
        verb = words[1].upper() if len(words) > 1 else b""
        if self._secret:
            line = _MASK
        elif verb == b"LOGIN":
            line = b" ".join([*words[:2], _MASK])
        elif verb == b"AUTHENTICATE" and len(words) > 3:
            line = b" ".join([*words[:3], _MASK])
        self._secret = False
        if len(self._transcript) < MAX_TRANSCRIPT:
            self._transcript += line.rstrip(b"\r\n")[:1024] + b"\r\n"

    def refuse(self, reason: str) -> None:
        """Remember why the client did not get what it wanted."""
        if len(self._refusals) < MAX_REFUSALS:
            self._refusals.append(reason)

    def tls_failed(self, cause: BaseException | None) -> None:
        """TLS did not start, or was broken by the client once started."""
        name, reason = tls_failure(cause)
        self.facts |= {"starttls": "échec", "tls_failure": name}
        self.refuse(reason)

    def opened(self, box: str) -> None:
        """The box is open."""
        self.facts["box"] = box
        self._write(LOGIN, "OK")

    def end(self, by: str) -> None:
        """The connection is over, because of ``by``: client, coupure (neither said why) or opérateur."""
        if not self._ended:
            self._ended = True
            self.facts.setdefault("closed", by)
            self._write(SESSION, "BYE")

    def _write(self, operation: str, answer: str) -> None:
        facts = self.facts | ({"refused": " ; ".join(self._refusals)} if self._refusals else {})
        keys = frozenset({facts["box"]} if "box" in facts else ())
        request, response = Message("IMAP", (), bytes(self._transcript)), Message(answer, (), b"")
        self._journal.exchange(Exchange(Channel.MSS, operation, request, response, keys, self.tls, facts))

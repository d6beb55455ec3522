"""What was captured: exchanges seen on the wire, files handed in, actions asked of the software."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath


class Channel(StrEnum):
    """Which service, or which side of the software, an exchange belongs to."""

    INSI = "insi"
    DMP = "dmp"
    PSC = "psc"
    MSS = "mss"
    ANNUAIRE = "annuaire"
    HL7 = "hl7"
    THIRD_PARTY = "structure-tierce"
    PILOTE = "pilote"


@dataclass(frozen=True, slots=True)
class Tls:
    """The facts of a TLS session as the bench's side saw them; ``client`` is the subject of the client certificate."""

    version: str
    cipher: str
    client: str | None = None
    client_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One side of an exchange, byte for byte. ``start`` is the request or status line, or the SMTP envelope."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None when absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer on one channel.

    ``operation`` is the field's own name for it (``TD2.1``, ``rechercherInsAvecTraitsIdentite``, ``authorize``);
    ``keys`` are what attributes it to a person or a message (matricule, birth name, Message-ID, state), never its
    time. ``facts`` are what the service observed or decided (a fault in force, an error code). ``response`` is None
    when the connection ended without one.
    """

    channel: Channel
    operation: str
    request: Message
    response: Message | None
    keys: frozenset[str] = frozenset()
    tls: Tls | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    number: str = ""

    def __str__(self) -> str:
        return f"{self.channel.value} {self.operation} ({self.number or 'non journalisé'})"


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to be judged: made by the software, carried by an exchange, or handed in a folder.

    ``kind`` is one of cda, pdf, xdm, mail, hl7, log, other; ``origin`` tells where it comes from, in French.
    """

    name: str
    content: bytes
    kind: str
    origin: str = ""
    number: str = ""

    @property
    def suffix(self) -> str:
        """The file name's extension in lower case, dot included."""
        return PurePath(self.name).suffix.lower()

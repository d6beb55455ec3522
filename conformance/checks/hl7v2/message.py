"""Opening an HL7 v2 message that nobody vouches for, and reading its fields by their position."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.model.evidence import Artefact
from conformance.model.finding import Finding, Location, Severity

MIB = 1024 * 1024
_MAX_PIECES = 500_000
_HEADER = re.compile(r"MSH([^\w\s])([^\w\s])([^\w\s])([^\w\s])([^\w\s])(?=\1)")
_SOURCE = "HL7 v2.5, chapitre 2 ; IHE PAM, extension française"
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "ASCII": "ascii",
    "8859/1": "iso-8859-1",
    "8859/15": "iso-8859-15",
    "": "utf-8",
}
_ESCAPES = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", ".br": "\n"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its name, its fields (the first is field 1, MSH-1 and MSH-2 included) and its rank from 1."""

    name: str
    fields: tuple[str, ...]
    rank: int

    def field(self, number: int) -> str:
        """A field as it is written; empty when the segment stops before it."""
        return self.fields[number - 1] if 0 < number <= len(self.fields) else ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that could be read: its name, its segments in order, and what its opening deserves to be
    told.
    """

    name: str
    segments: tuple[Segment, ...]
    content: bytes
    remarks: tuple[Finding, ...] = ()

    def all(self, name: str) -> tuple[Segment, ...]:
        """The segments of that name."""
        return tuple(segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment | None:
        """The first segment of that name, or None."""
        return next(iter(self.all(name)), None)

    @property
    def type(self) -> str:
        """MSH-9, such as ``ADT^A01^ADT_A01``."""
        header = self.first("MSH")
        return "" if header is None else header.field(9)

    def where(self, segment: Segment, path: str) -> Location:
        """A position such as ``PID-3[2].4`` in that segment; the line is the rank of the segment."""
        return Location(self.name, line=segment.rank, path=path)


def open_message(name: str, content: bytes, limit: int = 100 * MIB) -> Message | tuple[Finding, ...]:
    """A message from bytes nobody vouches for, or why it cannot be judged.

    The frame of MLLP, a byte order mark and the line feeds of text editors are let through. ``limit`` in
    bytes.
    """
    if not content.strip():
        return (_refused(name, "hl7v2.empty", "Le message est vide.", "un segment MSH"),)
    if len(content) > limit:
        return (_refused(name, "hl7v2.size", "Le message est trop volumineux.", f"{limit // MIB} Mio au plus"),)
    bare = content.removeprefix(b"\xef\xbb\xbf").strip(b"\x0b\x1c\r\n \t")
    if not bare.startswith(b"MSH"):
        start = bare[:12].decode("ascii", "replace")
        message = "Le fichier n’est pas un message HL7 v2 : il ne commence pas par MSH."
        return (_refused(name, "hl7v2.header", message, "MSH|^~\\&|…", repr(start)),)
    text, remarks = _decoded(name, bare)
    if text is None:
        return remarks
    text = re.sub("\r\n|\n", "\r", text)
    if _HEADER.match(text) is None or len(set(text[3:8])) != 5:
        message = "Les séparateurs annoncés par le segment MSH sont invalides."
        return (*remarks, _refused(name, "hl7v2.header", message, "MSH|^~\\&|…", repr(text[:9])))
    if sum(text.count(mark) for mark in text[3:8]) > _MAX_PIECES:
        return (
            *remarks,
            _refused(name, "hl7v2.size", "Le message a un nombre démesuré de champs.", "moins de champs"),
        )
    segments = _segments(text)
    if segments is None:
        return (
            *remarks,
            _refused(name, "hl7v2.syntax", "Le message ne se lit pas comme du HL7 v2.", "HL7 v2.5"),
        )
    return Message(name, segments, content, remarks)


def repetitions(field: str) -> list[str]:
    """The repetitions of a field; none when it is empty."""
    return field.split("~") if field else []


def component(repetition: str, number: int, part: int = 1) -> str:
    """A component (and subcomponent) by its number from 1, escapes undone; empty when absent or ``""``."""
    pieces = repetition.split("^")
    parts = pieces[number - 1].split("&") if number <= len(pieces) else []
    value = parts[part - 1] if part <= len(parts) else ""
    return "" if value == '""' else _unescaped(value)


def embedded_documents(message: Message) -> tuple[Artefact, ...]:
    """The CDA documents carried in base64 by the OBX segments, decoded, kind ``cda``."""
    found = []
    for segment, rank, value in _encapsulated(message):
        data = _base64(component(value, 5))
        if component(value, 3).upper() == "XML" and data is not None:
            found.append(Artefact(f"{message.name} › OBX-5[{rank}]", data, "cda", f"OBX {segment.field(1)} du message"))
    return tuple(found)


def attachments(message: Message) -> Iterator[Finding]:
    """Every encapsulated value decodes; an error for a document, a warning for the rest (mail wording)."""
    for segment, rank, value in _encapsulated(message):
        document = component(value, 3).upper() == "XML"
        text = "".join(component(value, 5).split())
        unreadable = component(value, 4).lower() != "base64" or _base64(text) is None
        if unreadable or len(text) % 4:
            sentence = (
                "La valeur encapsulée dans OBX-5 n’est pas du base64 valide."
                if unreadable
                else "Le base64 d’OBX-5 n’est pas complété par « = » : tous les lecteurs ne l’acceptent pas."
            )
            yield Finding(
                "hl7v2.attachment",
                sentence,
                # A warning without the padding: messages published by the agency leave it out.
                Severity.ERROR if unreadable and document else Severity.WARNING,
                message.where(segment, f"OBX-5[{rank}]"),
                "^TEXT^XML^Base64^… (RFC 4648)",
                f"{component(value, 2)}^{component(value, 3)}^{component(value, 4)}, {len(text)} caractères",
                "Coder la valeur en base64, sans saut de ligne, et l’annoncer en OBX-5.4.",
                "CI-SIS, transmission d’un document CDA en HL7 v2",
            )


def _encapsulated(message: Message) -> Iterator[tuple[Segment, int, str]]:
    for segment in message.all("OBX"):
        if segment.field(2) == "ED":
            for rank, value in enumerate(repetitions(segment.field(5)), start=1):
                yield segment, rank, value


def _base64(text: str) -> bytes | None:
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _decoded(name: str, content: bytes) -> tuple[str | None, tuple[Finding, ...]]:
    """The characters, by MSH-18; French software in Latin 1 that announces UTF-8 is read, and told."""
    header = content.split(b"\r")[0].split(b"\n")[0].decode("latin-1")
    fields = header.split(header[3:4]) if len(header) > 3 else []
    announced = fields[17].split("~")[0].strip() if len(fields) > 17 else ""
    where = Location(name, line=1, path="MSH-18")
    encoding = _CHARSETS.get(announced.upper())
    if encoding is None:
        message = "Le jeu de caractères annoncé n’est pas reconnu ; le message est lu en UTF-8."
        remark = Finding("hl7v2.charset", message, Severity.WARNING, where, "UNICODE UTF-8", announced, source=_SOURCE)
        return content.decode("utf-8", "replace"), (remark,)
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError as error:
        remark = Finding(
            "hl7v2.charset",
            "Le message n’est pas codé dans le jeu de caractères qu’il annonce.",
            where=where,
            expected=announced or "UTF-8 (rien n’est annoncé)",
            observed=f"octet 0x{content[error.start]:02X} à la position {error.start}",
            fix="Coder le message en UTF-8 et l’annoncer en MSH-18 (UNICODE UTF-8).",
            source=_SOURCE,
        )
        return content.decode("iso-8859-1"), (remark,)


def _segments(text: str) -> tuple[Segment, ...] | None:
    """The segments, by the ``hl7`` library; None for what it cannot take."""
    import hl7

    # The library meets malformed input with whatever its lists raise.
    try:
        parsed = hl7.parse(text)
        return tuple(
            Segment(str(segment[0]), tuple(str(field) for field in segment[1:]), rank)
            for rank, segment in enumerate(parsed, start=1)
        )
    except (hl7.HL7Exception, AssertionError, LookupError, TypeError, ValueError):
        return None


def _unescaped(value: str) -> str:
    return re.sub(r"\\(\.br|[FSTRE])\\", lambda match: _ESCAPES[match.group(1)], value)


def _refused(name: str, rule: str, message: str, expected: str, observed: str | None = None) -> Finding:
    return Finding(rule, message, where=Location(name), expected=expected, observed=observed, source=_SOURCE)

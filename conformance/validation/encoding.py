"""From the bytes of a file that claims to be XML to its characters, or what the file really is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.model.finding import Finding, Location, Severity

_SIGNATURES = (
    (b"%PDF-", "un PDF"),
    (b"PK\x03\x04", "une archive zip (ou un fichier bureautique)"),
    (b"PK\x05\x06", "une archive zip vide"),
    (b"\x1f\x8b", "une archive gzip"),
    (b"7z\xbc\xaf\x27\x1c", "une archive 7z"),
    (b"\x89PNG", "une image PNG"),
    (b"\xff\xd8\xff", "une image JPEG"),
    (b"GIF8", "une image GIF"),
    (b"II*\x00", "une image TIFF"),
    (b"MM\x00*", "une image TIFF"),
    (b"\xd0\xcf\x11\xe0", "un fichier bureautique Microsoft ancien"),
    (b"{\\rtf", "un document RTF"),
    (b"MZ", "un programme Windows"),
    (b"\x7fELF", "un programme Linux"),
    (b"MSH|", "un message HL7 v2"),
    (b"{", "du JSON"),
    (b"-----BEGIN ", "un fichier PEM"),
    (b"PD94bWwg", "du XML encore codé en base64"),
    (b"PENsaW5pY2FsRG9jdW1lbnQ", "un document CDA encore codé en base64"),
    (b"JVBERi0", "un PDF codé en base64"),
)
# Order matters: the mark of UTF-32-LE begins with the one of UTF-16-LE.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_UNMARKED = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_SINGLE_BYTE = frozenset({"us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252"})
_FIX = 'Produire le document en UTF-8, sans marque d’ordre (BOM), avec encoding="UTF-8" dans la déclaration XML.'
_SOURCE = "CI-SIS, documents de santé CDA R2 : codage UTF-8"


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a file, and what its encoding deserves to be told."""

    text: str
    remarks: tuple[Finding, ...]


def other_kind(content: bytes) -> str | None:
    """What the first bytes show when it is not XML, in French (« un PDF »); None when they may be XML."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n\x0b")
    if b"%PDF-" in content[:1024] and not start.startswith(b"<"):
        return "un PDF"
    return next((kind for signature, kind in _SIGNATURES if start.startswith(signature)), None)


def decode(name: str, content: bytes) -> Decoded | Finding:
    """The characters of the file; UTF-16, UTF-32 and the Latin alphabets are read, with a remark.

    A finding alone is returned for an encoding that is unknown or that the bytes contradict; it tells the
    line.
    """
    encoding, marked = _encoding(content)
    known = encoding if encoding.startswith("utf") else "latin" if encoding in _SINGLE_BYTE else None
    if known is None or encoding == "utf-7":
        return Finding(
            "gate.encoding.unknown",
            "Le codage de caractères déclaré n’est pas accepté.",
            where=Location(name, line=1),
            expected="UTF-8",
            observed=encoding,
            fix=_FIX,
            source=_SOURCE,
        )
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        return _undecodable(name, content, encoding, error)
    return Decoded(text.removeprefix("\ufeff"), tuple(_remarks(name, encoding, marked)))


def _encoding(content: bytes) -> tuple[str, bool]:
    """Name of the encoding in lower case, and whether a byte order mark opens the file."""
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8", True
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, True
    for start, encoding in _UNMARKED:
        if content.startswith(start):
            return encoding, False
    declared = _DECLARED.match(content[:512])
    # A file whose bytes read one by one cannot be in the two- or four-byte encoding that it declares.
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    return ("utf-8" if name in ("utf8", "utf-16", "utf-32") else name), False


def _remarks(name: str, encoding: str, marked: bool) -> list[Finding]:
    if encoding == "utf-8" and not marked:
        return []
    if encoding == "utf-8":
        rule, message = "gate.encoding.bom", "Le fichier commence par une marque d’ordre des octets (BOM)."
        observed = "EF BB BF"
    else:
        rule, message = (
            "gate.encoding.utf8",
            "Le document n’est pas codé en UTF-8 ; il est jugé après décodage.",
        )
        observed = encoding.upper()
    # A warning: the document can be read, and the agency's own samples bear the mark.
    where = Location(name, line=1)
    return [Finding(rule, message, Severity.WARNING, where, "UTF-8 sans BOM", observed, _FIX, _SOURCE)]


def _undecodable(name: str, content: bytes, encoding: str, error: UnicodeDecodeError | LookupError) -> Finding:
    line = column = None
    observed = encoding
    if isinstance(error, UnicodeDecodeError):
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        observed = (
            f"octet 0x{content[error.start]:02X} à la position {error.start}"
            if error.start < len(content)
            else encoding
        )
    return Finding(
        "gate.encoding.invalid",
        f"Le fichier contient des octets qui ne sont pas du {encoding.upper()} : il est illisible.",
        where=Location(name, line=line, column=column),
        expected=f"{encoding.upper()} valide",
        observed=observed,
        fix=_FIX,
        source=_SOURCE,
    )

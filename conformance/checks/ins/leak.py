"""Whether a matricule shows through a file: in clear, spaced, in UTF-16, in base64, in a zip, in the text of
a PDF.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from conformance.checks.matricule import spaced
from conformance.model.finding import Finding, Location
from conformance.model.identity import INS_OIDS, Identity
from conformance.validation.archive import open_zip

_DEPTH = 4
# Possessive: a hostile file must not make the search go back on its steps. A blank line ends a run, as it
# ends the headers of a mail part.
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]++(?:[ \t]*+\r?\n[ \t]*+(?=[A-Za-z0-9+/]))?+){1,}+={0,2}+")
_LEAST = 24
_SOFT_BREAK = re.compile(rb"=\r?\n")
_NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_ARC = b"1.2.250.1.213.1.4".translate(None, b".")
"""The digits that every OID of the INS begins with."""
_OIDS = re.compile(rf"(?<![\d.])(?:{'|'.join(re.escape(oid) for oid in sorted(INS_OIDS))})(?!\d|\.\d)")
_SOURCE = "Guide d’implémentation de l’INS, règle 28 : pas de matricule hors d’une identité qualifiée"


def no_matricule(name: str, content: bytes, identity: Identity, text: str | None = None) -> Iterator[Finding]:
    """Neither the matricule (15 or 13 characters, spaced or not) nor an OID of the INS shows in the file.

    Looked into: the bytes, UTF-16, base64 runs (CDA bodies, mail parts), zip members, the text of PDFs.
    ``text`` adds what the caller read in it by other means. One finding for each layer and each thing found.
    """
    layers = list(_layers("", content, _DEPTH))
    if text is not None:
        layers.append(("texte affiché", text.encode("utf-8", "replace")))
    seen: set[tuple[str, str]] = set()
    for layer, raw in layers:
        for what in _shown(raw, identity):
            if (layer, what) not in seen:
                seen.add((layer, what))
                yield _finding(name, layer, what)


def _shown(raw: bytes, identity: Identity) -> Iterator[str]:
    number = identity.matricule
    # Nearly all that leaves lacks the digits of what is sought, whatever stands between them: the patterns, a
    # hundred times slower, read the rest alone.
    digits = raw.translate(None, _NOT_DIGITS)
    stem = bool(number) and number[:13].encode("ascii", "ignore").translate(None, _NOT_DIGITS) in digits
    for text in _readings(raw) if stem or _ARC in digits else ():
        if stem and spaced(number).search(text):
            yield "le matricule INS"
        elif stem and len(number) == 15 and spaced(number[:13]).search(text):
            yield "le matricule INS sans sa clé"
        if _OIDS.search(text):
            yield "un OID de l’INS"


def _readings(raw: bytes) -> Iterator[str]:
    """The bytes as text, in each encoding that they may be in."""
    yield raw.decode("latin-1")
    yield raw.decode("utf-8", "ignore")
    if b"\x00" in raw:
        yield raw.decode("utf-16-le", "ignore")
        yield raw[1:].decode("utf-16-le", "ignore")
    if _SOFT_BREAK.search(raw):
        yield _SOFT_BREAK.sub(b"", raw).decode("latin-1")


def _layers(name: str, content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Some bytes under a name, then those of what they contain."""
    yield name, content
    if depth == 0:
        return
    if content[:4] == b"PK\x03\x04":
        opened = open_zip(name, content)
        members = opened if isinstance(opened, dict) else {}
        for member, data in members.items():
            yield from _layers(_under(name, member), data, depth - 1)
    elif b"%PDF-" in content[:1024]:
        yield from _pdf(name, content)
    else:
        yield from _coded(name, content, depth)


def _coded(name: str, content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """What base64 hides. A run may begin with a word that is not part of it, hence the four alignments."""
    part = _under(name, "base64")
    for run in _BASE64.finditer(content):
        if len(run.group()) < _LEAST:
            continue
        compact = b"".join(run.group().split()).rstrip(b"=")
        for shift in range(4):
            data = _decoded(compact[shift:])
            if data is not None:
                yield from _layers(part, data, depth - 1 if shift == 0 else 0)


def _pdf(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    from conformance.checks.pdf.text import text

    read = text(content)
    if read is not None:
        yield _under(name, "texte du PDF"), read.encode("utf-8", "replace")


def _decoded(compact: bytes) -> bytes | None:
    whole = compact[: len(compact) - (len(compact) % 4 == 1)]
    try:
        return base64.b64decode(whole + b"=" * (-len(whole) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _under(name: str, part: str) -> str:
    return f"{name} › {part}" if name else part


def _finding(name: str, layer: str, what: str) -> Finding:
    # The matricule itself is not repeated: the file says it enough.
    return Finding(
        "ins.leak",
        f"Le fichier laisse voir {what}, alors que l’identité n’est pas qualifiée.",
        where=Location(name, part=layer or None),
        expected="ni matricule, ni OID de l’INS",
        observed=what,
        fix="Ne transmettre que les traits : ni matricule, ni OID, ni datamatrix, ni adresse « matricule@patient… ».",
        source=_SOURCE,
    )

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
# What people and programs put between the groups of a matricule; never letters nor digits.
_OIDS = re.compile(rf"(?<![\d.])(?:{'|'.join(re.escape(oid) for oid in sorted(INS_OIDS))})(?!\d|\.\d)")
_SOURCE = "Guide d’implémentation de l’INS, règle 28 : pas de matricule hors d’une identité qualifiée"


def no_matricule(name: str, content: bytes, identity: Identity, text: str | None = None) -> Iterator[Finding]:
    """Neither the matricule (15 or 13 characters, spaced or not) nor an OID of the INS shows in the file.

    Looked into: the bytes, UTF-16, base64 runs (CDA bodies, mail parts), zip members, the text of PDFs.
    ``text`` adds what the caller read in it by other means. One finding for each layer and each thing found.
    """
    layers = list(_layers("", content, _DEPTH))
    if text is not None:
        layers.append(("texte affiché", text))
    seen: set[tuple[str, str]] = set()
    for layer, shown in layers:
        for what in _shown(shown, identity):
            if (layer, what) not in seen:
                seen.add((layer, what))
                yield _finding(name, layer, what)


def _shown(text: str, identity: Identity) -> Iterator[str]:
    number = identity.matricule
    if number and spaced(number).search(text):
        yield "le matricule INS"
    elif len(number) == 15 and spaced(number[:13]).search(text):
        yield "le matricule INS sans sa clé"
    if _OIDS.search(text):
        yield "un OID de l’INS"


def _layers(name: str, content: bytes, depth: int) -> Iterator[tuple[str, str]]:
    """The readings of some bytes, each under a name, then those of what they contain."""
    yield name, content.decode("latin-1")
    if b"\x00" in content:
        yield name, content.decode("utf-16-le", "ignore")
        yield name, content[1:].decode("utf-16-le", "ignore")
    if _SOFT_BREAK.search(content):
        yield name, _SOFT_BREAK.sub(b"", content).decode("latin-1")
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


def _coded(name: str, content: bytes, depth: int) -> Iterator[tuple[str, str]]:
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


def _pdf(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    from conformance.checks.pdf.text import text

    read = text(content)
    if read is not None:
        yield _under(name, "texte du PDF"), read


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

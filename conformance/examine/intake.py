"""Taking a file in: its digest, its bytes when they can be held, and what its content says it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from conformance.drivers.dossier import MAX_FILE, kind_of
from conformance.model.finding import Finding, Location

from .judgement import LABELS

_SNIFF = 64 * 1024
_CHUNK = 1024 * 1024
_EXTENSIONS = {
    ".pdf": {"pdf"},
    ".xml": {"cda", "xds", "xml"},
    ".zip": {"xdm", "zip"},
    ".eml": {"mail"},
    ".hl7": {"hl7"},
    ".er7": {"hl7"},
}


def taken_in(name: str, content: bytes | Path) -> tuple[str, int, bytes | Finding]:
    """SHA-256, size, and the bytes or why they are not looked at. A file past the limit is never held in memory."""
    try:
        announced = len(content) if isinstance(content, bytes) else content.stat().st_size
        digest, size, kept = hashlib.sha256(), 0, bytearray()
        for chunk in _chunks(content):
            digest.update(chunk)
            size += len(chunk)
            if max(size, announced) <= MAX_FILE:
                kept += chunk
    except OSError as error:
        return hashlib.sha256().hexdigest(), 0, _unreadable(name, error.strerror or str(error))
    where = Location(name)
    if size > MAX_FILE:
        limit = f"{MAX_FILE // 2**20} Mio au plus"
        return digest.hexdigest(), size, Finding(
            "file.size", "Le fichier est trop volumineux pour être jugé.", where=where, expected=limit,
            observed=f"{size / 2**20:.0f} Mio",
        )  # fmt: skip
    data = bytes(kept)
    if not data.strip(b" \t\r\n\x00"):
        return digest.hexdigest(), size, Finding(
            "file.empty", "Le fichier est vide.", where=where, expected="un contenu", observed=f"{size} octets",
            fix="Fournir le fichier complet.",
        )  # fmt: skip
    return digest.hexdigest(), size, data


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    if not content.is_file():
        # A pipe or a device would be read for ever.
        raise FileNotFoundError(2, "absent, ou autre chose qu’un fichier ordinaire", str(content))
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _unreadable(name: str, reason: str) -> Finding:
    return Finding("file.unreadable", "Le fichier ne peut pas être lu.", where=Location(name), observed=reason)


def kind_of_file(name: str, data: bytes) -> str:
    """The kind of a file, one of LABELS, by its content first."""
    head = data[:_SNIFF]
    kind = kind_of(name, head)
    if kind == "cda" and b"ClinicalDocument" not in head and b"SubmitObjectsRequest" in head:
        return "xds"
    if kind in ("zip", "xdm"):
        # The name of a member past the first bytes is in the directory, at the end.
        return "xdm" if kind == "xdm" or re.search(rb"METADATA\.XML", data, re.IGNORECASE) else "zip"
    return kind


def misnamed(name: str, kind: str) -> Iterator[Finding]:
    """A finding when the extension says another kind than the content."""
    suffix = PurePath(name).suffix.lower()
    if kind not in _EXTENSIONS.get(suffix, {kind}):
        yield Finding(
            "file.name",
            f"Le nom du fichier finit par « {suffix} », son contenu est d’une autre nature : {LABELS[kind]}.",
            where=Location(name),
            expected=" ou ".join(LABELS[known] for known in sorted(_EXTENSIONS[suffix])),
            observed=LABELS[kind],
            fix="Fournir le bon fichier, ou lui donner l’extension de son contenu.",
        )

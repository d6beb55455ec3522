"""What a machine reads inside a piece: each type of file by its own checks, then what no proof should show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from conformance.checks.evidence import IMAGES, VIDEOS, Filed, documents, refusal, stale
from conformance.checks.evidence.media import image, video
from conformance.checks.evidence.privacy import real_looking
from conformance.model.finding import Finding, Location, Severity
from conformance.model.requirement import Proof
from conformance.model.vendor import Software

LIMIT = 100 * 1024 * 1024
"""Bytes past which a piece is not read whole; a video is never read whole."""
_BROKEN = frozenset({"zip.broken", "zip.signature", "zip.encrypted"})
_ARCHIVES = frozenset({"zip", "docx", "odt", "xlsx", "ods"})


def content(path: Path, filed: Filed, proof: Proof, software: Software | None) -> Iterator[Finding]:
    """Everything a machine can say of what a piece holds.

    ``filed`` is of an acceptable type, and its first bytes are those of that type. A date that the file itself carries
    is compared with the day the software's version came out; one that carries none is known by its last change.
    """
    made: date | None = None
    released = None if software is None else software.released
    if filed.extension in VIDEOS:
        told, made = video(filed.name, path)
        yield from told
    elif filed.size > LIMIT:
        yield _too_big(filed)
    else:
        data = path.read_bytes()
        told, made = _read(data, filed, proof, software)
        yield from told
        if filed.extension not in IMAGES:
            yield from real_looking(filed.name, data)
    if not filed.attestation:
        yield from stale(filed.name, made or filed.modified.date(), released)


def _read(
    data: bytes, filed: Filed, proof: Proof, software: Software | None
) -> tuple[tuple[Finding, ...], date | None]:
    name, extension = filed.name, filed.extension
    if extension in IMAGES:
        return tuple(image(name, data, extension)), None
    if extension == "pdf":
        told, made = documents.pdf(name, data)
        if proof.kind == "approval":
            told += tuple(documents.approval(name, data, software.name if software else ""))
        return told, made
    if extension in _ARCHIVES:
        return tuple(_archive(name, data)), None
    if filed.attestation:
        return (), None
    if extension == "url" or (proof.kind == "link" and extension == "txt"):
        return tuple(documents.link(name, data)), None
    if extension in documents.TEXTUAL:
        return tuple(documents.written(name, data, extension, proof.kind)), None
    return (), None


def _archive(name: str, data: bytes) -> Iterator[Finding]:
    from conformance.validation.archive import open_zip

    opened = open_zip(name, data)
    for problem in () if isinstance(opened, dict) else opened:
        more = {"observed": problem.observed or problem.rule, "fix": problem.fix or "Exportez de nouveau le fichier."}
        if problem.rule in _BROKEN:
            yield refusal("preuve.illisible", problem.message, Location(name), **more)
        else:
            # Odd for an exchange, not for an office document: a person can still open it.
            told = f"Le contenu n’a pas été examiné. {problem.message}"
            yield Finding("preuve.non-examinee", told, Severity.WARNING, Location(name), **more)


def _too_big(filed: Filed) -> Finding:
    return Finding(
        "preuve.non-examinee",
        "Le fichier est trop volumineux : son contenu n’a pas été examiné.",
        Severity.WARNING,
        Location(filed.name),
        expected=f"{LIMIT // 2**20} Mio au plus",
        observed=f"{filed.size / 2**20:.0f} Mio",
        fix="Découpez-le, ou n’en gardez que ce qui prouve.",
    )

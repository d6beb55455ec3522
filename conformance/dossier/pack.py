"""The dossier as one file to hand over: the pieces, the register of reviews and the index, always the same bytes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.dossier.index import Judged, workbook
from conformance.dossier.status import Status
from conformance.model.review import REVIEWS
from conformance.model.yamlfile import DataError

INDEX = "index.xlsx"
_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Packed:
    """The zip that was written: how many pieces it holds, its SHA-256, and the files left out."""

    path: Path
    pieces: int
    sha256: str
    left_out: tuple[str, ...]


def pack(status: Status, output: Path, judged: Mapping[str, Judged]) -> Packed:
    """Write the zip. Files under no expected number are left out; the others keep their names, under their number.

    Raises DataError when the zip would fall inside the dossier, or when a piece changes while it is read.
    """
    folder = status.dossier.folder
    assert folder is not None
    if output.resolve().is_relative_to(folder):
        raise DataError(output, "le zip ne peut pas être dans le dossier lui-même", hint="donnez un autre --output")
    pieces = {name: sha for line in status.lines for name, sha in line.kept.pieces.items()}
    temporary = output.with_name(f"{output.name}.part")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            _add(archive, INDEX, workbook(status, judged))
            if (folder / REVIEWS).is_file():
                _add(archive, REVIEWS, (folder / REVIEWS).read_bytes())
            for name in sorted(pieces):
                _copy(archive, name, folder / name, pieces[name])
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    return Packed(output, len(pieces), _digest(output), tuple(status.strays))


def _entry(name: str) -> zipfile.ZipInfo:
    # Stored, not deflated: videos gain nothing, and the bytes depend on no version of a compressor.
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    return entry


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_entry(name), content)


def _copy(archive: zipfile.ZipFile, name: str, path: Path, expected: str) -> None:
    digest = hashlib.sha256()
    entry = _entry(name)
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != expected:
        raise DataError(path, "la pièce a changé pendant la lecture", hint="recommencez")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

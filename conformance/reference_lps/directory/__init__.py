"""The public extraction of the Annuaire Santé, read: which columns, which lines, what is left out.

Columns are found by their label, whatever its case and wherever it stands: both change from one year to the next. A zip, a header or a text that cannot
be read raises ExtractionError, and nothing of it is kept.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_MAX_FILE = 512 * 1024 * 1024
_LABELS: Mapping[str, tuple[str, ...]] = {
    "rpps": ("identifiant pp",),
    "civilite": ("code civilite",),
    "nom": ("nom d'exercice", "nom exercice"),
    "prenom": ("prenom d'exercice", "prenom exercice"),
    "profession": ("code profession",),
    "savoir_faire": ("code savoir-faire",),
    "structure": ("identifiant technique de la structure",),
    "raison_sociale": ("raison sociale site",),
    "code_postal": ("code postal (coord. structure)", "code postal"),
    "commune": ("libelle commune (coord. structure)", "libelle commune"),
    "telephone": ("telephone (coord. structure)", "telephone"),
}
_NEEDED = ("rpps", "nom", "prenom", "profession")


class ExtractionError(ValueError):
    """The extraction cannot be read; the message says why, in French."""


@dataclass(frozen=True)
class Entry:
    """One activity of a professional; an absent column gives an empty text."""

    rpps: str
    nom: str
    prenom: str
    profession: str
    civilite: str = ""
    savoir_faire: str = ""
    structure: str = ""
    raison_sociale: str = ""
    code_postal: str = ""
    commune: str = ""
    telephone: str = ""

    def shown(self) -> dict[str, Any]:
        """As the API shows it: what is not known is null."""
        return {name: value or None for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Extraction:
    """What was read: the file, its entries, the number of its lines, and each line left out with the reason."""

    name: str
    entries: tuple[Entry, ...]
    lines: int
    rejected: tuple[tuple[int, str], ...]


def read(content: bytes, defects: frozenset[str]) -> Extraction:
    """Read a ``PS_LibreAcces`` zip."""
    name, raw = _activities(content)
    lines = _decoded(raw, defects).splitlines()
    if not lines:
        raise ExtractionError("Le fichier des activités est vide.")
    columns = _columns(lines[0])
    entries, rejected = list[Entry](), list[tuple[int, str]]()
    width = len(lines[0].split("|"))
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("|")
        if len(cells) != width:
            rejected.append((number, f"{len(cells)} champs au lieu de {width}"))
        elif not re.fullmatch(r"[0-9A-Z/]{8,12}", cells[columns["rpps"]]):
            rejected.append((number, "identifiant illisible"))
        else:
            entries.append(Entry(**{field: cells[place].strip() for field, place in columns.items()}))
    if not entries:
        raise ExtractionError("Le fichier des activités ne contient aucune ligne lisible.")
    return Extraction(name, tuple(entries), len(lines) - 1, tuple(rejected))


def matching(entries: Sequence[Entry], rpps: str | None, nom: str | None, prenom: str | None) -> Iterator[Entry]:
    """The entries of that number, or of names that begin so, whatever the case and accents."""
    for one in entries:
        by_name = _plain(one.nom).startswith(_plain(nom or "")) and _plain(one.prenom).startswith(_plain(prenom or ""))
        if one.rpps == rpps if rpps else by_name:
            yield one


def _activities(content: bytes) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [one for one in archive.infolist() if "personne_activite" in one.filename.lower()]
            if not found:
                raise ExtractionError("L’archive ne contient pas le fichier Personne_activite.")
            if found[0].file_size > _MAX_FILE:
                raise ExtractionError("Le fichier des activités est trop long.")
            return found[0].filename, archive.read(found[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as broken:
        raise ExtractionError("L’archive de l’annuaire est illisible ou incomplète.") from broken


def _decoded(raw: bytes, defects: frozenset[str]) -> str:
    if "ann-reads-latin1" in defects:
        header, _, rows = raw.partition(b"\n")
        return f"{header.decode()}\n{rows.decode('latin-1')}"
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _columns(header: str) -> dict[str, int]:
    labels = [_plain(label) for label in header.split("|")]
    found = {
        field: labels.index(label) for field, known in _LABELS.items() for label in reversed(known) if label in labels
    }
    if missing := [field for field in _NEEDED if field not in found]:
        raise ExtractionError(f"L’en-tête de l’extraction n’a pas de colonne pour «\u00a0{missing[0]}\u00a0».")
    return found


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("’", "'"))
    return "".join(char for char in letters if not unicodedata.combining(char)).casefold().strip()

"""``catalogue import``, without the command line: a workbook in, the list and its differences out; writing it apart."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conformance.catalogue.columns import HEADERS, Columns, find_sheet
from conformance.catalogue.crosswalk import load_crosswalk
from conformance.catalogue.difference import Change, changes
from conformance.catalogue.match import guess_profile, matched
from conformance.catalogue.rows import Reader
from conformance.catalogue.workbook import Book, Sheet, as_text, open_book
from conformance.model.finding import Finding, Location, Severity
from conformance.model.official import Official, Overlay, Source, overlay_folder, overlay_path, read_overlay
from conformance.model.profile import (
    PROFILES,
    Profile,
    load_catalogue,
    load_options,
    load_profile,
    made_official,
    profile_ids,
)
from conformance.model.yamlfile import DataError

_VERSION = re.compile(r"\bv(?:ersion)?[ .]*(\d+(?:\.\d+)*)", re.IGNORECASE)
_DATE = re.compile(r"\b(\d{2})[/.-](\d{2})[/.-](20\d{2})\b|\b(20\d{2})-(\d{2})-(\d{2})\b")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a workbook says for one profile: the list, what was odd, what it changes, the list imported before."""

    overlay: Overlay
    profile: Profile
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    previous: Overlay | None

    @property
    def errors(self) -> int:
        """How many lines could not be taken as they are."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def matched(self) -> int:
        """How many requirements of the profile the list states."""
        return sum(one.id in self.overlay.by_ours() for one in self.profile.requirements)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked: profile, sheet, columns renamed (field → title), version and date, folder of the lists."""

    profile: str | None = None
    sheet: str | None = None
    columns: Mapping[str, str] | None = None
    version: str = ""
    date: str = ""
    folder: Path | None = None


def read_list(path: Path, wanted: Wanted | None = None) -> Imported:
    """Read a workbook and compare it. Raises DataError when it cannot be read."""
    asked = wanted or Wanted()
    renamed = asked.columns or {}
    for name in renamed:
        if name not in HEADERS:
            raise DataError("--column", f"champ inconnu « {name} »", allowed=", ".join(HEADERS))
    book = open_book(path)
    sheet, columns = find_sheet(book, asked.sheet, renamed)
    reader = Reader(path.name, sheet, columns)
    entries = reader.read()
    if not entries:
        raise _nothing(path, sheet, columns, reader.findings)
    crosswalk, catalogue = load_crosswalk(), load_catalogue()
    profile = _profile(asked.profile, entries)
    place = Location(path.name, columns.line, None, None, f"feuille « {sheet.name} »")
    listed, doubts = matched(entries, profile, catalogue, crosswalk, place)
    overlay = Overlay(profile.id, _source(book, sheet, columns, asked), listed)
    previous = read_overlay(profile.id, asked.folder)
    differences = changes(overlay, previous, profile, catalogue, load_options())
    return Imported(overlay, profile, (*reader.findings, *doubts), differences, previous)


def _profile(asked: str | None, entries: tuple[Official, ...]) -> Profile:
    if asked is not None:
        return load_profile(asked, official=False)
    shipped = [load_profile(name, official=False) for name in profile_ids()]
    return guess_profile(entries, shipped, load_crosswalk())


def _nothing(path: Path, sheet: Sheet, columns: Columns, findings: list[Finding]) -> DataError:
    told = f"feuille « {sheet.name} », sous la ligne {columns.line} : aucune exigence lisible"
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    first = f"{errors[0].where} : {errors[0].message}" if errors else None
    return DataError(path, told, hint=first)


def _source(book: Book, sheet: Sheet, columns: Columns, asked: Wanted) -> Source:
    """Version and date as the user says, else as written above the header or in the file's name, else the file's own."""
    above = [as_text(value) for row in sheet.rows[: columns.line - 1] for value in row if value is not None]
    words = " ".join([*above, book.path.stem.replace("_", " "), book.title])
    version = _VERSION.search(words)
    return Source(
        file=book.path.name,
        sha256=hashlib.sha256(book.content).hexdigest(),
        sheet=sheet.name,
        version=asked.version or ("" if version is None else version[1]),
        date=asked.date or _date(words) or book.modified,
        imported=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _date(words: str) -> str:
    found = _DATE.search(words)
    if found is None:
        return ""
    year, month, day = (found[3], found[2], found[1]) if found[1] else (found[4], found[5], found[6])
    return f"{year}-{month}-{day}"


def write_list(imported: Imported, folder: Path | None = None, *, partial: bool = False) -> Path:
    """Write the list where profiles look for it, whole or not at all, and give its path.

    Raises DataError when the folder is the project's own, when lines could not be read or the list states less than
    half of the profile (unless ``partial``), or when the profile could not be used with it.
    """
    target = folder or overlay_folder()
    project = PROFILES.parent.parent
    inside = (PROFILES.parent, project) if (project / "pyproject.toml").is_file() else (PROFILES.parent,)
    if any(target.resolve().is_relative_to(place) for place in inside):
        hint = "choisissez un dossier hors du projet : les textes officiels n’y entrent jamais"
        raise DataError(target, "ce dossier est celui du banc de conformité", hint=hint)
    if not imported.matched:
        told = f"cette liste n’énonce aucune exigence du profil {imported.profile.id}"
        raise DataError(imported.overlay.source.file, told, hint="vérifiez que le classeur et le profil vont ensemble")
    if not partial:
        _refuse_partial(imported)
    made_official(imported.profile, imported.overlay)
    path = overlay_path(imported.profile.id, target)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(imported.overlay.to_json(), ensure_ascii=False, indent=1)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, suffix=".tmp", delete=False
    ) as file:
        file.write(text + "\n")
    Path(file.name).replace(path)
    return path


def _refuse_partial(imported: Imported) -> None:
    if imported.errors:
        told = f"{imported.errors} ligne(s) en erreur : la liste n’est pas écrite"
        raise DataError(imported.overlay.source.file, told, hint="corrigez le classeur, ou ajoutez --partial")
    asked = len(imported.profile.requirements)
    if imported.matched * 2 < asked:
        told = f"cette liste n’énonce que {imported.matched} des {asked} exigences de {imported.profile.id}"
        hint = "si c’est le bon profil et la liste entière, ajoutez --partial"
        raise DataError(imported.overlay.source.file, told, hint=hint)

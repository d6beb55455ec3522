"""Opening a workbook nobody vouches for: bounded, in memory, formulas never evaluated, every cell at its place."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from conformance.model.yamlfile import DataError
from conformance.validation.archive import MIB, ZipLimits, open_zip

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook as _Book

MAX_FILE = 30 * MIB
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_TEXT = 32_767
"""Characters of a cell: what a spreadsheet itself can hold."""
MAX_MERGED = 200_000
"""Cells that one sheet may fill by merging."""
_LIMITS = ZipLimits(members=2000, total=150 * MIB, ratio=400)
_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError, TypeError,
    ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl raises over a file that is damaged (XML errors are SyntaxError); it has no exception of its own for it."""
_RESAVE = "ouvrez-le dans un tableur et enregistrez-le de nouveau au format .xlsx"
_MAIN = "{*}"

Value = object
"""What openpyxl gives for a cell: a text, a number, a date, None."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, rows and columns from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: rows of values from line 1, merged ranges, cells whose formula has no stored value, number of formulas."""

    name: str
    rows: list[list[Value]]
    merges: tuple[Merge, ...] = ()
    empty_formulas: frozenset[tuple[int, int]] = frozenset()
    formulas: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """An opened workbook: its visible sheets are read when they are asked for."""

    path: Path
    content: bytes
    modified: str
    title: str
    sheets: tuple[str, ...]
    hidden: tuple[str, ...]
    _parts: Mapping[str, bytes] = field(repr=False)
    _places: Mapping[str, str] = field(repr=False)
    _book: _Book = field(repr=False)

    def read(self, name: str, rows: int = MAX_ROWS) -> Sheet:
        """A sheet down to ``rows``. Raises DataError when it is damaged, or longer than MAX_ROWS."""
        values: list[list[Value]] = []
        try:
            with _quiet():
                sheet = self._book[name]
                lines = sheet.iter_rows(max_row=min(rows, MAX_ROWS) + 1, max_col=MAX_COLUMNS, values_only=True)
                values.extend(list(line) for line in lines)
        except _FAULTS as error:
            raise damaged(self.path, f"feuille « {name} », après la ligne {len(values)}", error) from None
        if rows >= MAX_ROWS and any(cell is not None for row in values[MAX_ROWS:] for cell in row):
            raise DataError(self.path, f"feuille « {name} » : plus de {MAX_ROWS} lignes, refusée")
        del values[rows:]
        part = self._parts.get(self._places.get(name, ""), b"")
        return Sheet(name, values, *self._marks(name, part))

    def _marks(self, name: str, part: bytes) -> tuple[tuple[Merge, ...], frozenset[tuple[int, int]], int]:
        """What openpyxl does not tell of a sheet it reads without evaluating: merged ranges and formulas."""
        from lxml import etree

        merges: list[Merge] = []
        empty: set[tuple[int, int]] = set()
        formulas = 0
        tags = [f"{_MAIN}mergeCell", *((f"{_MAIN}c",) if re.search(rb"<(\w+:)?f[ >/]", part) else ())]
        try:
            for _, node in etree.iterparse(
                io.BytesIO(part), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
            ):
                if node.tag.endswith("}mergeCell"):
                    merges.append(_merge(node.get("ref", "")))
                elif node.find(f"{_MAIN}f") is not None:
                    formulas += 1
                    stored = node.find(f"{_MAIN}v")
                    if stored is None or not (stored.text or "").strip():
                        empty.add(_cell(node.get("r", "")))
                node.clear()
        except _FAULTS as error:
            raise damaged(self.path, f"feuille « {name} »", error) from None
        if sum((m.bottom - m.top + 1) * (m.right - m.left + 1) for m in merges) > MAX_MERGED:
            raise DataError(
                self.path, f"feuille « {name} » : cellules fusionnées démesurées", hint="défaites ces fusions"
            )
        return tuple(merges), frozenset(empty), formulas


def open_book(path: Path) -> Book:
    """A workbook, its sheets not read yet. Raises DataError, in French, for whatever is not a sound .xlsx file."""
    content = _bytes(path)
    parts = open_zip(path.name, content, _LIMITS)
    if isinstance(parts, tuple):
        raise DataError(path, "classeur illisible : " + " ".join(str(one.message) for one in parts), hint=_RESAVE)
    for name, data in parts.items():
        if name.endswith((".xml", ".rels", ".vml")) and _declares(data):
            raise DataError(path, f"classeur refusé : {name} déclare un DOCTYPE ou une entité XML", hint=_RESAVE)
    if "[Content_Types].xml" not in parts or not any(name.startswith("xl/") for name in parts):
        raise DataError(path, "cette archive zip n’est pas un classeur Excel (.xlsx)", hint=_RESAVE)
    from openpyxl import load_workbook

    try:
        with _quiet():
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            names = {sheet.title: sheet.sheet_state for sheet in book.worksheets}
            places = _places(parts)
            told = book.properties
    except _FAULTS as error:
        raise damaged(path, "classeur", error) from None
    if not names:
        raise DataError(path, "ce classeur n’a aucune feuille")
    return Book(
        path,
        content,
        modified="" if told is None or told.modified is None else told.modified.date().isoformat(),
        title="" if told is None else str(told.title or ""),
        sheets=tuple(name for name, state in names.items() if state == "visible"),
        hidden=tuple(name for name, state in names.items() if state != "visible"),
        _parts=parts,
        _places=places,
        _book=book,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence openpyxl, which warns of the decorations it does not keep and prints a word about some damaged styles."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def damaged(path: Path, where: str, error: BaseException) -> DataError:
    """The error for a workbook whose insides are not what they should be."""
    told = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
    return DataError(path, f"{where} : contenu abîmé ({told})", hint=_RESAVE)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise DataError(path, f"classeur de plus de {MAX_FILE // MIB} Mio refusé")
        content = path.read_bytes()
    except OSError as error:
        raise DataError(path, f"fichier illisible : {error.strerror}") from None
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(path, "classeur à l’ancien format .xls, ou protégé par un mot de passe", hint=_RESAVE)
    return content


def _declares(data: bytes) -> bool:
    # UTF-16 puts a zero byte beside each letter: without them, one search finds both.
    bare = data.replace(b"\0", b"")
    return b"<!DOCTYPE" in bare or b"<!ENTITY" in bare


def _places(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each sheet, by the sheet's name, through the package's relations."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    start = etree.fromstring(parts["_rels/.rels"], parser)
    main = next((one for one in start if one.get("Type", "").endswith("/officeDocument")), None)
    place = "xl/workbook.xml" if main is None else main.get("Target", "").lstrip("/")
    folder = PurePosixPath(place).parent
    links = etree.fromstring(parts[f"{folder}/_rels/{PurePosixPath(place).name}.rels"], parser)
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found: dict[str, str] = {}
    for sheet in etree.fromstring(parts[place], parser).iter(f"{_MAIN}sheet"):
        link = next((value for key, value in sheet.attrib.items() if str(key).endswith("}id")), None)
        target = targets.get(link, "")
        found[str(sheet.get("name"))] = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
    return found


def _merge(ref: str) -> Merge:
    first, _, last = ref.partition(":")
    (top, left), (bottom, right) = _cell(first), _cell(last or first)
    return Merge(top, left, min(bottom, MAX_ROWS), min(right, MAX_COLUMNS))


def _cell(ref: str) -> tuple[int, int]:
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", ref)
    if found is None:
        raise ValueError(f"adresse de cellule « {ref[:20]} »")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def letters(column: int) -> str:
    """The letters of a column counted from 1: 28 is AB."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def as_text(value: Value) -> str:
    """A cell's value as a text; a whole number without its decimals, a date the ISO way."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value)


def filled(sheet: Sheet) -> Iterator[tuple[int, list[Value]]]:
    """The lines of a sheet, from 1, with the value of each merged range repeated down its first column."""
    for merge in sheet.merges:
        if merge.top <= len(sheet.rows) and merge.left <= len(sheet.rows[merge.top - 1]):
            value = sheet.rows[merge.top - 1][merge.left - 1]
            for row in sheet.rows[merge.top : merge.bottom]:
                if merge.left <= len(row):
                    row[merge.left - 1] = value
    yield from enumerate(sheet.rows, start=1)

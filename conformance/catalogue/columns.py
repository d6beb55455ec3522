"""Which column holds what: every header the agency's workbooks have borne, whatever its case, accents and order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from conformance.catalogue.workbook import Book, Sheet, Value, as_text, letters
from conformance.model.official import plain_word
from conformance.model.yamlfile import DataError, closest

HEADER_WITHIN = 40
"""The header stands in the first lines, under a title at most."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "n exigence", "id exigence", "identifiant", "identifiant exigence", "reference"),
    "statement": ("exigence", "enonce", "enonce de l exigence", "libelle de l exigence", "texte de l exigence"),
    "perimeter": ("perimetre",),
    "conditional": ("exigence conditionnelle oui non", "exigence conditionnelle"),
    "profile": ("profil",),
    "former_profile": ("profil historique",),
    "section": ("id section",),
    "section_title": ("section",),
    "chapter": ("chapitre", "bloc"),
    "function": ("fonction",),
    "comment": ("commentaire", "commentaires"),
    "nature": ("nature de l exigence", "nature"),
    "scenario": ("n scenario", "id scenario", "n scenario de conformite"),
    "scenario_text": ("scenario de conformite", "scenario"),
    "publication": ("statut publication", "statut de publication", "statut"),
    "previous": ("va n 1",),
    "criticality": ("criticite",),
    "order": ("ordre",),
}
"""Field → headers seen, as ``plain_word`` writes them. Source: the templates of ansforge/segur-squash-plugins."""
INTERNAL = frozenset(
    {
        "bon pour publication", "reference exigence", "reference cas de test", "reference exigence socle",
        "points de verification", "note interne", "rem segur",
    }
)  # fmt: skip
"""Columns of the agency's own work, known and left aside."""
REQUIRED = ("id", "statement")
TITLES = {
    "id": "ID (ou N° exigence)",
    "statement": "Exigence (ou Énoncé)",
    "scenario": "N° scénario",
    "scenario_text": "Scénario de conformité",
    "proofs": "N° preuve, Preuve",
    "nature": "Nature de l’exigence",
    "profile": "Profil",
}
_PROOF = re.compile(r"(n )?preuves?( \d+)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of a sheet: its line, the column of each field (from 1), proof columns in pairs (number, text)."""

    line: int
    fields: Mapping[str, int]
    proofs: tuple[tuple[int | None, int | None], ...]
    unknown: tuple[tuple[int, str], ...] = ()
    repeated: tuple[tuple[int, str], ...] = ()
    headers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields without which nothing can be read."""
        return tuple(name for name in REQUIRED if name not in self.fields)

    @property
    def score(self) -> int:
        """How many columns are recognised."""
        return len(self.fields) + len(self.proofs)

    def absent(self) -> tuple[str, ...]:
        """The titles of the useful columns that are not there."""
        names = [TITLES[name] for name in TITLES if name not in self.fields and name != "proofs"]
        return (*names, *(() if self.proofs else (TITLES["proofs"],)))

    def last(self) -> int:
        """The last column that is read."""
        pairs = (column for pair in self.proofs for column in pair if column is not None)
        return max([*self.fields.values(), *pairs], default=0)


def find_sheet(book: Book, asked: str | None, renamed: Mapping[str, str]) -> tuple[Sheet, Columns]:
    """The sheet of requirements and its header. Raises DataError telling the sheets, the line and the headers read."""
    if asked is not None:
        known = (*book.sheets, *book.hidden)
        name = next((one for one in known if plain_word(one) == plain_word(asked)), None)
        if name is None:
            hint = closest(asked, known)
            raise DataError(book.path, f"aucune feuille « {asked} »", allowed=_quoted(known), hint=hint)
        candidates = [name]
    else:
        candidates = list(book.sheets)
    read = {name: header(book.read(name, HEADER_WITHIN), renamed) for name in candidates}
    usable = {name: found for name, found in read.items() if found is not None and not found.missing}
    if len(usable) > 1:
        named = {name: found for name, found in usable.items() if "exigence" in plain_word(name)}
        usable = named or usable
    if len(usable) > 1:
        raise DataError(
            book.path, f"plusieurs feuilles d’exigences : {_quoted(usable)}", hint="choisissez-en une avec --sheet"
        )
    if not usable:
        raise _no_sheet(book, read)
    name, found = next(iter(usable.items()))
    return book.read(name), found


def header(sheet: Sheet, renamed: Mapping[str, str] | None = None) -> Columns | None:
    """The header of a sheet, the line with most known titles; None when no line has three of them."""
    found = [_columns(number, row, renamed or {}) for number, row in enumerate(sheet.rows[:HEADER_WITHIN], start=1)]
    best = max(found, key=lambda columns: columns.score, default=None)
    return best if best is not None and best.score >= 3 else None


def _columns(number: int, row: Sequence[Value], renamed: Mapping[str, str]) -> Columns:
    names = {title: name for name, titles in HEADERS.items() for title in titles}
    names |= {plain_word(title): name for name, title in renamed.items()}
    fields: dict[str, int] = {}
    pairs: list[tuple[int | None, int | None]] = []
    unknown: list[tuple[int, str]] = []
    repeated: list[tuple[int, str]] = []
    texts = [as_text(value).strip() for value in row]
    for column, text in enumerate(texts, start=1):
        word = re.sub(r"^(no|num|numero)\b", "n", plain_word(text))
        name = names.get(plain_word(text)) or names.get(word) or _long_statement(word)
        if not word or word in INTERNAL:
            continue
        if name is not None:
            (repeated.append((column, text)) if name in fields else fields.update({name: column}))
        elif found := _PROOF.fullmatch(word):
            _pair(pairs, column, is_number=found[1] is not None)
        else:
            unknown.append((column, text))
    return Columns(number, fields, tuple(pairs), tuple(unknown), tuple(repeated), tuple(texts))


def _long_statement(word: str) -> str | None:
    # « Énoncé de l'exigence (DOIT) ou de la préconisation (PEUT) », « Énoncé (DOIT/PEUT) »…
    return "statement" if word.startswith("enonce ") else None


def _pair(pairs: list[tuple[int | None, int | None]], column: int, *, is_number: bool) -> None:
    """A proof's text stands to the right of its number; a text without number is a pair of its own."""
    if is_number:
        pairs.append((column, None))
    elif pairs and pairs[-1][1] is None:
        pairs[-1] = (pairs[-1][0], column)
    else:
        pairs.append((None, column))


def _no_sheet(book: Book, read: Mapping[str, Columns | None]) -> DataError:
    near = {name: found for name, found in read.items() if found is not None}
    if not near:
        told = f"aucune feuille d’exigences parmi {_quoted(read)}" if read else "toutes les feuilles sont masquées"
        hidden = f" ; feuilles masquées, à demander par --sheet : {_quoted(book.hidden)}" if book.hidden else ""
        hint = f"attendu dans les {HEADER_WITHIN} premières lignes : les en-têtes {_wanted(REQUIRED)}{hidden}"
        return DataError(book.path, told, hint=hint)
    name, found = max(near.items(), key=lambda item: 0 if item[1] is None else item[1].score)
    absent = _wanted(found.missing)
    many = "s" if len(found.missing) > 1 else ""
    return DataError(
        book.path,
        f"feuille « {name} », ligne {found.line} : colonne{many} absente{many} : {absent}",
        allowed=f"en-têtes lus : {', '.join(text for text in found.headers if text)}",
        hint=_renaming(found),
    )


def _renaming(found: Columns) -> str:
    for name in found.missing:
        titles = {plain_word(text): (column, text) for column, text in found.unknown}
        for wanted in HEADERS[name]:
            if near := get_close_matches(wanted, titles, n=1, cutoff=0.6):
                column, text = titles[near[0]]
                return f'si c’est la colonne {letters(column)} « {text} », ajoutez --column {name}="{text}"'
    name = found.missing[0]
    return f'si la colonne porte un autre titre, nommez-la : --column {name}="TITRE"'


def _wanted(names: Iterable[str]) -> str:
    return ", ".join(f"« {TITLES[name]} »" for name in names)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"« {name} »" for name in names)

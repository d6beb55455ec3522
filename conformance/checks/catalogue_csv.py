"""The files of a laboratory's catalogue (LOINC_1 to LOINC_6): names, columns, codes given back (REM, section LOI)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model.finding import Finding, Location

_SOURCE = "REM, section LOI"
BLOCKING, MILD = "BLOQUANTE", "NON_BLOQUANTE"
Row = list[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file must be: the start of its name, its number of columns, those (from 1) that are never empty, its label."""

    prefix: str
    columns: int
    mandatory: tuple[int, ...]
    label: str


CHAPTERS = Shape("LOINC_1_export_chapitres", 4, (2,), "chapitres et sous-chapitres")
DEMANDS = Shape("LOINC_2_export_demandes", 9, (1, 2, 8, 9), "examens prescriptibles")
RESULTS = Shape("LOINC_3_export_resultats", 12, (1, 2), "analyses de résultat")


def rows(content: bytes) -> list[Row]:
    """The lines of a file separated by semicolons, in UTF-8 or Windows-1252; blank lines and a line of titles left out."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    found = [row for row in csv.reader(io.StringIO(text), delimiter=";") if any(cell.strip() for cell in row)]
    return found[1:] if found and _titles(found[0]) else found


def named(name: str, shape: Shape) -> Iterator[Finding]:
    """The name is the one set, then the day of the extraction."""
    match = re.fullmatch(rf"{shape.prefix}_(\d{{4}})(\d{{2}})(\d{{2}})\.csv", name)
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):
        yield _fault(
            name, "Le nom du fichier exporté n’est pas celui qui est fixé.", f"{shape.prefix}_AAAAMMJJ.csv", name
        )


def shaped(name: str, content: bytes, shape: Shape, least: int = 10) -> Iterator[Finding]:
    """Each line has its columns, the mandatory ones filled in, and there are at least ``least`` of them."""
    found = rows(content)
    if len(found) < least:
        yield _fault(name, f"Le fichier a trop peu de {shape.label}.", f"{least} lignes au moins", str(len(found)))
    for rank, row in enumerate(found, start=1):
        if len(row) != shape.columns:
            message = f"La ligne {rank} n’a pas ses {shape.columns} colonnes séparées par des points-virgules."
            yield _fault(name, message, str(shape.columns), str(len(row)))
            continue
        for column in shape.mandatory:
            if not row[column - 1].strip():
                yield _fault(
                    name, f"La colonne {column}, obligatoire, est vide à la ligne {rank}.", "une valeur", "vide"
                )


def given(name: str, expected: Mapping[str, str], found: Iterable[Mapping[str, Any]], kind: str) -> Iterator[Finding]:
    """Each item has the LOINC code that the imported file gave it."""
    held = {str(one.get("code")): one.get("loinc") for one in found}
    for item, loinc in expected.items():
        if held.get(item) != loinc:
            yield _fault(
                name,
                f"Le code LOINC importé n’est pas affecté ({kind} {item}).",
                loinc,
                str(held.get(item) or "aucun code"),
            )


def reported(name: str, report: Sequence[Mapping[str, Any]], code: str, severity: str) -> Iterator[Finding]:
    """The report of an import tells that faulty code, with that severity."""
    told = [str(line.get("gravite")) for line in report if str(line.get("code")) == code]
    if severity not in told:
        yield _fault(
            name,
            f"Le rapport d’import ne signale pas le code {code} comme il doit l’être.",
            f"{code}, erreur {severity}",
            ", ".join(told) or "rien sur ce code",
        )


def _titles(row: Row) -> bool:
    return not any(any(sign.isdigit() for sign in cell) for cell in row) and any(
        re.search(r"code|libell", cell, re.IGNORECASE) for cell in row
    )


def _fault(name: str, message: str, expected: str, observed: str) -> Finding:
    return Finding(
        "loi.catalogue",
        message,
        where=Location(name),
        expected=expected,
        observed=observed,
        fix="Écrire et lire ces fichiers tels que l’exigence les décrit, colonne par colonne.",
        source=_SOURCE,
    )

"""Catalogue du laboratoire : fichiers exportés, codes LOINC intégrés, rapport d’import."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from conformance import NotRun, require, verifies
from conformance.checks import catalogue_csv
from conformance.checks.catalogue_csv import BLOCKING, CHAPTERS, DEMANDS, MILD, RESULTS, Shape
from conformance.drivers.software import Software

CODES = ("2951-2", "2823-3", "14682-9", "14749-6", "718-7", "6690-2", "777-3", "3016-3", "2276-4", "1988-5", "630-4")
"""Codes of everyday biology, given in turn to the items of the catalogue."""
UNKNOWN, OTHER_UNKNOWN = "00000-0", "00001-8"


def exported(software: Software, listing: str, **settings: str) -> tuple[str, bytes]:
    """The name and the bytes of a listing. Raises NotRun when the answer holds no file."""
    answer = software.do("exporter_catalogue", liste=listing, **settings)
    try:
        return str(answer.get("nom") or ""), base64.b64decode(str(answer.get("contenu")), validate=True)
    except (binascii.Error, ValueError):
        raise NotRun(f"le fichier des {listing} n’est pas rendu en base64") from None


def sound(software: Software, listing: str, shape: Shape) -> None:
    """The exported file has its name and its shape."""
    name, content = exported(software, listing)
    require(catalogue_csv.named(name, shape), catalogue_csv.shaped(name, content, shape))


@verifies("LOI/va1.01.01")
def test_chapters_are_exported(software: Software) -> None:
    """Le fichier LOINC_1 a son nom, ses quatre colonnes et au moins dix lignes."""
    sound(software, "chapitres", CHAPTERS)


@verifies("LOI/va1.02.01")
def test_examinations_are_exported(software: Software) -> None:
    """Le fichier LOINC_2 a son nom, ses neuf colonnes et au moins dix lignes."""
    sound(software, "demandes", DEMANDS)


@verifies("LOI/va1.03.01")
def test_analyses_are_exported(software: Software) -> None:
    """Le fichier LOINC_3 a son nom, ses douze colonnes et au moins dix lignes."""
    sound(software, "resultats", RESULTS)


@verifies("LOI/va1.04.01")
def test_the_codes_of_chapters_are_taken(software: Software) -> None:
    """Les codes d’un fichier LOINC_4 sont affectés aux chapitres et aux sous-chapitres."""
    lines = coded(software, "chapitres", CHAPTERS, keys=(0, 2))
    imported(software, "LOINC_4_transcodage_chapitres_20260105.csv", lines)
    taken(software, lines, CHAPTERS, chapitres=0, sous_chapitres=2)


@verifies("LOI/va1.05.01")
def test_the_codes_of_examinations_are_taken(software: Software) -> None:
    """Les codes d’un fichier LOINC_5 sont affectés aux examens prescriptibles."""
    lines = coded(software, "demandes", DEMANDS, keys=(0,))
    imported(software, "LOINC_5_transcodage_demandes_20260105.csv", lines)
    taken(software, lines, DEMANDS, examens=0)


@verifies("LOI/va1.06.01")
def test_the_codes_of_analyses_are_taken(software: Software) -> None:
    """Les codes d’un fichier LOINC_6 sont affectés aux analyses."""
    lines = coded(software, "resultats", RESULTS, keys=(0,))
    imported(software, "LOINC_6_transcodage_demandes_20260105.csv", lines)
    taken(software, lines, RESULTS, analyses=0)


@verifies("LOI/va1.07.01")
def test_the_report_of_an_import_tells_what_is_wrong(software: Software) -> None:
    """Un code inconnu est une erreur non bloquante, plusieurs codes pour une analyse une erreur bloquante."""
    for listing, shape, name, keys in (
        ("chapitres", CHAPTERS, "LOINC_4_transcodage_chapitres_20260105.csv", (0, 2)),
        ("demandes", DEMANDS, "LOINC_5_transcodage_demandes_20260105.csv", (0,)),
        ("resultats", RESULTS, "LOINC_6_transcodage_demandes_20260105.csv", (0,)),
    ):
        lines = coded(software, listing, shape, keys=keys)
        seeded = (UNKNOWN, OTHER_UNKNOWN)[: len(keys)]
        for rank, code in enumerate(seeded):
            put(lines, lines[0][keys[rank]], keys[rank], shape.columns + 2 * rank, code)
        report = imported(software, name, lines)
        require(*(catalogue_csv.reported(name, report, code, MILD) for code in seeded))
    name, lines = "LOINC_6_transcodage_demandes_20260105.csv", coded(software, "resultats", RESULTS, keys=(0,))
    second = [*lines[1][: RESULTS.columns], "3016-3" if lines[1][RESULTS.columns] != "3016-3" else "2951-2", "Autre"]
    report = imported(software, name, [*lines, second])
    require(catalogue_csv.reported(name, report, second[RESULTS.columns], BLOCKING))


def coded(software: Software, listing: str, shape: Shape, keys: tuple[int, ...]) -> list[list[str]]:
    """The lines of the exported listing, each item given a code of its own. Raises NotRun for a file that has no shape."""
    _, content = exported(software, listing)
    lines = catalogue_csv.rows(content)
    if not lines or any(len(line) != shape.columns for line in lines):
        raise NotRun(
            f"le fichier exporté des {listing} n’a pas ses {shape.columns} colonnes : il ne peut pas être codé"
        )
    given: dict[tuple[int, str], str] = {}
    for line in lines:
        items = [(key, line[key]) for key in keys]
        for item in items:
            given.setdefault(item, CODES[len(given) % len(CODES)])
            line += [given[item], f"Libellé LOINC {given[item]}"]
    return lines


def put(lines: list[list[str]], item: str, key: int, column: int, code: str) -> None:
    """Give a code to every line of an item."""
    for line in lines:
        if line[key] == item:
            line[column] = code


def imported(software: Software, name: str, lines: list[list[str]]) -> list[dict[str, Any]]:
    """Have the file imported; gives its report."""
    text = "".join(";".join(line) + "\r\n" for line in lines)
    answer = software.do("importer_catalogue", nom=name, contenu=base64.b64encode(text.encode()).decode())
    report = answer.get("rapport")
    return [line for line in report if isinstance(line, dict)] if isinstance(report, list) else []


def taken(software: Software, lines: list[list[str]], shape: Shape, **kinds: int) -> None:
    """The catalogue holds the codes of the file, item by item."""
    held = software.do("lire_codes_loinc")
    for rank, (kind, key) in enumerate(kinds.items()):
        expected = {line[key]: line[shape.columns + 2 * rank] for line in lines}
        found = held.get(kind)
        require(catalogue_csv.given(kind, expected, found if isinstance(found, list) else [], kind))

"""The laboratory's own catalogue: chapters, examinations that can be asked for, analyses; its files and its LOINC codes.

The files are those of the REM (LOI/va1.01 to va1.07): semicolons, columns in the order of the requirement, dated names.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.reference_lps.errors import RefusalError

# analysis code, label, property, unit, specimen, technique, NABM, chapter, sub-chapter
ANALYSES = (
    ("A001", "Sodium", "SUBSTANCE", "mmol/L", "Sérum", "Potentiométrie", "1610", "C01", "C01-1"),
    ("A002", "Potassium", "SUBSTANCE", "mmol/L", "Sérum", "Potentiométrie", "1610", "C01", "C01-1"),
    ("A003", "Créatinine", "SUBSTANCE", "umol/L", "Sérum", "Enzymatique", "0592", "C01", "C01-2"),
    ("A004", "Glucose", "SUBSTANCE", "mmol/L", "Plasma", "Hexokinase", "0552", "C01", "C01-3"),
    ("A005", "Hémoglobine", "MASSE", "g/dL", "Sang", "Spectrophotométrie", "1104", "C02", "C02-1"),
    ("A006", "Leucocytes", "NOMBRE", "10*9/L", "Sang", "Impédance", "1104", "C02", "C02-1"),
    ("A007", "Plaquettes", "NOMBRE", "10*9/L", "Sang", "Impédance", "1104", "C02", "C02-2"),
    ("A008", "Thyréostimuline", "ARBITRAIRE", "m[IU]/L", "Sérum", "Immunodosage", "1208", "C03", "C03-1"),
    ("A009", "Ferritine", "MASSE", "ug/L", "Sérum", "Immunodosage", "0888", "C03", "C03-2"),
    ("A010", "Protéine C réactive", "MASSE", "mg/L", "Sérum", "Turbidimétrie", "1804", "C01", "C01-2"),
    ("A011", "Culture d’urine", "IDENTIFICATION", "", "Urine", "Culture", "5201", "C04", "C04-1"),
)
CHAPTERS = {"C01": "Biochimie", "C02": "Hématologie", "C03": "Hormonologie", "C04": "Microbiologie"}
SUBCHAPTERS = {
    "C01-1": "Ionogramme", "C01-2": "Fonction rénale et inflammation", "C01-3": "Glucides", "C02-1": "Numération",
    "C02-2": "Plaquettes", "C02-3": "Hémostase", "C03-1": "Thyroïde", "C03-2": "Fer", "C04-1": "Bactériologie urinaire",
    "C04-2": "Coprologie", "C04-3": "Prélèvements de gorge",
}  # fmt: skip
_CIRCUIT = frozenset(
    [
        "2951-2",
        "2823-3",
        "14682-9",
        "14749-6",
        "718-7",
        "6690-2",
        "777-3",
        "3016-3",
        "2276-4",
        "1988-5",
        "630-4",
        "18719-5",
        "18723-7",
        "18725-2",
        "18727-8",
    ]
)
"""The codes of the value set « circuit de la biologie » that this laboratory uses."""
BLOCKING, MILD = "BLOQUANTE", "NON_BLOQUANTE"


@dataclass(frozen=True)
class Listing:
    """A file of the catalogue: what its name begins with, how many columns come before the LOINC codes, what they name."""

    prefix: str
    returned: str
    width: int
    items: tuple[tuple[str, int], ...]


LISTINGS = {
    "chapitres": Listing("LOINC_1_export_chapitres", "LOINC_4", 4, (("chapitres", 0), ("sous_chapitres", 2))),
    "demandes": Listing("LOINC_2_export_demandes", "LOINC_5", 9, (("examens", 0),)),
    "resultats": Listing("LOINC_3_export_resultats", "LOINC_6", 12, (("analyses", 0),)),
}


def export(name: str, today: datetime, defects: frozenset[str]) -> tuple[str, bytes]:
    """The name and the bytes of a listing."""
    rows = {"chapitres": _chapters, "demandes": _demands, "resultats": _results}[name]()
    if "loi-analysis-unnamed" in defects and name == "demandes":
        rows = [[*row[:8], ""] for row in rows]
    target = io.StringIO()
    csv.writer(target, delimiter="," if "loi-commas" in defects else ";", lineterminator="\r\n").writerows(rows)
    dated = "" if "loi-undated-name" in defects else f"_{today:%Y%m%d}"
    return f"{LISTINGS[name].prefix}{dated}.csv", target.getvalue().encode("utf-8")


def _chapters() -> list[list[str]]:
    return [[code[:3], CHAPTERS[code[:3]], code, label] for code, label in SUBCHAPTERS.items()]


def _demands() -> list[list[str]]:
    """One line an analysis: the blood count asks for three of them."""
    lines = []
    for line in ANALYSES:
        code, label, _, _, specimen, _, nabm, chapter, sub = line
        lines.append([*demand_of(line), "", chapter, sub, specimen, nabm, code, label])
    return lines


def demand_of(line: tuple[str, ...]) -> tuple[str, str]:
    """The code and the label of the examination that asks for an analysis."""
    return ("E-NFS", "Numération formule sanguine") if line[6] == "1104" else (f"E-{line[0]}", line[1])


def _results() -> list[list[str]]:
    lines = []
    for code, label, kind, unit, specimen, technique, nabm, _, _ in ANALYSES:
        scale = "QN" if unit else "NOM"
        lines.append([code, label, "", kind, unit, unit, "PT", specimen[:3].upper(), specimen, scale, technique, nabm])
    return lines


def read(name: str, content: bytes, defects: frozenset[str]) -> tuple[dict[str, dict[str, str]], list[dict[str, Any]]]:
    """The LOINC codes that a returned file gives to each item, and the report of its import."""
    listing = next((one for one in LISTINGS.values() if name.startswith(f"{one.returned}_")), None)
    if listing is None:
        raise RefusalError(400, "Le nom du fichier ne commence pas par LOINC_4, LOINC_5 ou LOINC_6.")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace")), delimiter=";"))
    if any(len(row) != listing.width + 2 * len(listing.items) for row in rows):
        raise RefusalError(400, "Une ligne du fichier n’a pas le nombre de colonnes attendu.")
    given: dict[str, dict[str, str]] = {kind: {} for kind, _ in listing.items}
    report: list[dict[str, Any]] = []
    for row in rows[:-1] if "loi-import-drops-last" in defects else rows:
        for rank, (kind, column) in enumerate(listing.items):
            item, loinc = row[column], row[listing.width + 2 * rank]
            report += judged(given[kind].get(item), loinc, row[column + 1], defects)
            given[kind].setdefault(item, loinc)
    unique = {(line["gravite"], line["code"], line["libelle"]): line for line in report}
    return given, list(unique.values())


def judged(former: str | None, loinc: str, label: str, defects: frozenset[str]) -> list[dict[str, Any]]:
    """What the report of an import says of a code that is given to an item which maybe has one already."""
    if former not in (None, loinc):
        told = MILD if "loi-multiple-mild" in defects else BLOCKING
        return [
            {"gravite": told, "code": loinc, "libelle": label, "message": "Plusieurs codes LOINC pour un même élément."}
        ]
    if loinc not in _CIRCUIT and "loi-report-silent" not in defects:
        sentence = "Code absent du jeu de valeurs « circuit de la biologie »."
        return [{"gravite": MILD, "code": loinc, "libelle": label, "message": sentence}]
    return []

"""Sheets as the agency lays them out, filled with invented wording."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from conformance.catalogue.importing import Imported, Wanted, read_list
from conformance.model.finding import Severity
from conformance.model.official import plain_word
from conformance.model.profile import Profile
from conformance.model.yamlfile import DataError

CONVERGENCE = [
    "Périmètre", "ID", "Chapitre", "Fonction", "Exigence", "Commentaire", "Profil", "N° scénario",
    "Scénario de conformité", "N° preuve", "Preuve", "Profil historique", "Criticité", "Ordre",
]  # fmt: skip
FINAL = [
    "PÉRIMÈTRE", "Id", "chapitre", "FONCTION", "exigence", "Commentaire", "Nature de l'exigence", "Profil",
    "N° SCENARIO", "Scenario de conformite", "N° preuve 1", "Preuve 1", "N° preuve 2", "Preuve 2", "N° preuve 3",
    "Preuve 3", "Statut publication", "VA N-1", "Criticité", "Ordre", "Remarque éditeur",
]  # fmt: skip

Row = dict[str, object]


def rows_of(profile: Profile, prefix: str = "") -> list[Row]:
    """One row a proof, as Convergence has them, for a whole profile."""
    rows: list[Row] = []
    for requirement in profile.requirements:
        for scenario in requirement.scenarios:
            rows.extend(
                {
                    "id": prefix + requirement.id,
                    "exigence": f"Le système DOIT : texte inventé pour {requirement.id}.",
                    "nature de l exigence": requirement.nature.value,
                    "n scenario": None if scenario.id == requirement.id else scenario.id,
                    "scenario de conformite": f"Jouer {scenario.id}",
                    "n preuve": proof,
                    "preuve": None if proof is None else f"Vidéo de {scenario.id}",
                    "chapitre": requirement.section_title,
                }
                for proof in [proof.id for proof in scenario.proofs] or [None]
            )
    return rows


def laid_out(headers: Sequence[str], rows: Iterable[Row]) -> list[list[object]]:
    """Rows under these headers, whatever their spelling."""
    alias = {"n exigence": "id", "bloc": "chapitre", "n preuve 1": "n preuve", "preuve 1": "preuve"}
    keys = [plain_word(title) for title in headers]
    keys = ["exigence" if key.startswith("enonce") else alias.get(key, key) for key in keys]
    return [list(headers), *([row.get(key) for key in keys] for row in rows)]


def headers_of(template: Path) -> list[str]:
    page = load_workbook(template, read_only=True).active
    assert page is not None
    first = next(page.iter_rows(max_row=1, values_only=True))
    return [str(value) for value in first if value is not None]


DOCTORS = Wanted("wave1/doctors")


def told(imported: Imported, severity: Severity) -> list[str]:
    return [f"{one.where} : {one.message}" for one in imported.findings if one.severity is severity]


def refusal(path: Path, wanted: Wanted = DOCTORS) -> str:
    with pytest.raises(DataError) as caught:
        read_list(path, wanted)
    return str(caught.value)


def inject(path: Path, mark: str, text: str, part: str = "xl/worksheets/sheet1.xml") -> None:
    """Rewrite one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert mark.encode() in parts[part]
    parts[part] = parts[part].replace(mark.encode(), text.encode(), 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def book_of(path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)
    return path

"""Sheets as the agency lays them out, filled with invented wording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import load_workbook

from conformance.model.official import plain_word
from conformance.model.profile import Profile

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

"""The ten reports of the child's mandatory examinations: what each is called, its fields, and what is printed of them.

Sources: REM, CSE.04, CSE.13; names of the examinations from the value set ``JDV_ExamenEnfantObligatoire``.
"""

from __future__ import annotations

from typing import Any

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Draft

REPORT = "59283-2"
_NAMES = {
    "2M": "du 2e mois",
    "4M": "du 4e mois",
    "9M": "du 9e mois",
    "24M": "du 24e mois",
    "3A": "de la 3e année",
    "4A": "de la 4e année",
    "6A": "de la 6e année",
    "8-9A": "entre 8 et 9 ans",
    "11-13A": "entre 11 et 13 ans",
    "15-16A": "entre 15 et 16 ans",
}
_SYNTHESIS = "somatique_synthese"
_FIELDS = {
    "poids": "Poids",
    "taille": "Taille",
    "perimetre_cranien": "Périmètre crânien",
    "imc": "Indice de masse corporelle",
    "vision": "Vision",
    "audition": "Audition",
    "developpement": "Développement",
    _SYNTHESIS: "Examen somatique et synthèse de la consultation",
}
_FREE = "Texte libre"


def read(content: Body) -> dict[str, Any]:
    """Which examination the report is about, and those of its fields that were filled; none has to be."""
    given = content.part("champs") if content.has("champs") else {}
    fields = Body(given, _FIELDS, "« champs »")
    known = {name: fields.text(name, several_lines=True) for name in _FIELDS if fields.has(name)}
    return {"examen": content.one_of("examen", _NAMES), "champs": known}


def title(content: dict[str, Any], defects: frozenset[str]) -> str:
    """What the report is called: its examination is in its name."""
    if "cse-report-untitled" in defects:
        return "Compte rendu d’examen de l’enfant"
    return f"Compte rendu de l’examen {_NAMES[content['examen']]}"


def code(kind: str, defects: frozenset[str]) -> str:
    """The type of the document."""
    return "11488-4" if kind == REPORT and "cse-report-own-code" in defects else kind


def refuse_empty(draft: Draft, defects: frozenset[str]) -> None:
    """The defect that will not validate a report in which nothing was written."""
    if _empty(draft) and "cse-empty-report-refused" in defects:
        raise RefusalError(409, "Remplissez au moins un champ du compte rendu.")


def page(draft: Draft, pdf: bytes, defects: frozenset[str]) -> bytes:
    """The page that the document carries; the defect has none for a report in which nothing was written."""
    return b"" if _empty(draft) and "cse-empty-report-hollow" in defects else pdf


def _empty(draft: Draft) -> bool:
    return "examen" in draft.content and not draft.content["champs"] and not draft.text


def rows(draft: Draft, defects: frozenset[str]) -> list[list[str]]:
    """Every field with what was written in it, the free text last; an empty one keeps its place."""
    filled = draft.content["champs"]
    shown = [[label, filled.get(name, "")] for name, label in _FIELDS.items()]
    shown.append([_FREE, draft.text])
    if "cse-synthesis-dropped" in defects:
        shown = [row for row in shown if row[0] != _FIELDS[_SYNTHESIS]]
    if "cse-free-text-dropped" in defects:
        shown.pop()
    if "cse-empty-fields-hidden" in defects:
        shown = [row for row in shown if row[1]]
    return [["Champ", "Observation"], *shown]

"""A child's certificate of health (CS8, CS9, CS24): what it is called, what it is filled in with, where the child lives.

Sources: CI-SIS, volet « Certificats de santé de l’enfant » (2025.01); REM, CSE.12.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Draft

CERTIFICATE = "CERT_DECL"
NAMES = {
    "CS8": "Premier certificat de santé de l’enfant, à établir dans les huit jours de la naissance",
    "CS9": "Deuxième certificat de santé de l’enfant, à établir au 9e mois",
    "CS24": "Troisième certificat de santé de l’enfant, à établir au 24e mois",
}
_ADDRESS = ("numero", "voie", "code_postal", "ville")
_MOTHER = ("nom", "prenom", "date_naissance")
_ACTIVITIES = ("salariee", "au-foyer", "autre")
_EXPOSURES = ("jamais", "parfois", "souvent")
_BIRTH = {
    "travail": ("spontane", "provoque", "cesarienne"),
    "methode": ("voie-basse", "instrumentale", "cesarienne"),
    "alimentation": ("maternelle", "mixte", "artificielle"),
}
MEASURES = ("poids", "taille", "perimetre_cranien")


def read(content: Body) -> dict[str, Any]:
    """The content of a certificate as the API gives it; 400 when it cannot be one."""
    address, mother = (
        Body(content.part("adresse"), _ADDRESS, "L’adresse"),
        Body(content.part("mere"), (*_MOTHER, "activite"), "La mère"),
    )
    measures = Body(content.part("mesures"), MEASURES, "Les mesures")
    found: dict[str, Any] = {
        "certificat": content.one_of("certificat", NAMES),
        "adresse": {name: address.text(name) for name in _ADDRESS},
        "mere": {name: mother.text(name) for name in _MOTHER} | {"activite": mother.one_of("activite", _ACTIVITIES)},
        "mesures": {name: measures.text(name) for name in MEASURES},
    }
    found |= {name: content.boolean(name, False) for name in ("garde", "accident", "premature", "trouble")}
    found["ecrans"] = content.one_of("ecrans", _EXPOSURES, "jamais")
    if found["certificat"] == "CS8":
        birth = Body(content.part("naissance"), _BIRTH, "La naissance")
        found["naissance"] = {name: birth.one_of(name, choices) for name, choices in _BIRTH.items()}
    if not re.fullmatch(r"(\d[\dAB])\d{3}", found["adresse"]["code_postal"], re.ASCII):
        raise RefusalError(400, "« code_postal » doit être un code postal de cinq caractères.")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", found["mere"]["date_naissance"], re.ASCII):
        raise RefusalError(400, "« date_naissance » doit être une date AAAA-MM-JJ.")
    for name, value in found["mesures"].items():
        if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", value, re.ASCII):
            raise RefusalError(400, f"« {name} » doit être un nombre.")
    return found


def rows(draft: Draft) -> list[list[str]]:
    """What is printed of a certificate."""
    units = {"poids": "g", "taille": "cm", "perimetre_cranien": "cm"}
    labels = {"poids": "Poids", "taille": "Taille", "perimetre_cranien": "Périmètre crânien"}
    measures = [[labels[name], f"{told} {units[name]}"] for name, told in draft.content["mesures"].items()]
    asked = {"garde": "Enfant gardé", "accident": "Accident domestique", "premature": "Naissance avant 33 semaines"}
    told = [[label, "oui" if draft.content[name] else "non"] for name, label in asked.items()]
    return [["Élément", "Observation"], *measures, *told]


def department(postal_code: str) -> str:
    """The department of a postal code: two digits, three overseas, 2A or 2B in Corsica."""
    if postal_code.startswith(("97", "98")):
        return postal_code[:3]
    if postal_code.startswith("20"):
        return "2A" if postal_code < "20200" else "2B"
    return postal_code[:2]

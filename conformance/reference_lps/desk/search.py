"""The search of an identity that may already be there, before another is typed.

Source: implementation guide of the INS, rule 17.
"""

from __future__ import annotations

from typing import Any

from conformance.reference_lps import traits
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, show_patient
from conformance.reference_lps.types import Patient


def find_patients(lps: Lps, call: Call) -> dict[str, Any]:
    """Look for patients: birth date, and the beginning of a name or first name, of birth or used."""
    body = Body(call.body, ("date_naissance", "nom", "prenom", "matricule"))
    wanted = {name: body.text(name) for name in ("date_naissance", "nom", "prenom", "matricule") if body.has(name)}
    if not wanted:
        raise RefusalError(400, "La recherche ne porte aucun critère.")
    if "matricule" in wanted and not traits.is_matricule(wanted["matricule"]):
        raise RefusalError(400, "Le matricule cherché n’a pas 15 caractères dont une clé juste.")
    found = [patient for patient in lps.store.patients() if _matches(patient, wanted, lps.defects)]
    return {"patients": [show_patient(patient) for patient in found[:50]]}


def _matches(patient: Patient, wanted: dict[str, str], defects: frozenset[str]) -> bool:
    used = () if "search-ignores-used-names" in defects else (patient.nom_utilise, patient.prenom_utilise)
    pairs = {
        "nom": (patient.nom_naissance, *used[:1]),
        "prenom": (patient.premier_prenom, patient.prenoms, *used[1:]),
    }
    if any(name in wanted and getattr(patient, name) != wanted[name] for name in ("date_naissance", "matricule")):
        return False
    if "search-exact-only" in defects:
        return {"nom", "prenom"} & wanted.keys() != set() and all(
            wanted[name] in values for name, values in pairs.items() if name in wanted
        )
    return all(
        any(_bare(value, defects).startswith(_bare(wanted[name], defects)) for value in values if value)
        for name, values in pairs.items()
        if name in wanted
    )


def _bare(text: str, defects: frozenset[str]) -> str:
    """What two ways to write one name have in common: neither accent, nor case, nor hyphen, nor apostrophe."""
    plain = traits.plain(text)
    return plain if "search-minds-hyphens" in defects else "".join(char for char in plain if char.isalnum())

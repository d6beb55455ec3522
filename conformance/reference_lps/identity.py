"""The life cycle of an identity, as pure functions: nothing is stored and nobody is called.

Four statuses: PROVISOIRE, RECUPEREE (INSi answered), VALIDEE (a document was checked), QUALIFIEE (both).
Source: implementation guide of the INS, rules 6, 11, 12, 19, 20, 25 to 27 and 49.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import traits
from .errors import RefusalError
from .types import Patient

PROVISOIRE, RECUPEREE, VALIDEE, QUALIFIEE = "PROVISOIRE", "RECUPEREE", "VALIDEE", "QUALIFIEE"
STATUSES = (PROVISOIRE, RECUPEREE, VALIDEE, QUALIFIEE)
WITH_INS = frozenset({RECUPEREE, QUALIFIEE})
ATTRIBUTES = ("douteuse", "fictive", "homonyme", "decedee")
SETTING_ASIDE = frozenset({"douteuse", "fictive"})
PROOFS = ("CNI", "PASSEPORT", "AUTRE")
HIGH_CONFIDENCE = frozenset({"CNI", "PASSEPORT"})


@dataclass(frozen=True)
class Found:
    """The person INSi returned with code 00; ``traits`` holds the strict traits as it wrote them."""

    matricule: str
    oid: str
    traits: Mapping[str, str]
    historique: tuple[dict[str, str], ...] = field(default=())


def create(patient_id: str, typed: Mapping[str, str], defects: frozenset[str] = frozenset()) -> Patient:
    """A new identity is provisional, whoever types it."""
    known: dict[str, Any] = dict(traits.complete(typed))
    return Patient(id=patient_id, statut=VALIDEE if "ins-created-validated" in defects else PROVISOIRE, **known)


def without_ins(patient: Patient) -> Patient:
    """The same person with nothing left of the INS, past matricules included."""
    return replace(patient, matricule=None, oid=None, historique=())


def on_proof(patient: Patient, kind: str, validated: bool, defects: frozenset[str] = frozenset()) -> Patient:
    """An identity document was checked by somebody: only a high-confidence one raises the status."""
    if patient.attributs & SETTING_ASIDE:
        raise RefusalError(409, "L’identité est douteuse ou fictive : aucun justificatif ne peut la valider.")
    if not validated or kind not in HIGH_CONFIDENCE or patient.statut in {VALIDEE, QUALIFIEE}:
        return patient
    if "ins-proof-does-not-validate" in defects and not patient.matricule:
        return patient
    return replace(patient, statut=QUALIFIEE if patient.matricule else VALIDEE)


def mark(patient: Patient, flags: Mapping[str, bool], defects: frozenset[str]) -> Patient:
    """Set or lift the attributes; a doubtful or fictitious identity is provisional and bears no INS."""
    wanted = {name for name in ATTRIBUTES if flags.get(name, name in patient.attributs)}
    if "fictive" in wanted and len(wanted) > 1:
        raise RefusalError(409, "Une identité fictive ne peut être ni douteuse ni homonyme.")
    marked = replace(patient, attributs=frozenset(wanted))
    if not wanted & SETTING_ASIDE:
        return marked
    if "ins-doubtful-keeps-status" in defects:
        return marked
    return replace(without_ins(marked), statut=PROVISOIRE, alertes=())


def edit(
    patient: Patient, changes: Mapping[str, str], entitled: bool, defects: frozenset[str] = frozenset()
) -> Patient:
    """Change traits; a strict one lowers by one level an identity INSi had confirmed, and drops its INS."""
    changed: dict[str, Any] = {name: new for name, new in changes.items() if getattr(patient, name) != new}
    if patient.statut in WITH_INS and any(name in traits.STRICT for name in changed):
        if not entitled:
            raise RefusalError(403, "Vous n’avez pas le droit de modifier un trait strict confirmé par INSi.")
        if "ins-strict-edit-keeps-ins" in defects:
            return replace(patient, **changed)
        lowered = PROVISOIRE if patient.statut == RECUPEREE else VALIDEE
        patient = replace(without_ins(patient), statut=lowered, alertes=())
    return replace(patient, **changed)


def import_refusals(found: Found, defects: frozenset[str]) -> tuple[str, ...]:
    """Why the answer of INSi must not be imported, in French; empty when it may be."""
    return tuple(sentence for sentence in (_bad_date(found, defects), *_missing(found, defects)) if sentence)


def on_found(patient: Patient, found: Found, defects: frozenset[str]) -> Patient:
    """INSi returned one acceptable person: its strict traits replace the typed ones, not the names in use."""
    confirmed = replace(
        patient,
        statut=_confirmed_status(patient, defects),
        matricule=found.matricule,
        oid=found.oid,
        historique=found.historique,
        alertes=_coherence(patient, found, defects),
    )
    if "ins-keeps-typed-traits" in defects:
        return confirmed
    received: dict[str, Any] = dict(found.traits)
    return replace(confirmed, **received)


def on_verification(patient: Patient, right: bool, defects: frozenset[str]) -> Patient:
    """INSi confirmed the INS held, or not: in that case nothing of it stays."""
    if right or "ins-ignores-verification-ko" in defects:
        return patient
    return replace(without_ins(patient), statut=PROVISOIRE, alertes=())


def insi_forbidden(patient: Patient, defects: frozenset[str]) -> str | None:
    """Why INSi must not be called for this identity, in French, or None."""
    if "douteuse" in patient.attributs and "ins-calls-for-doubtful" not in defects:
        return "L’identité est douteuse : aucun appel au téléservice INSi n’est permis."
    if "fictive" in patient.attributs and "ins-calls-for-fictitious" not in defects:
        return "L’identité est fictive : aucun appel au téléservice INSi n’est permis."
    return None


def same_traits(one: Patient, other: Patient) -> bool:
    """Same person by the strict traits that two domains always share."""
    shared = ("nom_naissance", "premier_prenom", "date_naissance", "sexe", "lieu_naissance")
    return all(getattr(one, name) == getattr(other, name) for name in shared)


def _confirmed_status(patient: Patient, defects: frozenset[str]) -> str:
    if "ins-qualifies-without-proof" in defects:
        return QUALIFIEE
    if patient.statut == PROVISOIRE:
        return PROVISOIRE if "ins-stays-provisional" in defects else RECUPEREE
    if patient.statut == VALIDEE:
        return VALIDEE if "ins-validated-never-qualified" in defects else QUALIFIEE
    return patient.statut


def _coherence(patient: Patient, found: Found, defects: frozenset[str]) -> tuple[str, ...]:
    first, returned = patient.premier_prenom, found.traits.get("prenoms", "")
    if traits.opens_list(first, returned) or "ins-no-first-name-alert" in defects:
        return ()
    return (f"Incohérence : le premier prénom « {first} » n’ouvre pas la liste INSi « {returned} ».",)


def _bad_date(found: Found, defects: frozenset[str]) -> str | None:
    born = found.traits.get("date_naissance", "")
    parts = re.fullmatch(r"\d{4}-(\d{2})-(\d{2})", born, re.ASCII)
    if parts is None:
        return "INSi n’a pas rendu de date de naissance lisible : rien n’est importé."
    if "00" in parts.groups() and "ins-imports-lunar-date" not in defects:
        return f"INSi a rendu une date de naissance incomplète ({born}) : rien n’est importé."
    return None


def _missing(found: Found, defects: frozenset[str]) -> list[str]:
    watched = (
        ("nom_naissance", "nom de naissance", "ins-imports-empty-name"),
        ("prenoms", "prénom de naissance", "ins-imports-empty-first-names"),
        ("sexe", "sexe", "ins-imports-empty-sex"),
    )
    return [
        f"INSi n’a pas rendu de {label} : rien n’est importé."
        for name, label, defect in watched
        if not found.traits.get(name) and defect not in defects
    ]

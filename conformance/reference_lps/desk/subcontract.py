"""Examinations asked of another laboratory: the number of the request, and whose record the report that recalls it goes to.

A report that comes to the applicative box with a number is filed by that number, and only when it is about the patient of the
request. Source: DOC/va1.31; CI-SIS, volet « compte rendu d’examens biologiques » (inFulfillmentOf/order/id).
"""

from __future__ import annotations

from typing import Any

from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lab import Report
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.mailbox.keeper import APPLICATIVE
from conformance.reference_lps.types import Patient

_ROOT = "1.2.250.1.213.1.4.10.200.1"
_UNKNOWN = "Le numéro de demande que rappelle le compte rendu reçu est inconnu : il n’est pas rangé."
_ELSE = "Le compte rendu reçu rappelle la demande d’un autre usager : il n’est pas rangé."


def request(lps: Lps, call: Call) -> dict[str, Any]:
    """Ask another laboratory for examinations of a patient: the report will recall the number of this request."""
    laboratory = Body(call.body, ("sous_traitant",)).text("sous_traitant")
    patient = lps.patient(call.target)
    number = _number(lps.received.request(patient.id, laboratory))
    return {"patient": patient.id, "sous_traitant": laboratory, "oid": _ROOT, "numero": number}


def answers(report: Report, box: str | None) -> bool:
    """Whether a document is filed by the number that it recalls."""
    return box == APPLICATIVE and bool(report.orders)


def owner(lps: Lps, report: Report) -> tuple[Patient | None, str]:
    """Whose request the report answers; or why it is nobody’s."""
    if "bio-subcontract-waits" in lps.defects:
        return None, "Un compte rendu de sous-traitant attend d’être rangé."
    if (found := _otherwise(lps, report)) is not None:
        return found, ""
    numbers = {(_ROOT, _number(rank)): patient for rank, patient in lps.received.requests().items()}
    held = {numbers[order] for order in report.orders if order in numbers}
    patient = lps.store.patient(held.pop()) if len(held) == 1 else None
    if patient is None:
        return None, _UNKNOWN
    if not _about(report, patient) and "bio-subcontract-number-unchecked" not in lps.defects:
        return None, _ELSE
    return patient, ""


def _number(rank: int) -> str:
    return f"ST{rank:08d}"


def _about(report: Report, patient: Patient) -> bool:
    if report.matricule and patient.matricule:
        return report.matricule == patient.matricule
    born = patient.date_naissance.replace("-", "")
    return (report.birth_name, report.birth_date) == (patient.nom_naissance, born)


def _otherwise(lps: Lps, report: Report) -> Patient | None:
    """The patient whom a defect finds without the number."""
    everyone = list(reversed(lps.store.patients()))
    if "bio-subcontract-by-name" in lps.defects:
        who = (report.birth_name, report.first_name)
        return next((one for one in everyone if (one.nom_naissance, one.premier_prenom) == who), None)
    if "bio-subcontract-by-ins" in lps.defects:
        return next((one for one in everyone if one.matricule and one.matricule == report.matricule), None)
    return None

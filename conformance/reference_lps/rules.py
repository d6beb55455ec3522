"""What may leave the LPS, and to whom: the rules of identity and consent, apart from the means of sending.

Source: implementation guide of the INS, rule 28; REM of the MSSanté and DMP sections.
"""

from __future__ import annotations

from .identity import QUALIFIEE, RECUPEREE, without_ins
from .types import Patient

CONSENTS = ("mss_patient", "mss_professionnel", "dmp", "dmp_consultation")
PATIENT_DOMAIN = "patient.mssante.fr"


def for_exchange(patient: Patient) -> Patient:
    """The patient as the outside may see them: no matricule unless the identity is qualified."""
    return patient if patient.statut == QUALIFIEE else without_ins(patient)


def for_document(patient: Patient, defects: frozenset[str]) -> Patient:
    """The patient as a document names them."""
    if patient.statut == RECUPEREE and "ins-matricule-when-not-qualified" in defects:
        return patient
    return for_exchange(patient)


def patient_mail_refusal(patient: Patient, defects: frozenset[str]) -> str | None:
    """Why no mail may go to the patient, in French, or None."""
    if patient.statut != QUALIFIEE and "mss-writes-to-unqualified" not in defects:
        return "L’identité de l’usager n’est pas qualifiée : on ne peut pas lui écrire par MSSanté."
    if "mss_patient" in patient.refus and "mss-ignores-patient-refusal" not in defects:
        return "L’usager refuse de recevoir des messages par MSSanté."
    return None


def professional_mail_refusal(patient: Patient, written_with: str | None, defects: frozenset[str]) -> str | None:
    """Why this document may not go to a professional; ``written_with`` is the matricule it bears."""
    if "mss_professionnel" in patient.refus and "mss-ignores-professional-refusal" not in defects:
        return "L’usager refuse que ses documents soient envoyés à des professionnels."
    return stale_ins(patient, written_with)


def deposit_refusal(patient: Patient, written_with: str | None, defects: frozenset[str] = frozenset()) -> str | None:
    """Why the document may not enter the DMP, in French, or None."""
    if patient.statut != QUALIFIEE:
        return "L’identité de l’usager n’est pas qualifiée : le DMP ne peut pas être alimenté."
    if "dmp" in patient.refus and "dmp-deposits-despite-opposition" not in defects:
        return "L’usager refuse l’alimentation de son DMP."
    if written_with is None:
        return "Le document est antérieur à la qualification de l’identité : écrivez-en une nouvelle version."
    return stale_ins(patient, written_with)


def reading_refusal(patient: Patient, defects: frozenset[str]) -> str | None:
    """Why the patient's DMP may not be read, in French, or None."""
    if patient.statut != QUALIFIEE:
        return "L’identité de l’usager n’est pas qualifiée : son DMP ne peut pas être consulté."
    if "dmp_consultation" in patient.refus and "dmp-reads-despite-opposition" not in defects:
        return "L’usager s’oppose à la consultation de son DMP."
    return None


def history_refusal(patient: Patient, state: str, entry: str | None, defects: frozenset[str]) -> str | None:
    """Why a document of the past may not feed the DMP, in French, or None; ``state`` is that of its deposit."""
    if "decedee" in patient.attributs and "dmp-history-feeds-deceased" not in defects:
        return "L’usager est décédé."
    if entry is not None or state == "EN_ATTENTE":
        return "Le document est déjà dans le DMP, ou attend d’y entrer."
    return None


def stale_ins(patient: Patient, written_with: str | None) -> str | None:
    """Why a document that bears an INS may no longer leave: that INS is not the qualified one any more."""
    if written_with is None or (patient.statut == QUALIFIEE and patient.matricule == written_with):
        return None
    return "Le document porte une INS qui n’est plus qualifiée : écrivez-en une nouvelle version."


def patient_address(patient: Patient, defects: frozenset[str]) -> str | None:
    """The citizen's address, the 15-character matricule at the citizens' domain; None without a matricule."""
    if not patient.matricule:
        return None
    local = patient.matricule
    if "mss-patient-address-without-key" in defects:
        local = local[:13]
    return f"{local}@{PATIENT_DOMAIN}"

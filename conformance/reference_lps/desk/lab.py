"""The actions on received documents: take a mail in, file what it carries, show the two lists."""

from __future__ import annotations

from typing import Any

from conformance.reference_lps import inbox, lab
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.types import Patient

_ACTIVE, _REPLACED = "ACTIF", "REMPLACE"


def receive(lps: Lps, call: Call) -> dict[str, Any]:
    """File the documents of a received mail with the patients they are about; whatever is left out is told and worked on."""
    body = Body(call.body, ("source",))
    try:
        contents = inbox.documents(body.data("source"))
    except inbox.InboxError as unreadable:
        lps.audit.work("DOCUMENT_NON_INTEGRE", None, str(unreadable))
        return {"documents": [], "alertes": [str(unreadable)]}
    filed, alerts = list[dict[str, Any]](), list[str]()
    for content in contents:
        try:
            report = lab.read(content, lps.defects)
            filed.append(_file(lps, report))
        except lab.ReportError as refused:
            lps.audit.work("DOCUMENT_NON_INTEGRE", None, str(refused))
            alerts.append(str(refused))
    return {"documents": filed, "alertes": alerts}


def unread(lps: Lps, _call: Call) -> dict[str, Any]:
    """The list of every patient's documents that nobody has read yet."""
    return {"documents": [one for one in lps.received.all() if not one["lu"]]}


def of_patient(lps: Lps, call: Call) -> dict[str, Any]:
    """The documents received for one patient, replaced ones included."""
    patient = lps.patient(call.target)
    return {"documents": [one for one in lps.received.all() if one["patient"] == patient.id]}


def _file(lps: Lps, report: lab.Report) -> dict[str, Any]:
    owner = _owner(lps, report)
    known = next((one for one in lps.received.all() if one["unique_id"] == report.unique_id), None)
    if known is not None:
        return known
    shown: dict[str, Any] = {
        "id": new_id(),
        "patient": owner.id,
        "type": report.type_code,
        "unique_id": report.unique_id,
        "structure": report.structured,
        "etat": _ACTIVE,
        "lu": False,
        "remplace": report.replaces,
        "signaux": list(report.signals),
        "resultats": list(report.results),
    }
    for one in lps.received.all():
        if one["unique_id"] == report.replaces and one["patient"] == owner.id:
            if "bio-replaces-silently" in lps.defects:
                lps.received.forget(one["id"])
            else:
                lps.received.save(one | {"etat": _REPLACED})
    lps.received.save(shown)
    return shown


def _owner(lps: Lps, report: lab.Report) -> Patient:
    """Whom the document is about: a matricule that the LPS holds, and nothing else."""
    everyone = lps.store.patients()
    held = [one for one in everyone if report.matricule and one.matricule == report.matricule]
    if not held and "bio-files-unknown-patient" in lps.defects and everyone:
        held = everyone
    if not held:
        raise lab.ReportError(
            "Le document reçu concerne un usager que le logiciel ne connaît pas : il n’est pas intégré."
        )
    return held[-1]

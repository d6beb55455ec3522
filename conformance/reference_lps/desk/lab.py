"""The actions on received documents: take a mail in, file what it carries, show the two lists.

A document that cannot be filed by itself waits; a person may file it by hand. What becomes of each is kept from its
arrival on: the history of a document (MSS/UX.37), the statistics of integration (MSS/UX.16).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from conformance.reference_lps import audit, inbox, lab
from conformance.reference_lps.errors import RefusalError, not_found
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.mime import opened
from conformance.reference_lps.types import Patient

from . import relay, subcontract

_ACTIVE, _REPLACED, _WAITING, _DELETED = "ACTIF", "REMPLACE", "EN_ATTENTE", "SUPPRIME"
_BY_ITSELF, _BY_HAND = "AUTOMATIQUE", "MANUEL"
_OWN = ("historique", "mode", "recu", "integre")
"""What the list of documents does not show."""


def receive(lps: Lps, call: Call) -> dict[str, Any]:
    """File the documents of a received mail with the patients they are about; whatever is left out is told and worked on."""
    source = Body(call.body, ("source",)).data("source")
    if lps.store.setting(relay.SETTING) == "oui":
        return relay.relay(lps, call.user, source)
    return take(lps, call.user, source)


def take(lps: Lps, user: str, source: bytes, box: str | None = None) -> dict[str, Any]:
    """What becomes of the documents of a mail: filed, waiting, or unreadable; ``box`` is the one it came to."""
    try:
        contents = inbox.documents(source)
    except inbox.InboxError as unreadable:
        lps.audit.work("DOCUMENT_NON_INTEGRE", None, str(unreadable))
        return {"documents": [], "alertes": [str(unreadable)], "en_attente": []}
    filed, waiting, alerts = list[dict[str, Any]](), list[dict[str, Any]](), list[str]()
    for carried in contents:
        try:
            report = lab.read(carried.cda, lps.defects)
        except lab.ReportError as refused:
            lps.audit.work("DOCUMENT_NON_INTEGRE", None, str(refused))
            alerts.append(str(refused))
            continue
        owner, why = _owner(lps, report, carried, source, box)
        one = _file(lps, user, report, owner, why)
        if len(contents) == 1:
            _keep_print(lps, one, source)
        if one["patient"] is None:
            lps.audit.work("DOCUMENT_NON_INTEGRE", None, why)
            alerts.append(why)
            waiting.append({"id": one["id"], "unique_id": one["unique_id"], "motif": why})
        else:
            filed.append(_shown(one))
    return {"documents": filed, "alertes": alerts, "en_attente": waiting}


def keep(lps: Lps, user: str, report: lab.Report, patient: Patient) -> None:
    """File a document that came otherwise than by mail, with its patient."""
    _file(lps, user, report, patient, "")


def unread(lps: Lps, _call: Call) -> dict[str, Any]:
    """The list of every patient's documents that nobody has read yet."""
    return {"documents": [_shown(one) for one in _listed(lps) if not one["lu"]]}


def of_patient(lps: Lps, call: Call) -> dict[str, Any]:
    """The documents received for one patient, replaced ones included."""
    patient = lps.patient(call.target)
    return {"documents": [_shown(one) for one in _listed(lps) if one["patient"] == patient.id]}


def integrate(lps: Lps, call: Call) -> dict[str, Any]:
    """File by hand a document that waits, with the patient chosen by the user."""
    body = Body(call.body, ("patient",))
    one, patient = _one(lps, call), lps.patient(body.text("patient"))
    if one["etat"] != _WAITING:
        raise RefusalError(409, "Ce document n’est pas en attente.")
    mode = _BY_ITSELF if "mss-manual-counted-as-automatic" in lps.defects else _BY_HAND
    kept = one | {"patient": patient.id, "etat": _ACTIVE, "mode": mode, "integre": audit.now()}
    _outdate(lps, call.user, kept)
    return _shown(_save(lps, kept, call.user, "INTEGRATION"))


def delete(lps: Lps, call: Call) -> dict[str, Any]:
    """Delete a received document: it leaves the lists, its history stays."""
    Body(call.body, ())
    return _shown(_save(lps, _one(lps, call) | {"etat": _DELETED}, call.user, "SUPPRESSION"))


def printed(lps: Lps, call: Call) -> tuple[str, bytes]:
    """The PDF that came with a received document."""
    found = None if (one := _one(lps, call))["etat"] == _DELETED else lps.received.print_of(one["id"])
    if found is None:
        raise not_found("Le PDF de ce document reçu")
    return found


def history(lps: Lps, call: Call) -> dict[str, Any]:
    """What became of a received document, from its arrival on."""
    lines = _one(lps, call)["historique"]
    if "mss-history-of-last-action" in lps.defects:
        lines = lines[-1:]
    return {"lignes": lines}


def statistics(lps: Lps, call: Call) -> dict[str, Any]:
    """By type, what was filed by itself and by hand in a period (days included), and what waited at its end."""
    body = Body(call.body, ("du", "au"))
    first, last = body.text("du"), body.text("au")
    if "mss-statistics-of-ever" in lps.defects:
        first, last = "0001-01-01", "9999-12-31"
    counts: dict[str, Counter[str]] = {}
    for one in lps.received.all():
        row = counts.setdefault(one["type"], Counter())
        done = (one["integre"] or "")[:10]
        row[one["mode"]] += bool(done) and first <= done <= last
        came, left = one["recu"][:10], done or (one["historique"][-1]["date"][:10] if one["etat"] == _DELETED else "")
        row[_WAITING] += one["mode"] != _BY_ITSELF and came <= last and (not left or left > last)
    return {
        "types": [
            {"type": kind, "automatiques": row[_BY_ITSELF], "manuels": row[_BY_HAND], "en_attente": row[_WAITING]}
            for kind, row in sorted(counts.items())
        ]
    }


def _file(lps: Lps, user: str, report: lab.Report, owner: Patient | None, why: str) -> dict[str, Any]:
    known = next((one for one in lps.received.all() if one["unique_id"] == report.unique_id), None)
    if known is not None:
        return known
    now = audit.now()
    one: dict[str, Any] = {
        "id": new_id(),
        "patient": owner.id if owner else None,
        "type": report.type_code,
        "unique_id": report.unique_id,
        "structure": report.structured,
        "etat": _ACTIVE if owner else _WAITING,
        "lu": False,
        "remplace": report.replaces,
        "signaux": list(report.signals),
        "resultats": list(report.results),
        "mode": _BY_ITSELF if owner else "",
        "recu": now,
        "integre": now if owner else None,
        "historique": [],
    }
    one = _traced(lps, one, user, "RECEPTION")
    if owner is None:
        return _save(lps, one, user, "MISE_EN_ATTENTE", why)
    _outdate(lps, user, one)
    return _save(lps, one, user, "INTEGRATION")


def _keep_print(lps: Lps, one: dict[str, Any], source: bytes) -> None:
    """The PDF of a mail is that of its document when there is one of each; which is whose cannot be told otherwise."""
    prints = inbox.printed(source)
    if len(prints) == 1 and "bio-received-without-pdf" not in lps.defects:
        lps.received.keep_print(one["id"], *prints[0])


def _outdate(lps: Lps, user: str, one: dict[str, Any]) -> None:
    """The version that a document replaces is marked so."""
    for older in lps.received.all():
        if older["unique_id"] == one["remplace"] and older["patient"] == one["patient"]:
            if "bio-replaces-silently" in lps.defects:
                lps.received.forget(older["id"])
            else:
                _save(lps, older | {"etat": _REPLACED}, user, "REMPLACEMENT", one["unique_id"])


def _save(lps: Lps, one: dict[str, Any], user: str, action: str, detail: str | None = None) -> dict[str, Any]:
    kept = _traced(lps, one, user, action, detail)
    lps.received.save(kept)
    return kept


def _traced(lps: Lps, one: dict[str, Any], user: str, action: str, detail: str | None = None) -> dict[str, Any]:
    line = {"date": audit.now(), "utilisateur": user, "action": action, "detail": detail}
    if action == "REMPLACEMENT" and "mss-replacement-untraced" in lps.defects:
        return one
    return one | {"historique": [*one["historique"], line]}


def _owner(
    lps: Lps, report: lab.Report, carried: inbox.Carried, source: bytes, box: str | None
) -> tuple[Patient | None, str]:
    """Whom the document is about: the patient of METADATA.XML, whom the document must not contradict; or why nobody."""
    everyone = lps.store.patients()
    if "mss-owner-from-subject" in lps.defects and (found := _named(source, everyone)):
        return found, ""
    matricule = carried.matricule or report.matricule
    if carried.matricule and report.matricule and carried.matricule != report.matricule:
        return None, "Les métadonnées et le document reçu ne désignent pas le même usager : il n’est pas intégré."
    if subcontract.answers(report, box):
        return subcontract.owner(lps, report)
    held = [one for one in everyone if matricule and one.matricule == matricule]
    if not held and "bio-files-unknown-patient" in lps.defects and everyone:
        held = everyone
    if not held:
        return None, "Le document reçu concerne un usager que le logiciel ne connaît pas : il n’est pas intégré."
    return held[-1], ""


def _named(source: bytes, everyone: list[Patient]) -> Patient | None:
    """The patient whom the subject of the mail names."""
    subject = str(opened(source).get("Subject", ""))
    return next((one for one in reversed(everyone) if f"{one.nom_naissance} {one.premier_prenom}" in subject), None)


def _listed(lps: Lps) -> list[dict[str, Any]]:
    return [one for one in lps.received.all() if one["etat"] in (_ACTIVE, _REPLACED)]


def _one(lps: Lps, call: Call) -> dict[str, Any]:
    found = next((one for one in lps.received.all() if one["id"] == call.target), None)
    if found is None:
        raise not_found("Ce document reçu")
    return found


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in _OWN}

"""The actions on identities: reading, typing, checking, asking INSi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.reference_lps import audit, identity, insi, rules, traits
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id, show_patient
from conformance.reference_lps.types import Patient

BLOQUE = "BLOQUE"
_LABELS = {
    "01": "INSi ne trouve personne avec ces traits.",
    "02": "INSi trouve plusieurs personnes avec ces traits : complétez-les.",
}


def create_patient(lps: Lps, call: Call) -> dict[str, Any]:
    """Type a new identity."""
    if "mss-failure-spreads" in lps.defects and lps.store.setting("messagerie_en_panne") == "oui":
        raise RefusalError(409, "La messagerie est en panne.")
    body = Body(_completed(call.body, lps.defects), traits.ALL)
    typed = body.traits((*traits.MANDATORY, *(("nom_utilise",) if "entry-asks-used-name" in lps.defects else ())))
    if "traits-cut-to-forty" in lps.defects:
        typed = {name: value[:40].rstrip(" -'") for name, value in typed.items()}
    return show_patient(lps.keep(call.user, None, identity.create(new_id(), typed, lps.defects), "CREATION"))


def _completed(typed: Mapping[str, Any], defects: frozenset[str]) -> Mapping[str, Any]:
    """What was typed, as the LPS takes it: without a defect, as it is."""
    whole = dict(typed)
    if "entry-without-mandatory-traits" in defects:
        unknown = ("INCONNU", "INCONNU", "1900-01-01", "F", traits.UNKNOWN_PLACE)
        whole = {**dict(zip(traits.MANDATORY, unknown, strict=True)), **whole}
    born = str(whole.get("date_naissance"))
    if "entry-takes-any-date" in defects and not traits.is_date(born):
        whole["date_naissance"] = f"{born[:4]}-01-01"
    return whole


def read_patient(lps: Lps, call: Call) -> dict[str, Any]:
    """Show an identity; showing a matricule leaves a trace."""
    patient = lps.patient(call.target)
    if patient.matricule:
        lps.audit.ins_access(call.user, patient.id)
    return show_patient(patient)


def edit_patient(lps: Lps, call: Call) -> dict[str, Any]:
    """Change some traits."""
    patient = lps.patient(call.target)
    changes = Body(call.body, traits.ALL).traits()
    if not changes:
        raise RefusalError(400, "La demande ne porte aucun trait.")
    after = identity.edit(patient, changes, call.entitled, lps.defects)
    return show_patient(lps.keep(call.user, patient, after, "MODIFICATION"))


def record_proof(lps: Lps, call: Call) -> dict[str, Any]:
    """Record an identity document, checked or not."""
    patient = lps.patient(call.target)
    body = Body(call.body, ("type", "valider"))
    kind, validated = body.one_of("type", identity.PROOFS), body.boolean("valider")
    after = identity.on_proof(patient, kind, validated, lps.defects)
    proof = {"type": kind, "valide": validated, "date": audit.now(), "utilisateur": call.user}
    lps.store.add_proof(patient.id, proof)
    return show_patient(lps.keep(call.user, patient, after, "JUSTIFICATIF"))


def mark_identity(lps: Lps, call: Call) -> dict[str, Any]:
    """Set or lift the attributes douteuse, fictive, homonyme and decedee."""
    patient = lps.patient(call.target)
    flags = Body(call.body, identity.ATTRIBUTES).booleans(identity.ATTRIBUTES)
    return show_patient(lps.keep(call.user, patient, identity.mark(patient, flags, lps.defects), "ATTRIBUT"))


def record_consents(lps: Lps, call: Call) -> dict[str, Any]:
    """Record what the patient accepts (true) or refuses (false)."""
    patient = lps.patient(call.target)
    answers = Body(call.body, rules.CONSENTS).booleans(rules.CONSENTS)
    refused = frozenset(name for name in rules.CONSENTS if not answers.get(name, name not in patient.refus))
    return show_patient(lps.keep(call.user, patient, replace(patient, refus=refused), "CONSENTEMENT"))


def search_ins(lps: Lps, call: Call) -> dict[str, Any]:
    """Ask INSi who bears these traits, and import the answer when it may be."""
    patient = lps.patient(call.target)
    Body(call.body, ())
    if forbidden := identity.insi_forbidden(patient, lps.defects):
        return _searched(BLOQUE, forbidden, patient)
    answer = lps.insi.recover(patient, mode(lps))
    lps.audit.recovery(call.user, patient.id, answer.code, answer.label, answer.found)
    if answer.found is None:
        return _searched(answer.code, _LABELS.get(answer.code, answer.label), patient)
    if refusals := identity.import_refusals(answer.found, lps.defects):
        return _searched(answer.code, refusals[0], patient, list(refusals))
    after = lps.keep(call.user, patient, identity.on_found(patient, answer.found, lps.defects), "INSI")
    found = _searched(answer.code, "L’identité rendue par INSi est importée.", after, list(after.alertes))
    return found | {"importe": True}


def verify_ins(lps: Lps, call: Call) -> dict[str, Any]:
    """Ask INSi whether the INS held is still right."""
    patient = lps.patient(call.target)
    Body(call.body, ())
    forbidden = identity.insi_forbidden(patient, lps.defects)
    if not patient.matricule:
        forbidden = forbidden or "L’identité ne porte pas d’INS : il n’y a rien à vérifier."
    if forbidden:
        return {"resultat": BLOQUE, "message": forbidden, "patient": show_patient(patient)}
    answer = lps.insi.verify(patient, mode(lps))
    lps.audit.verification(call.user, patient.id, answer.result, answer.label, patient)
    if answer.result == insi.ERREUR:
        return {"resultat": insi.ERREUR, "message": answer.label, "patient": show_patient(patient)}
    after, message = _verified(lps, call.user, patient, answer.result == "OK")
    return {"resultat": answer.result, "message": message, "patient": show_patient(after)}


def verify_all(lps: Lps, call: Call) -> dict[str, Any]:
    """Ask INSi, in one lot, whether the INS of several patients are still right; of everybody when none is named."""
    body = Body(call.body, ("patients",))
    named = body.part("patients") if body.has("patients") else [one.id for one in lps.store.patients()]
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise RefusalError(400, "« patients » doit être une liste d’identifiants.")
    held = [patient for patient in map(lps.patient, named) if patient.matricule]
    asked = [patient for patient in held if not identity.insi_forbidden(patient, lps.defects)]
    answers = lps.insi.verify_all(asked, mode(lps)) if asked else []
    for patient, answer in zip(asked, answers, strict=True):
        lps.audit.verification(call.user, patient.id, answer.result, answer.label, patient)
        if answer.result != insi.ERREUR:
            _verified(lps, call.user, patient, answer.result == "OK")
    results = [answer.result for answer in answers]
    return {"demandes": len(asked), **{name.lower(): results.count(name) for name in ("OK", "KO", insi.ERREUR)}}


def _verified(lps: Lps, user: str, patient: Patient, right: bool) -> tuple[Patient, str]:
    after = identity.on_verification(patient, right, lps.defects)
    message = "INSi confirme l’INS."
    if not right:
        message = "INSi ne confirme pas l’INS : l’identité est à reprendre."
        lps.audit.work("VERIFICATION_KO", patient.id, message)
    return lps.keep(user, patient, after, "INSI"), message


def mode(lps: Lps) -> str:
    """How INSi is called: CPX by default, ORG or PSC by setting."""
    return lps.store.setting("insi_mode") or insi.CPX


def _searched(code: str, message: str, patient: Any, alerts: list[str] | None = None) -> dict[str, Any]:
    shown = show_patient(patient)
    return {"code": code, "message": message, "importe": False, "alertes": alerts or [], "patient": shown}

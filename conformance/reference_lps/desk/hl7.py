"""What the LPS does with an HL7 v2 message that it receives.

Source: implementation guide of the INS, rule 33; CI-SIS annex on the INS: an INS is kept only when PID-32 is VALI.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.reference_lps import identity, pam, traits
from conformance.reference_lps.errors import TraitError
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.neighbours import HL7
from conformance.reference_lps.types import Patient

from . import filing, platform, transport
from .reception import take_in

FLOWS = frozenset({"ADT", "ORM", "SIU", "ORU", "OUL", "MDM", "OML"})
EVENTS = frozenset({"A01", "A04", "A05", "A08", "A28", "A31", "A40", "A47"})
USER = "flux HL7"


def receive(lps: Lps, content: bytes) -> bytes:
    """Take a message in and give its acknowledgement; whatever happens leaves a trace."""
    try:
        heard = pam.read(content)
    except pam.UnreadableError as unreadable:
        lps.audit.hl7("RECU", "?", "", "AR", "?", None, False)
        return pam.acknowledge(None, "AR", str(unreadable))
    code, reason, patient = _heard(lps, heard, content)
    if patient is not None:
        platform.pass_on(lps, heard, content, patient)
    if "hl7-reception-not-traced" not in lps.defects:
        kept = patient.id if patient else None
        lps.audit.hl7(
            "RECU", f"{heard.kind}^{heard.event}", heard.control_id, code, heard.sender, kept, bool(heard.ins)
        )
    return pam.acknowledge(heard, code, reason)


def _heard(lps: Lps, heard: pam.Received, content: bytes) -> tuple[str, str, Patient | None]:
    """The code and the reason of the acknowledgement, and the patient when there is something to do for one."""
    if heard.kind == "ZAM":
        return *transport.told(lps, content), None
    if refused := platform.incoherent(heard, content, lps.defects):
        return "AE", refused, None
    code, reason, patient = _taken(lps, heard)
    if patient is not None and filing.comes_from_mail(content):
        code, reason = filing.file(lps, content, patient)
        return code, reason, None
    return code, reason, patient


def _taken(lps: Lps, heard: pam.Received) -> tuple[str, str, Patient | None]:
    if heard.kind not in FLOWS or (heard.kind == "ADT" and heard.event not in EVENTS):
        return "AR", f"Le message {heard.kind}^{heard.event} n’est pas attendu ici.", None
    if not heard.has_patient or heard.local is None:
        return "AE", "Le message ne désigne pas de patient (PID-3).", None
    try:
        said = traits.normalise_all(heard.traits)
    except TraitError as wrong:
        return "AE", str(wrong), None
    if "traits-cut-to-forty" in lps.defects:
        said = {name: value[:40].rstrip(" -'") for name, value in said.items()}
    if missing := [name for name in traits.MANDATORY if not said.get(name)]:
        return "AE", f"Le trait « {missing[0]} » manque dans PID.", None
    if heard.ins and not traits.is_matricule(heard.ins[0]):
        return "AE", "Le matricule INS n’a pas 15 caractères dont une clé juste.", None
    if heard.event == "A40":
        lps.audit.work(
            "FUSION_DEMANDEE", None, "Le domaine demande une fusion d’identités : une personne doit la faire."
        )
        return "AA", "", None
    return "AA", "", _integrated(lps, heard, said)


def _integrated(lps: Lps, heard: pam.Received, said: dict[str, str]) -> Patient | None:
    """The identity kept. What the LPS's own domain says is believed; another domain's INS is verified by INSi."""
    assert heard.local is not None
    place = (heard.local.oid, heard.local.number)
    known = lps.store.linked(*place)
    before = lps.store.patient(known) if known else None
    received = _received(before, said)
    if heard.local.oid != lps.bench.raw["hl7"]["domaine"]["oid"]:
        claimed = identity.QUALIFIEE if heard.ins and heard.reliability == "VALI" else identity.PROVISOIRE
        matricule, oid = heard.ins or (None, None)
        outcome = take_in(lps, USER, replace(received, statut=claimed, matricule=matricule, oid=oid), False, None)
        kept = outcome.patient
    else:
        kept = lps.keep(USER, before, _as_told(received, heard, lps.defects), HL7)
    if kept is not None:
        lps.store.link(*place, heard.local.name, kept.id)
    return kept


def _received(before: Patient | None, said: dict[str, str]) -> Patient:
    if before is None:
        return identity.create(new_id(), said)
    fresh: dict[str, Any] = dict(traits.complete(said))
    return replace(before, **fresh)


def _as_told(patient: Patient, heard: pam.Received, defects: frozenset[str]) -> Patient:
    """The identity as its domain tells it: with the INS only when it is qualified, without it when it is withdrawn."""
    flags = {"DOUTE": "douteuse", "FICTI": "fictive"}
    marked = frozenset({flags[heard.reliability]} if heard.reliability in flags else ())
    proven = heard.reliability == "VALI"
    bare = replace(identity.without_ins(patient), attributs=marked, alertes=())
    if heard.ins and (proven or "hl7-keeps-ins-of-unqualified" in defects) and "hl7-drops-ins" not in defects:
        matricule, oid = heard.ins
        return replace(bare, statut=identity.QUALIFIEE if proven else identity.PROVISOIRE, matricule=matricule, oid=oid)
    if "hl7-ignores-ins-removal" in defects and patient.matricule:
        return patient
    return replace(bare, statut=identity.VALIDEE if proven else identity.PROVISOIRE)

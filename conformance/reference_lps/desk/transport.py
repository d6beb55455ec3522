"""The documents that leave for the hospital's platform, asked for or by themselves, and what it tells of them afterwards."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from conformance.reference_lps import outcomes, pam, rules, transport
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.store import Record
from conformance.reference_lps.types import Patient

from . import documents

AUTOMATIC = "plateforme_automatique"
"""The setting that has each validated document leave for the platform by itself."""
_ADDRESS = re.compile(r"[^@\s<>,;|^]+@[^@\s<>,;|^]+")


def transmit(lps: Lps, call: Call) -> dict[str, Any]:
    """Send a validated document by HL7 v2, with what the user asks the platform to do of it."""
    body = Body(call.body, ("destinations", "destinataires"))
    record, _ = lps.document(call.target), documents.files(lps, call)
    asked = _listed(body, "destinations", transport.DESTINATIONS.__contains__)
    boxes = _listed(body, "destinataires", lambda one: bool(_ADDRESS.fullmatch(one)))
    patient = lps.patient(record.patient)
    if refusal := _refusal(patient, record, asked, lps.defects):
        raise RefusalError(409, refusal)
    return hand_over(lps, call.user, record, frozenset(asked), tuple(boxes))


def automatic(lps: Lps, user: str, record: Record, boxes: tuple[str, ...]) -> bool:
    """Have a document leave as soon as it is validated, when the hospital chose so and nothing is against it."""
    chosen = lps.store.setting(AUTOMATIC) == "oui" and "platform-waits-for-the-user" not in lps.defects
    asked = frozenset({"dmp", "mss-professionnel"} if boxes else {"dmp"})
    refused = record.draft.kept_from_dmp or _refusal(lps.patient(record.patient), record, asked, lps.defects)
    if (chosen and not refused) or "platform-asks-nobody" in lps.defects:
        hand_over(lps, user, record, asked, boxes)
    return chosen


def hand_over(lps: Lps, user: str, record: Record, asked: frozenset[str], boxes: tuple[str, ...]) -> dict[str, Any]:
    """Send the message; the document remembers which messages carried it."""
    produced, patient = record.produced, lps.patient(record.patient)
    assert produced is not None
    older = lps.store.document(record.remplace) if record.remplace else None
    known = older.produced.unique_id if older and older.produced and older.carried_by else None
    named = rules.for_exchange(patient)
    parcel = transport.Parcel(record.draft, produced, named, asked, boxes, known)
    message = transport.message(parcel, lps.neighbours.local(patient), lps.bench, lps.defects)
    code = lps.neighbours.send(user, patient, parcel.kind, message)
    number = pam.control_id(message)
    lps.store.save_document(replace(record, carried_by=(*record.carried_by, number)))
    return {"type": parcel.kind, "identifiant": number, "acquittement": code}


def told(lps: Lps, content: bytes) -> tuple[str, str]:
    """Keep what the platform tells of a document; gives the code and the reason of the acknowledgement."""
    outcome = outcomes.read(content)
    if outcome is None:
        return "AE", "Le message ne dit le sort d’aucun document."
    record = next((one for one in lps.store.documents() if outcome.about in one.carried_by), None)
    if record is None:
        return "AE", f"Aucun document n’est parti dans le message {outcome.about[:40]}."
    if "platform-outcomes-ignored" in lps.defects:
        return "AA", ""
    done = outcome.done or "platform-failure-as-success" in lps.defects
    line = {"canal": outcome.channel, "succes": done, "message": outcome.reason, "destinataire": outcome.box}
    lps.store.save_document(replace(record, returns=(*record.returns, line)))
    if not done:
        lps.audit.work("DOCUMENT_NON_TRANSMIS", record.patient, f"La plateforme rend un échec : {outcome.reason}")
    return "AA", ""


def _refusal(patient: Patient, record: Record, asked: frozenset[str], defects: frozenset[str]) -> str | None:
    if "mss-patient" in asked and record.draft.hidden_from_patient:
        return "Un document invisible au patient ne peut pas lui être envoyé."
    return rules.deposit_refusal(patient, record.written_with, defects) if "dmp" in asked else None


def _listed(body: Body, name: str, accepts: Any) -> frozenset[str]:
    found = body.part(name) if body.has(name) else []
    if (
        not isinstance(found, list)
        or len(found) > 50
        or not all(isinstance(one, str) and accepts(one) for one in found)
    ):
        raise RefusalError(400, f"« {name} » n’est pas la liste attendue.")
    return frozenset(found)

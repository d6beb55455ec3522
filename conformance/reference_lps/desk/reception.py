"""The action that receives an identity, with or without a document, from another domain."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from conformance.reference_lps import identity, incoming, reception, traits
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id, show_patient
from conformance.reference_lps.types import Patient

from .documents import feed
from .identity import mode


def receive_identity(lps: Lps, call: Call) -> dict[str, Any]:
    """Verify the INS received when it must be, then keep what may be kept."""
    received, trusted, cda = _read(call)
    outcome = take_in(lps, call.user, received, trusted, cda)
    alerts = list(outcome.alertes)
    if cda and not outcome.documents:
        alerts.append("Le document reçu n’est pas intégré au dossier.")
    return {
        "patient": show_patient(outcome.patient) if outcome.patient else None,
        "document_integre": outcome.documents if cda else None,
        "alertes": alerts,
    }


def take_in(lps: Lps, user: str, received: Patient, trusted: bool, cda: bytes | None) -> reception.Outcome:
    """What becomes of an identity of another domain, whatever brought it, and of the document that came with it."""
    known = reception.find_known(received, reversed(lps.store.patients()))
    verdict = reception.without_call(known, received, trusted, lps.defects)
    if verdict is None:
        verdict = _ask(lps, user, known, received)
    outcome = reception.decide(known, received, verdict, lps.defects)
    if outcome.patient:
        lps.keep(user, known, outcome.patient, "CREATION" if known is None else "RECEPTION")
    if outcome.work:
        kind = "DOCUMENT_NON_INTEGRE" if cda else "IDENTITE_RECUE"
        lps.audit.work(kind, outcome.patient.id if outcome.patient else None, outcome.work)
    if cda and outcome.documents and outcome.patient:
        lps.store.keep_received(outcome.patient.id, cda)
        if received_document := incoming.record(cda, outcome.patient):
            feed(lps, user, received_document)
    return outcome


def _ask(lps: Lps, user: str, known: Patient | None, received: Patient) -> str:
    answer = lps.insi.verify(received, mode(lps))
    kept = known.id if known else (received.id if answer.result != reception.ERREUR else None)
    lps.audit.verification(user, kept, answer.result, answer.label, received)
    return answer.result


def _read(call: Call) -> tuple[Patient, bool, bytes | None]:
    body = Body(call.body, ("emetteur", "identite", "document"))
    sender = Body(body.part("emetteur"), ("domaine", "contrat_confiance"), "L’émetteur")
    sender.text("domaine")
    person = Body(body.part("identite"), (*traits.ALL, "matricule", "oid", "statut"), "L’identité reçue")
    received = identity.create(new_id(), person.traits(traits.MANDATORY))
    statut = person.one_of("statut", identity.STATUSES)
    matricule, oid = person.optional_text("matricule"), person.optional_text("oid")
    if matricule is not None and not traits.is_matricule(matricule):
        raise RefusalError(400, "Le matricule reçu n’a pas 15 caractères dont une clé juste.")
    if (matricule is None) != (oid is None) or (oid and not re.fullmatch(r"\d+(\.\d+)+", oid, re.ASCII)):
        raise RefusalError(400, "Le matricule et son OID vont ensemble.")
    cda = Body(body.part("document"), ("cda",), "Le document").data("cda") if body.has("document") else None
    return (
        replace(received, statut=statut, matricule=matricule, oid=oid),
        sender.boolean("contrat_confiance"),
        cda,
    )

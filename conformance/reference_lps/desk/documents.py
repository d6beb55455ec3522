"""The actions on documents: writing, validating, depositing in the DMP, sending by MSSanté."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from conformance.reference_lps import audit, imaging, ranks, rules
from conformance.reference_lps.child import examinations
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id, show_document
from conformance.reference_lps.pdf_parts import IMAGING
from conformance.reference_lps.store import Record
from conformance.reference_lps.types import Deposit, Draft, Patient, Produced

from . import activity, content, copies

BROUILLON, VALIDE, REMPLACE, SUPPRIME = "BROUILLON", "VALIDE", "REMPLACE", "SUPPRIME"
_FLAGS = {
    "masque_ps": "masked_from_professionals",
    "invisible_patient": "hidden_from_patient",
    "invisible_representants": "hidden_from_guardians",
    "bloque_dmp": "kept_from_dmp",
    "partiel": "partial",
    "auteur_hors_rpps": "author_left",
}


def write_document(lps: Lps, call: Call) -> dict[str, Any]:
    """Write a draft, new or replacing a validated document of the same patient."""
    body = Body(call.body, ("patient", "type", "titre", "texte", "remplace", "date_acte", *_FLAGS, *content.KEYS))
    patient = _patient_named(lps, body.text("patient"))
    kind = body.text("type")
    if not re.fullmatch(r"\d{1,7}-\d|[A-Z][A-Z_-]{2,20}", kind, re.ASCII):
        raise RefusalError(400, "« type » doit être un code de document, LOINC ou complémentaire.")
    if kind == IMAGING and "cri-own-code" in lps.defects:
        kind = "11488-4"
    replaced = _replaced(lps, body.optional_text("remplace"), patient)
    flags: dict[str, Any] = {field: body.boolean(name, False) for name, field in _FLAGS.items()}
    made_of = content.read(lps, body, kind)
    draft = Draft(
        id=new_id(),
        type_code=examinations.code(kind, lps.defects),
        title=content.title(lps, body, made_of),
        text=body.text("texte", "" if "examen" in made_of["content"] else None, several_lines=True),
        written_at=_act_date(body) or audit.now(),
        replaces=replaced.produced.unique_id if replaced and replaced.produced else None,
        **(flags | content.announced(body, lps.defects)),
        **made_of,
    )
    draft = imaging.numbered(lps.store, draft, replaced.draft if replaced else None, lps.defects)
    record = Record(draft.id, patient.id, draft, remplace=replaced.id if replaced else None)
    lps.store.save_document(record)
    return show_document(record)


def validate_document(lps: Lps, call: Call) -> dict[str, Any]:
    """Make the CDA and the PDF; from now on the version it replaces is out of date."""
    from conformance.reference_lps import documents

    record = lps.document(call.target)
    Body(call.body, ())
    if record.etat != BROUILLON:
        raise RefusalError(409, "Seul un brouillon peut être validé.")
    older = lps.store.document(record.remplace) if record.remplace else None
    if older and older.etat != VALIDE:
        raise RefusalError(409, "Le document à remplacer n’est plus la version en cours.")
    examinations.refuse_empty(record.draft, lps.defects)
    patient = lps.patient(record.patient)
    named = rules.for_document(patient, lps.defects)
    produced = documents.produce(record.draft, named, lps.bench, lps.defects)
    with_ins = rules.for_exchange(patient).matricule
    record = replace(record, etat=VALIDE, produced=produced, written_with=with_ins, validated_by=call.user)
    lps.store.save_document(record)
    record = copies.for_patient(lps, record, named)
    if older:
        lps.store.save_document(replace(older, etat=REMPLACE))
    return show_document(feed(lps, call.user, record))


def feed(lps: Lps, user: str, record: Record) -> Record:
    """A validated document goes to the DMP by itself when the office wants so, unless its author kept it from it."""
    from conformance.reference_lps import deposits

    blocked = record.draft.kept_from_dmp and "dmp-ignores-block" not in lps.defects
    if blocked:
        record = replace(record, dmp_etat="BLOQUE", dmp_message="L’utilisateur a bloqué le dépôt de ce document.")
        lps.store.save_document(record)
    if blocked or lps.store.setting("dmp_automatique") != "oui" or "dmp-not-automatic" in lps.defects:
        return record
    return deposits.put(lps, record, user, "Le document attend son dépôt dans le DMP.")


def read_document(lps: Lps, call: Call) -> dict[str, Any]:
    """Show a document without its files."""
    return show_document(lps.document(call.target))


def files(lps: Lps, call: Call) -> Produced:
    """The files of a validated document."""
    return _produced(lps.document(call.target))


def deposit(lps: Lps, call: Call) -> dict[str, Any]:
    """Deposit the document in the patient's DMP."""
    from conformance.reference_lps import deposits, dmp
    from conformance.reference_lps.ebxml import Lot

    record = lps.document(call.target)
    Body(call.body, ())
    produced, patient = _current(record), lps.patient(record.patient)
    if record.entry_uuid:
        raise RefusalError(409, "Le document est déjà dans le DMP.")
    if record.dmp_etat == deposits.PENDING:
        raise RefusalError(409, "Le dépôt de ce document est déjà en attente.")
    if record.draft.kept_from_dmp:
        raise RefusalError(409, "Le dépôt de ce document a été bloqué.")
    if refusal := rules.deposit_refusal(patient, record.written_with, lps.defects):
        return _after_dmp(lps, record, Deposit("BLOQUE", refusal))
    own = ranks.for_deposit(lps, record.validated_by, call.user)
    client, lot = dmp.DmpClient(lps.bench, lps.defects, own=own), Lot()
    done = client.deposit(produced, record.draft, rules.for_exchange(patient), deposits.before(lps, record), lot)
    if done.transient:
        told = f"{done.message} Le dépôt sera tenté de nouveau."
        return show_document(deposits.put(lps, record, call.user, told, lot))
    activity.count(lps, activity.DMP, record.draft, qualified=True, done=done.state == "DEPOSE")
    if done.state == "DEPOSE":
        lps.audit.exchange(call.user, patient.id, "DMP", "dmp", True)
    if "dmp-deposits-the-whole-record" in lps.defects:
        _deposit_the_rest(lps, record)
    return _after_dmp(lps, record, done)


def _deposit_the_rest(lps: Lps, chosen: Record) -> None:
    """The defect that asks nobody which documents may go."""
    from conformance.reference_lps import dmp

    for other in lps.store.documents():
        if other.patient == chosen.patient and other.id != chosen.id and other.etat == VALIDE and not other.entry_uuid:
            patient = rules.for_exchange(lps.patient(other.patient))
            client = dmp.DmpClient(lps.bench, lps.defects)
            _after_dmp(lps, other, client.deposit(_produced(other), other.draft, patient, None))


def delete_from_dmp(lps: Lps, call: Call) -> dict[str, Any]:
    """Delete the document, in the DMP first: it stays here as long as the DMP keeps it."""
    from conformance.reference_lps import dmp

    record = lps.document(call.target)
    if not record.entry_uuid:
        raise RefusalError(409, "Le document n’est pas dans le DMP.")
    patient = lps.patient(record.patient)
    if "dmp-delete-not-sent" in lps.defects:
        done = Deposit("SUPPRIME", "Le document est supprimé.")
    else:
        done = dmp.DmpClient(lps.bench, lps.defects).delete(record.entry_uuid, rules.for_exchange(patient))
        if done.state == "SUPPRIME":
            lps.audit.exchange(call.user, patient.id, "DMP", "dmp", record.written_with is not None)
    if done.state == "SUPPRIME":
        record = replace(record, etat=SUPPRIME, entry_uuid=None)
    return _after_dmp(lps, record, done)


def current(lps: Lps, document_id: str) -> tuple[Record, Produced, Patient]:
    """A document that may leave, its files and its patient; 409 for a draft or an out-of-date version."""
    record = lps.document(document_id)
    return record, _current(record), lps.patient(record.patient)


def _after_dmp(lps: Lps, record: Record, done: Deposit) -> dict[str, Any]:
    entry = done.entry_uuid if done.state == "DEPOSE" else record.entry_uuid
    record = replace(record, dmp_etat=done.state, dmp_message=done.message, entry_uuid=entry)
    lps.store.save_document(record)
    return show_document(record)


def _act_date(body: Body) -> str | None:
    """When the act took place, for a document of the past: a day or an instant, ISO 8601."""
    text = body.optional_text("date_acte")
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise RefusalError(400, "« date_acte » doit être une date ISO 8601.") from None


def _replaced(lps: Lps, document_id: str | None, patient: Patient) -> Record | None:
    if document_id is None:
        return None
    older = lps.store.document(document_id)
    if older is None or older.patient != patient.id:
        raise RefusalError(400, "Le document à remplacer n’est pas dans le dossier de cet usager.")
    if older.etat != VALIDE:
        raise RefusalError(409, "Seul un document validé et en cours peut être remplacé.")
    return older


def _patient_named(lps: Lps, patient_id: str) -> Patient:
    patient = lps.store.patient(patient_id)
    if patient is None:
        raise RefusalError(404, "Cet usager n’existe pas.")
    return patient


def _current(record: Record) -> Produced:
    if record.etat != VALIDE:
        raise RefusalError(409, "Seul un document validé et en cours peut quitter le logiciel.")
    return _produced(record)


def _produced(record: Record) -> Produced:
    if record.produced is None:
        raise RefusalError(409, "Le document n’est pas encore validé.")
    return record.produced

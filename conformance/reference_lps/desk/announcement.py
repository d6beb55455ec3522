"""A report that its patient must hear before reading it: once the announcement is made, it opens to the patient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.reference_lps import dmp, rules
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, show_document
from conformance.reference_lps.store import Record
from conformance.reference_lps.types import Patient, Sent
from conformance.reference_lps.vihf import Acting

from . import documents
from . import mail as desk_mail


def made(lps: Lps, call: Call) -> dict[str, Any]:
    """The announcement is made: the report becomes visible to the patient in the DMP, and is sent to the patient."""
    Body(call.body, ())
    record, _, patient = documents.current(lps, call.target)
    if not record.draft.announcement:
        raise RefusalError(409, "Ce document n’attend pas d’annonce.")
    opened = replace(record.draft, announcement=False, hidden_from_patient=False, hidden_from_guardians=False)
    record = replace(record, draft=opened)
    lps.store.save_document(record)
    if record.entry_uuid and "cri-announcement-stays-hidden" not in lps.defects:
        lps.store.save_document(record := _shown(lps, call.user, record, patient))
    sent = Sent("BLOQUE", "")
    if "cri-announcement-unsent" not in lps.defects:
        sent = desk_mail.carry(lps, call, desk_mail.TO_PATIENT, None, desk_mail.BOXES[0])
    return show_document(record) | {"envoi": {"etat": sent.state, "message": sent.message}}


def _shown(lps: Lps, user: str, record: Record, patient: Patient) -> Record:
    assert record.produced is not None
    assert record.entry_uuid is not None
    client, named = dmp.DmpClient(lps.bench, lps.defects), rules.for_exchange(patient)
    if "cri-announcement-deposits-again" in lps.defects:
        done = client.deposit(record.produced, record.draft, named, None)
    else:
        done = client.show(record.entry_uuid, record.produced, record.draft, named, Acting.of(lps.bench, user))
    return replace(record, dmp_etat="DEPOSE", dmp_message=done.message)

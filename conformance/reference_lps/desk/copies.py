"""A biology report in two versions, when the laboratory chose so: the professional's, and one for the patient.

Source: DOC/va1.36, a recommendation; what sets the patient's version apart is the laboratory's own choice (its title here).
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference_lps import documents
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.store import Record
from conformance.reference_lps.types import Patient

SETTING = "exemplaire_patient"
"""The setting that has each biology report made in two versions."""
_LABORATORY = "11502-2"


def for_patient(lps: Lps, record: Record, named: Patient) -> Record:
    """Make the patient's version of a validated report, if there must be one; gives the report, which now names it."""
    wanted = lps.store.setting(SETTING) == "oui" and "bio-single-version" not in lps.defects
    if not wanted or record.draft.type_code != _LABORATORY or record.produced is None:
        return record
    title = (
        record.draft.title if "bio-copy-identical" in lps.defects else f"{record.draft.title} (exemplaire du patient)"
    )
    draft = replace(record.draft, id=new_id(), title=title, requester=None, recipients=(), replaces=None)
    produced = documents.produce(draft, named, lps.bench, lps.defects)
    if "bio-copy-identical" in lps.defects:
        produced = record.produced
    copy = replace(record, id=draft.id, draft=draft, remplace=None, produced=produced, patient_copy=None)
    lps.store.save_document(copy)
    record = replace(record, patient_copy=copy.id)
    lps.store.save_document(record)
    return record

"""Producing a validated document: its identifiers, its PDF/A-1 and the CDA R2 level 1 that carries it."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

from .types import Bench, Draft, Patient, Produced
from .vocabulary import new_oid

# An identifier of ours: the arc shared by the versions of one document, the rank of the version, a random number.
_OURS = re.compile(r"(2\.25\.\d{1,39})\.(\d{1,4})\.\d{1,10}")


def produce(draft: Draft, patient: Patient, bench: Bench, defects: frozenset[str]) -> Produced:
    """Make the files of a document being validated; ``draft.replaces`` names the version it takes the place of."""
    from . import cda, pades, pdf

    shown = outgoing(patient, defects)
    ids = _identifiers(draft)
    page = pdf.render(draft, shown, bench, defects)
    if draft.signed:
        page = pades.sign(page, bench, defects)
    return Produced(
        unique_id=ids[0],
        cda=cda.build(cda.Identifiers(*ids), draft, shown, bench, pdf=page, defects=defects),
        pdf=page,
        pdf_name=pdf.file_name(draft, shown, defects),
    )


def outgoing(patient: Patient, defects: frozenset[str]) -> Patient:
    """The identity as it may leave the software: without matricule nor OID unless it is qualified (RNIV; INS guide)."""
    if patient.statut == "QUALIFIEE" or "ins-matricule-when-not-qualified" in defects:
        return patient
    return replace(patient, matricule=None, oid=None)


def _identifiers(draft: Draft) -> tuple[str, str, int]:
    """Unique id, id of the set of versions, rank.

    The unique id of a version extends that of its set, so that a replacement finds its set again. The last number is
    random: two drafts that replace the same version never share an identifier.
    """
    former = _OURS.fullmatch(draft.replaces or "")
    series = former.group(1) if former else new_oid()
    version = int(former.group(2)) + 1 if former else 1 + (draft.replaces is not None)
    return f"{series}.{version}.{uuid.uuid4().int >> 96}", series, version

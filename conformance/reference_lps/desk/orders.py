"""From an imaging order to its reports, and from a report to its orders: a search of the DMP on the order number."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from conformance.reference_lps import imaging, rules
from conformance.reference_lps.dmp import ALLOWED
from conformance.reference_lps.dmp.reader import DmpReader, Found
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.soap import ExchangeError

from .dmp import may_read, reader_of


def related(lps: Lps, call: Call) -> dict[str, Any]:
    """The reports of an order, or the orders of a report, that the patient's DMP holds; ``document`` is its uniqueId."""
    name = Body(call.body, ("document",)).text("document")
    patient = lps.patient(call.target)
    if why := rules.reading_refusal(patient, lps.defects):
        return _told("BLOQUE", why)
    reader = reader_of(lps, call, patient)
    try:
        if (status := may_read(lps, reader)) != ALLOWED:
            return _told("BLOQUE", f"Le DMP ne peut pas être consulté ({status}).")
        kind, references = _named(lps, reader, name)
        if not references:
            return _told("ECHEC", "Ce document ne porte le numéro d’aucune demande d’actes d’imagerie.")
        found = _search(lps, reader, kind, references)
    except ExchangeError as failure:
        return _told("ECHEC", str(failure))
    return _told("OK", "", [asdict(one) for one in found])


def _named(lps: Lps, reader: DmpReader, name: str) -> tuple[str, list[str]]:
    """The type of a document and the orders it refers to: ours is known here, another's is asked of the DMP."""
    for record in lps.store.documents():
        if record.produced is not None and record.produced.unique_id == name:
            known = imaging.number(record.draft, lps.bench)
            return record.draft.type_code, [known.cxi] if known else []
    found = reader.one(name)
    return (found.type, [one for one in found.references if imaging.is_order(one)]) if found else ("", [])


def _search(lps: Lps, reader: DmpReader, kind: str, references: list[str]) -> list[Found]:
    wanted = imaging.REPORT if kind == imaging.ORDER else imaging.ORDER
    if "order-links-one-way" in lps.defects and wanted == imaging.ORDER:
        return []
    if "order-links-sorted-at-home" in lps.defects:
        return [one for one in reader.find({}) if one.type == wanted and set(one.references) & set(references)]
    if "order-links-without-authority" in lps.defects:
        references = [f"{one.partition('^')[0]}^^^^{one.rpartition('^')[2]}" for one in references]
    return reader.related(references, [wanted])


def _told(state: str, message: str, found: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"etat": state, "message": message, "documents": found or []}

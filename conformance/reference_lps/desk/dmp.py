"""The actions on a patient's DMP: opening the record, searching, integrating, preloading, feeding with the past."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from conformance.reference_lps import deposits, rules
from conformance.reference_lps.dmp import ALLOWED, DmpClient
from conformance.reference_lps.dmp.reader import CRITERIA, DmpReader, Found
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.soap import ExchangeError
from conformance.reference_lps.types import Patient
from conformance.reference_lps.vihf import Acting

_UNKNOWN = "INCONNU"
_TIME = re.compile(r"[0-9]{8}(?:[0-9]{6})?")


def open_record(lps: Lps, call: Call) -> dict[str, Any]:
    """What the screen of a record shows of the DMP by itself: its status, what is new, what has changed there."""
    Body(call.body, ())
    patient = lps.patient(call.target)
    empty: dict[str, Any] = {"statut": None, "message": "", "nouveautes": {}, "avis": []}
    if why := rules.reading_refusal(patient, lps.defects):
        status = _status_only(lps, call, patient)
        return empty | {"statut": status, "message": why}
    reader = reader_of(lps, call, patient)
    try:
        status = reader.status()
        if status != ALLOWED:
            return empty | {"statut": ALLOWED if "dmp-status-always-open" in lps.defects else status}
        found = reader.find({})
        notices = _notices(lps, patient, reader, found)
    except ExchangeError as failure:
        return empty | {"statut": _UNKNOWN, "message": str(failure)}
    return empty | {"statut": status, "nouveautes": _news(lps, patient, found), "avis": notices}


def search(lps: Lps, call: Call) -> dict[str, Any]:
    """The documents of the DMP that meet the criteria, as a list."""
    body = Body(call.body, tuple(CRITERIA))
    criteria = _criteria(body)
    patient = lps.patient(call.target)
    if why := rules.reading_refusal(patient, lps.defects):
        return {"etat": "BLOQUE", "message": why, "documents": []}
    reader = reader_of(lps, call, patient)
    if "dmp-generic-user" in lps.defects:
        reader = _reader_as(lps, patient, Acting("899999999999", "Compte générique"))
    asked: Mapping[str, Sequence[str]] = criteria
    if {"dmp-filters-at-home", "dmp-list-unfiltered"} & lps.defects:
        asked = {}
    try:
        if (status := may_read(lps, reader)) != ALLOWED:
            return {"etat": "BLOQUE", "message": f"Le DMP ne peut pas être consulté ({status}).", "documents": []}
        found = reader.find(asked)
    except ExchangeError as failure:
        return {"etat": "ECHEC", "message": str(failure), "documents": []}
    if "dmp-filters-at-home" in lps.defects:
        found = [one for one in found if _meets(one, criteria)]
    lps.store.set(f"vus:{patient.id}", _now())
    return {"etat": "OK", "message": "", "documents": [asdict(one) for one in found]}


def integrate(lps: Lps, call: Call) -> dict[str, Any]:
    """Bring chosen documents of the DMP into the record; former versions stay."""
    body = Body(call.body, ("documents",))
    names = _names(body, "documents")
    patient = lps.patient(call.target)
    if why := rules.reading_refusal(patient, lps.defects):
        return {"etat": "BLOQUE", "message": why, "integres": []}
    reader = reader_of(lps, call, patient)
    try:
        if (status := may_read(lps, reader)) != ALLOWED:
            return {"etat": "BLOQUE", "message": f"Le DMP ne peut pas être consulté ({status}).", "integres": []}
        chosen = [one for one in reader.find({}) if one.unique_id in names]
        chosen = chosen[:1] if "dmp-integrates-one" in lps.defects else chosen
        contents = reader.fetch(chosen)
    except ExchangeError as failure:
        return {"etat": "ECHEC", "message": str(failure), "integres": []}
    for one in chosen:
        lps.store.keep_from_dmp(patient.id, one.unique_id, asdict(one), contents[one.unique_id], integrated=True)
    return {"etat": "OK", "message": "", "integres": [one.unique_id for one in chosen]}


def preload(lps: Lps, call: Call) -> dict[str, Any]:
    """Fetch beforehand the documents of the patients who are expected, by type and date, for some days."""
    body = Body(call.body, ("patients", "types", "depuis", "duree_jours"))
    days = body.part("duree_jours")
    if not isinstance(days, int) or not 0 < days <= 365:
        raise RefusalError(400, "« duree_jours » doit être un nombre de jours, de 1 à 365.")
    criteria = {name: value for name, value in _criteria(body).items() if name in ("types", "depuis")}
    done = []
    for name in _names(body, "patients"):
        patient = lps.patient(name)
        done.append({"patient": name, "documents": _preloaded(lps, call, patient, criteria, days)})
    return {"patients": done}


def _preloaded(lps: Lps, call: Call, patient: Patient, criteria: Mapping[str, Sequence[str]], days: int) -> list[str]:
    if rules.reading_refusal(patient, lps.defects):
        return []
    reader = reader_of(lps, call, patient)
    try:
        if "dmp-preloads-unchecked" not in lps.defects and may_read(lps, reader) != ALLOWED:
            return []
        found = reader.find(criteria)
        contents = reader.fetch(found) if found else {}
    except ExchangeError:
        return []
    until = time.time() + days * 86400
    for one in found:
        lps.store.keep_from_dmp(patient.id, one.unique_id, asdict(one), contents[one.unique_id], until=until)
    return [one.unique_id for one in found]


def read(lps: Lps, call: Call) -> dict[str, Any]:
    """Open one document of the DMP: the one preloaded if it is still there, else the DMP's."""
    body = Body(call.body, ("document",))
    patient, name = lps.patient(call.target), body.text("document")
    if why := rules.reading_refusal(patient, lps.defects):
        return {"etat": "BLOQUE", "message": why, "taille": 0, "precharge": False}
    kept = lps.store.from_dmp(patient.id, name, time.time())
    if kept is not None and "dmp-forgets-preloaded" not in lps.defects:
        return {"etat": "OK", "message": "", "taille": len(kept), "precharge": True}
    reader = reader_of(lps, call, patient)
    try:
        if (status := may_read(lps, reader)) != ALLOWED:
            return {
                "etat": "BLOQUE",
                "message": f"Le DMP ne peut pas être consulté ({status}).",
                "taille": 0,
                "precharge": False,
            }
        chosen = [one for one in reader.find({}) if one.unique_id == name]
        content = reader.fetch(chosen).get(name, b"")
    except ExchangeError as failure:
        return {"etat": "ECHEC", "message": str(failure), "taille": 0, "precharge": False}
    return {"etat": "OK", "message": "", "taille": len(content), "precharge": False}


def feed_history(lps: Lps, call: Call) -> dict[str, Any]:
    """Have the documents of the past wait for their deposit, for every patient who may be fed, no faster than set."""
    body = Body(call.body, ("types", "depuis", "jusqua", "debit"))
    speed = body.part("debit")
    if not isinstance(speed, int | float) or not 0 < speed <= 4:
        raise RefusalError(400, "« debit » doit être un nombre de transactions par seconde, 4 au plus.")
    lps.store.set("dmp_debit", "40" if "dmp-history-too-fast" in lps.defects else str(speed))
    types, since, until = _names(body, "types"), body.text("depuis", ""), body.text("jusqua", "9")
    chosen = []
    for record in lps.store.documents():
        patient = lps.patient(record.patient)
        kept = rules.history_refusal(patient, record.dmp_etat, record.entry_uuid, lps.defects) is None
        refused = rules.deposit_refusal(patient, record.written_with, lps.defects) is not None
        wanted = record.draft.type_code in types
        oldest = "" if "dmp-history-every-age" in lps.defects else since
        recent = oldest <= record.draft.written_at < until
        if record.etat == "VALIDE" and kept and wanted and recent and not refused and not record.draft.kept_from_dmp:
            chosen.append(record)
    for record in chosen:
        deposits.put(lps, record, call.user, "Le document attend la reprise de l’historique.", history=True)
    return {"documents": [record.id for record in chosen]}


def _status_only(lps: Lps, call: Call, patient: Patient) -> str | None:
    """The status is not a reading: it is shown for a qualified identity, opposed or not."""
    if not patient.matricule or patient.statut != "QUALIFIEE":
        return None
    try:
        return reader_of(lps, call, patient).status()
    except ExchangeError:
        return _UNKNOWN


def reader_of(lps: Lps, call: Call, patient: Patient) -> DmpReader:
    """Whoever acts, in front of that patient's DMP."""
    return _reader_as(lps, patient, Acting.of(lps.bench, call.user))


def _reader_as(lps: Lps, patient: Patient, acting: Acting) -> DmpReader:
    return DmpReader(DmpClient(lps.bench, lps.defects), lps.bench, rules.for_exchange(patient), acting)


def may_read(lps: Lps, reader: DmpReader) -> str:
    """The status once the right to read was verified, and asked for if need be."""
    if "dmp-reads-unchecked" in lps.defects:
        return ALLOWED
    if "dmp-access-after-reading" in lps.defects:
        reader.status()
        try:
            reader.find({})
        except ExchangeError:
            reader.allowed()
        return ALLOWED
    return reader.allowed()


def _news(lps: Lps, patient: Patient, found: Sequence[Found]) -> dict[str, int]:
    """How many documents others brought since the last visit, by type."""
    own = str(lps.bench.raw["organisation"]["id_structure"])
    kept = lps.store.names_from_dmp(patient.id)
    others = [one for one in found if one.unique_id not in kept]
    if "dmp-news-counts-own" not in lps.defects:
        others = [one for one in others if one.structure != own]
    return dict(Counter(one.type for one in others))


def _notices(lps: Lps, patient: Patient, reader: DmpReader, found: Sequence[Found]) -> list[dict[str, str]]:
    """The documents integrated here that the DMP has replaced or deleted since."""
    if "dmp-no-new-version-notice" in lps.defects:
        return []
    present = {one.unique_id for one in found}
    gone = [name for name in lps.store.names_from_dmp(patient.id, integrated=True) if name not in present]
    # What others replaced is still there as a former version; what was deleted is not there at all.
    former = {one.unique_id for one in reader.find({}, former=True)} if gone else set()
    return [{"document": name, "motif": "REMPLACE" if name in former else "SUPPRIME"} for name in gone]


def _criteria(body: Body) -> dict[str, list[str]]:
    found = {name: _names(body, name) for name in ("types", "classes") if body.has(name)}
    for name in ("depuis", "jusqua"):
        if body.has(name):
            value = body.text(name)
            if not _TIME.fullmatch(value):
                raise RefusalError(400, f"« {name} » doit être une date AAAAMMJJ, ou AAAAMMJJhhmmss en UTC.")
            found[name] = [value]
    return found


def _meets(one: Found, criteria: Mapping[str, Sequence[str]]) -> bool:
    types, classes = criteria.get("types"), criteria.get("classes")
    since, until = criteria.get("depuis", [""])[0], criteria.get("jusqua", ["9"])[0]
    return (not types or one.type in types) and (not classes or one.classe in classes) and since <= one.date < until


def _names(body: Body, name: str) -> list[str]:
    values = body.part(name)
    if not isinstance(values, list) or not all(isinstance(value, str) and 0 < len(value) <= 200 for value in values):
        raise RefusalError(400, f"« {name} » doit être une liste de textes.")
    return values


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")

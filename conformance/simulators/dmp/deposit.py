"""TD2.1: a lot judged step by step, then stored whole or not at all."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping

from conformance.simulators.dmp import cda, leaf, lots
from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.call import Answer, Received, registry_answer, unusable
from conformance.simulators.dmp.messages import Lot
from conformance.simulators.dmp.registry import APPROVED, Entry, Problem, Submission

CODES = {
    "class": ebxml.CLASS,
    "type": ebxml.TYPE,
    "format": ebxml.FORMAT,
    "facility": ebxml.FACILITY,
    "practice": ebxml.PRACTICE,
    "event": ebxml.EVENT,
    "confidentiality": ebxml.CONFIDENTIALITY,
}
REFERENCES = "urn:ihe:iti:xds:2013:referenceIdList"


def deposit(received: Received) -> Answer:
    """Store the lot, or say everything that the first failing step finds wrong in it."""
    if problems := unusable(received):
        return registry_answer(problems)
    lot = ebxml.lot(received.envelope.body)
    if lot is None:
        return registry_answer([Problem("XDSRepositoryMetadataError", "SubmitObjectsRequest absent ou vide")])
    facts = {"lot": str(len(lot.documents))}
    if problems := list(lots.structure(lot)):
        return registry_answer(problems, **facts)
    received.warnings.extend(lots.structure_warnings(lot))
    found, problems, warnings = lots.contents(lot, received.package)
    received.warnings.extend(warnings)
    return registry_answer(problems or _judged(received, lot, found), **facts)


def _judged(received: Received, lot: Lot, found: Mapping[str, bytes]) -> list[Problem]:
    """The steps after the structure, in order; the last one stores."""
    if problems := list(lots.metadata(lot)):
        return problems
    problems = list(lots.patients(lot, received.vihf))
    for item in lot.documents:
        problems.extend(cda.consistency(item, found[item.id]))
    problems.extend(lots.authors(lot, received.vihf))
    if problems := problems or list(lots.integrity(lot, found)):
        return problems
    for item in lot.documents:
        old = next((received.registry.entry(name.lower()) for name in lot.replaced(item)), None)
        received.warnings.extend(cda.replacement_warnings(lot, item, found[item.id], old.unique_id if old else None))
    entries = [_entry(received, lot, item, found[item.id]) for item in lot.documents]
    return received.registry.submit(
        _submission(received, lot, entries), entries, [item.unique_id for item in lot.signatures]
    )


def _lasting(name: str) -> str:
    """A symbolic id is the client's business within its message: the registry gives a lasting one."""
    given = name.lower()
    return given if given.startswith("urn:uuid:") else f"urn:uuid:{uuid.uuid4()}"


def _entry(received: Received, lot: Lot, item: ebxml.Item, content: bytes) -> Entry:
    name, spool = _lasting(item.id), received.registry.spool
    return Entry(
        unique_id=item.unique_id,
        entry_uuid=name,
        matricule=received.patient[0],
        status=APPROVED,
        type_code=item.codes(ebxml.TYPE)[0].node,
        confidentiality=tuple(code.node for code in item.codes(ebxml.CONFIDENTIALITY)),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        structure=received.vihf.structure,
        author=received.vihf.name_id,
        lot=lot.package.unique_id,
        replaces=next((name.lower() for name in lot.replaced(item)), None),
        mime=item.mime,
        codes={name: ebxml.code_forms(item.codes(scheme)) for name, scheme in CODES.items()},
        created=item.slot("creationTime"),
        started=item.slot("serviceStartTime"),
        stopped=item.slot("serviceStopTime"),
        references=item.slots.get(REFERENCES, ()),
        logical_id=item.logical_id or name,
        metadata=spool.keep(leaf.registered(item, name)),
        content=spool.keep(content),
    )


def _submission(received: Received, lot: Lot, entries: list[Entry]) -> Submission:
    package, name = lot.package, _lasting(lot.package.id)
    return Submission(
        unique_id=package.unique_id,
        uuid=name,
        matricule=received.patient[0],
        submitted=package.slot("submissionTime"),
        content_type=ebxml.code_forms(package.codes(ebxml.SET_CONTENT_TYPE)),
        metadata=received.registry.spool.keep(leaf.registered(package, name)),
        members=tuple(entry.entry_uuid for entry in entries),
        replacements=tuple((entry.entry_uuid, entry.replaces) for entry in entries if entry.replaces is not None),
    )

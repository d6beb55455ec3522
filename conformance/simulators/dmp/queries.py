"""TD3.1: the stored queries of ITI-18 that the DMP offers, by references or with the whole metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from lxml import etree

from conformance.simulators.dmp import answers, leaf
from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.call import Answer, Received, RefusalError, unusable
from conformance.simulators.dmp.registry import DELETED, Entry, Problem, Submission
from conformance.simulators.dmp.rights import DENIED

Slots = Mapping[str, tuple[str, ...]]
_ENTRY, _SET = "$XDSDocumentEntry", "$XDSSubmissionSet"
FIND = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
FIND_SETS = "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9"
GET = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"
FIND_BY_REFERENCE = "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492"
GET_ASSOCIATIONS = "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155"
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    FIND: (f"{_ENTRY}PatientId", f"{_ENTRY}Status"),
    FIND_SETS: (f"{_SET}PatientId", f"{_SET}Status"),
    GET: (),
    FIND_BY_REFERENCE: (f"{_ENTRY}PatientId", f"{_ENTRY}Status", f"{_ENTRY}ReferenceIdList"),
    GET_ASSOCIATIONS: ("$uuid",),
}
_CODES = {
    "ClassCode": "class",
    "TypeCode": "type",
    "FormatCode": "format",
    "HealthcareFacilityTypeCode": "facility",
    "PracticeSettingCode": "practice",
    "EventCodeList": "event",
    "ConfidentialityCode": "confidentiality",
}
_TIMES: Mapping[str, Callable[[Entry], str]] = {
    "CreationTime": lambda entry: entry.created,
    "ServiceStartTime": lambda entry: entry.started,
    "ServiceStopTime": lambda entry: entry.stopped,
}
_AND: Mapping[str, Callable[[Entry], Iterable[str]]] = {
    "EventCodeList": lambda entry: entry.codes.get("event", ()),
    "ConfidentialityCode": lambda entry: entry.codes.get("confidentiality", ()),
    "ReferenceIdList": lambda entry: entry.references,
}
"""The lists of which a query may demand several members at once, by as many slots (ITI-18, AND semantics)."""
_MASKED = "MASQUE_PS"


def query(received: Received) -> Answer:
    """What the registry holds that answers the query and that the caller may see."""
    body = received.envelope.body
    option = body.find(f"{{{ebxml.QUERY}}}ResponseOption")
    wanted = "" if option is None else option.get("returnType", "")
    if wanted == "LeafClass" and received.vihf.mode == "INDIRECTE":
        raise RefusalError(DENIED, "en mode INDIRECTE, TD3.1 ne rend que des références (returnType ObjectRef)")
    node = body.find(f"{{{ebxml.RIM}}}AdhocQuery")
    name, slots = "" if node is None else node.get("id", ""), ebxml.query_slots(body)
    problems = list(_problems(wanted, name, slots)) or unusable(received)
    found = [] if problems else _found(received, name, slots, wanted == "LeafClass")
    facts = {"returnType": wanted, "query": name, "criteria": " ".join(sorted(slots)), "references": str(len(found))}
    return Answer(answers.query_response(found, problems), "Failure" if problems else "Success", problems, facts)


def _problems(wanted: str, name: str, slots: Slots) -> Iterable[Problem]:
    if wanted not in ("ObjectRef", "LeafClass"):
        yield Problem("XDSRegistryError", f"returnType « {wanted[:40]} » : ObjectRef ou LeafClass attendu")
    if name not in _REQUIRED:
        yield Problem("XDSUnknownStoredQuery", f"requête « {name[:80]} » inconnue")
        return
    for slot in _REQUIRED[name]:
        if not any(slots.get(slot, ())):
            yield Problem("XDSStoredQueryMissingParam", f"paramètre {slot} absent", slot)
    both = [slot for slot in (f"{_ENTRY}UniqueId", f"{_ENTRY}EntryUUID") if slots.get(slot)]
    if name == GET and len(both) != 1:
        code = "XDSStoredQueryParamNumber" if both else "XDSStoredQueryMissingParam"
        yield Problem(code, "un des paramètres UniqueId et EntryUUID, et un seul")


def _found(received: Received, name: str, slots: Slots, whole: bool) -> list[etree._Element]:
    registry = received.registry
    if name == FIND_SETS:
        lots = [lot for lot in registry.submissions(received.patient[0]) if _lot_matches(lot, slots)]
        spool = registry.spool
        return [leaf.submission(spool.read(lot.metadata)) if whole else answers.reference(lot.uuid) for lot in lots]
    if name == GET_ASSOCIATIONS:
        links = [link for lot in registry.submissions(received.patient[0]) for link in leaf.associations(lot)]
        asked = {value.lower() for value in slots["$uuid"]}
        links = [link for link in links if {link.get("sourceObject"), link.get("targetObject")} & asked]
        return links if whole else [answers.reference(str(link.get("id"))) for link in links]
    every = {kind: ebxml.query_groups(received.envelope.body, f"{_ENTRY}{kind}") for kind in _AND}
    entries = [entry for entry in visible(received) if _matches(entry, slots) and _meets_each(entry, every)]
    return [whole_entry(received, entry) if whole else answers.reference(entry.entry_uuid) for entry in entries]


def visible(received: Received) -> list[Entry]:
    """The patient's documents that the caller may see: none deleted, masked ones to their author or the doctor only."""
    vihf = received.vihf
    doctor = received.rights.doctor(received.patient[0], vihf.name_id)
    return [
        entry
        for entry in received.registry.documents(received.patient[0])
        if entry.status != DELETED
        and (_MASKED not in entry.confidentiality or doctor or vihf.name_id == entry.author or _own(received, entry))
    ]


def _own(received: Received, entry: Entry) -> bool:
    return received.vihf.mode == "INDIRECTE" and received.vihf.structure == entry.structure


def whole_entry(received: Received, entry: Entry) -> etree._Element:
    """The whole metadata of a document."""
    spool = received.registry.spool
    digest = hashlib.sha1(spool.read(entry.content), usedforsecurity=False).hexdigest()
    return leaf.document(spool.read(entry.metadata), entry, digest)


def _matches(entry: Entry, slots: Slots) -> bool:
    """Whether a document meets every criterion; several values of one criterion are alternatives."""
    tests: list[tuple[str, Iterable[str]]] = [
        ("UniqueId", {entry.unique_id}),
        ("EntryUUID", {entry.entry_uuid}),
        ("LogicalID", {entry.logical_id}),
        ("Status", {leaf.urn(entry.status)}),
        ("ReferenceIdList", entry.references),
        *((name, entry.codes.get(code, ())) for name, code in _CODES.items()),
    ]
    for name, values in tests:
        asked = slots.get(f"{_ENTRY}{name}", ())
        if asked and not set(asked) & set(values):
            return False
    return all(_within(slots, f"{_ENTRY}{name}", value(entry)) for name, value in _TIMES.items())


def _meets_each(entry: Entry, groups: Mapping[str, Sequence[frozenset[str]]]) -> bool:
    return all(group & set(_AND[kind](entry)) for kind, asked in groups.items() for group in asked)


def _lot_matches(lot: Submission, slots: Slots) -> bool:
    types = slots.get(f"{_SET}ContentType", ())
    if types and not set(types) & lot.content_type:
        return False
    return _within(slots, f"{_SET}SubmissionTime", lot.submitted)


def _within(slots: Slots, name: str, value: str) -> bool:
    """Whether a time stands in ``[From, To[``; an absent one only does when nothing is asked."""
    start, end = _first(slots, f"{name}From"), _first(slots, f"{name}To")
    if not (start or end):
        return True
    return bool(value) and _padded(start) <= _padded(value) and (not end or _padded(value) < _padded(end))


def _first(slots: Slots, name: str) -> str:
    values: Sequence[str] = slots.get(name, ())
    return values[0] if values else ""


def _padded(time: str) -> str:
    return time.ljust(14, "0")

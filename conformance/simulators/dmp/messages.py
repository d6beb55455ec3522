"""The ebXML and HL7 v3 messages a DMP client sends, read into plain records without judging them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from conformance.simulators.soap import SAML, Envelope
from conformance.simulators.vihf.attributes import CX, HL7, RESOURCE

XDSB = "urn:ihe:iti:xds-b:2007"
LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"

SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
SET_CONTENT_TYPE = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
SET_PATIENT = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
SET_SOURCE = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
SET_UNIQUE = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"
AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
CLASS = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
TYPE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
FORMAT = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
FACILITY = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
PRACTICE = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
EVENT = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
PATIENT = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
UNIQUE = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"

HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
REPLACES = "urn:ihe:iti:2007:AssociationType:RPLC"
SIGNS = "urn:ihe:iti:2007:AssociationType:signs"
SIGNATURE_CLASS = "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1"


@dataclass(frozen=True, slots=True)
class Classification:
    """A code (``node``, its scheme in ``codingScheme``, its label) or an author (in ``slots``)."""

    node: str
    slots: Mapping[str, tuple[str, ...]]
    label: str

    @property
    def scheme(self) -> str:
        """The OID of the code's system."""
        return next(iter(self.slots.get("codingScheme", ())), "")


@dataclass(frozen=True, slots=True)
class Item:
    """A RegistryPackage or an ExtrinsicObject. Classifications and identifiers are kept by their scheme's UUID."""

    id: str
    package: bool
    mime: str
    slots: Mapping[str, tuple[str, ...]]
    title: str
    classifications: Mapping[str, tuple[Classification, ...]]
    identifiers: Mapping[str, tuple[str, ...]]
    nodes: frozenset[str]
    node: etree._Element
    beside: tuple[etree._Element, ...] = ()

    @property
    def logical_id(self) -> str:
        """``lid``: the name that the versions of one entry share, empty when absent."""
        return (self.node.get("lid") or "").lower()

    def slot(self, name: str) -> str:
        """The first value of a slot, empty when absent."""
        return next(iter(self.slots.get(name, ())), "")

    def identifier(self, scheme: str) -> str:
        """The value of an external identifier, empty when absent."""
        return next(iter(self.identifiers.get(scheme, ())), "")

    def codes(self, scheme: str) -> tuple[Classification, ...]:
        """The codes given under that scheme."""
        return self.classifications.get(scheme, ())

    @property
    def signature(self) -> bool:
        """Whether this is the lot's signature document."""
        return any(code.node == SIGNATURE_CLASS for code in self.codes(CLASS))

    @property
    def patient(self) -> tuple[str, str] | None:
        """The matricule and its OID."""
        found = CX.fullmatch(self.identifier(SET_PATIENT if self.package else PATIENT))
        return (found[1], found[2]) if found else None

    @property
    def unique_id(self) -> str:
        """The uniqueId of a lot or of a document."""
        return self.identifier(SET_UNIQUE if self.package else UNIQUE)


@dataclass(frozen=True, slots=True)
class Association:
    """A link between two objects; ``kind`` is its full URN."""

    kind: str
    source: str
    target: str
    slots: Mapping[str, tuple[str, ...]]

    def slot(self, name: str) -> str:
        """The first value of a slot, empty when absent."""
        return next(iter(self.slots.get(name, ())), "")


@dataclass(frozen=True, slots=True)
class Lot:
    """A submission: its package, objects, links, and the ``Document`` elements by id."""

    packages: tuple[Item, ...]
    objects: tuple[Item, ...]
    associations: tuple[Association, ...]
    contents: tuple[tuple[str, etree._Element], ...]

    @property
    def package(self) -> Item:
        """The submission set; only asked once the structure has been checked."""
        return self.packages[0]

    @property
    def documents(self) -> tuple[Item, ...]:
        """The objects that are health documents."""
        return tuple(item for item in self.objects if not item.signature)

    @property
    def signatures(self) -> tuple[Item, ...]:
        """The objects that are signatures."""
        return tuple(item for item in self.objects if item.signature)

    def replaced(self, item: Item) -> tuple[str, ...]:
        """The entryUUIDs that an object says it replaces."""
        return tuple(link.target for link in self.associations if link.kind == REPLACES and link.source == item.id)


def lot(body: etree._Element) -> Lot | None:
    """The submission in a TD2.1 or TD3.3 body; None when there is none."""
    request = body if body.tag == f"{{{LCM}}}SubmitObjectsRequest" else body.find(f"{{{LCM}}}SubmitObjectsRequest")
    objects = None if request is None else request.find(f"{{{RIM}}}RegistryObjectList")
    if objects is None:
        return None
    # A classification or an identifier stands in its object, or beside it and then names it.
    loose = [node for kind in ("Classification", "ExternalIdentifier") for node in objects.findall(f"{{{RIM}}}{kind}")]
    contents = ((node.get("id", ""), node) for node in body.findall(f"{{{XDSB}}}Document"))
    return Lot(
        tuple(_item(node, loose) for node in objects.findall(f"{{{RIM}}}RegistryPackage")),
        tuple(_item(node, loose) for node in objects.findall(f"{{{RIM}}}ExtrinsicObject")),
        tuple(_association(node) for node in objects.findall(f"{{{RIM}}}Association")),
        tuple(contents),
    )


def items(objects: etree._Element) -> list[Item]:
    """The packages and objects directly in a list."""
    kinds = (f"{{{RIM}}}RegistryPackage", f"{{{RIM}}}ExtrinsicObject")
    return [_item(node, []) for node in objects if node.tag in kinds]


def _association(node: etree._Element) -> Association:
    kind, source, target = (node.get(name, "") for name in ("associationType", "sourceObject", "targetObject"))
    return Association(kind, source, target, _slots(node))


def _item(node: etree._Element, loose: list[etree._Element]) -> Item:
    name = node.get("id", "")
    beside = [other for other in loose if name in (other.get("classifiedObject"), other.get("registryObject"))]
    classifications: dict[str, tuple[Classification, ...]] = {}
    identifiers: dict[str, tuple[str, ...]] = {}
    nodes = set()
    for part in [*node, *beside]:
        if part.tag == f"{{{RIM}}}Classification":
            scheme = part.get("classificationScheme", "")
            one = Classification(part.get("nodeRepresentation", ""), _slots(part), _label(part))
            classifications[scheme] = (*classifications.get(scheme, ()), one)
            nodes.add(part.get("classificationNode", ""))
        elif part.tag == f"{{{RIM}}}ExternalIdentifier":
            scheme = part.get("identificationScheme", "")
            identifiers[scheme] = (*identifiers.get(scheme, ()), part.get("value", ""))
    package, mime = node.tag == f"{{{RIM}}}RegistryPackage", node.get("mimeType", "")
    return Item(
        name,
        package,
        mime,
        _slots(node),
        _label(node),
        classifications,
        identifiers,
        frozenset(nodes),
        node,
        tuple(beside),
    )


def _slots(node: etree._Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for slot in node.findall(f"{{{RIM}}}Slot"):
        name = slot.get("name", "")
        found[name] = (*found.get(name, ()), *_values(slot))
    return found


def _values(slot: etree._Element) -> tuple[str, ...]:
    return tuple((value.text or "").strip() for value in slot.iter(f"{{{RIM}}}Value"))


def _label(node: etree._Element) -> str:
    text = node.find(f"{{{RIM}}}Name/{{{RIM}}}LocalizedString")
    return "" if text is None else text.get("value", "")


def patient_of_test(body: etree._Element) -> tuple[str, str] | None:
    """The matricule and OID that a TD0.2 asks about."""
    node = body.find(f".//{{{HL7}}}patientIdentifier/{{{HL7}}}value")
    return None if node is None else (node.get("extension", ""), node.get("root", ""))


def code_forms(codes: Iterable[Classification]) -> frozenset[str]:
    """Each code as a query may ask for it: alone, and as ``code^^system``."""
    return _forms(tuple((code.node, code.scheme) for code in codes))


@lru_cache(maxsize=1024)
def _forms(codes: tuple[tuple[str, str], ...]) -> frozenset[str]:
    # Thousands of documents bear the same few codes: one set for all of them.
    return frozenset(form for node, scheme in codes for form in (node, f"{node}^^{scheme}"))


def query_slots(body: etree._Element) -> dict[str, tuple[str, ...]]:
    """The criteria of a TD3.1, without the quotes and parentheses of their syntax."""
    query = body.find(f"{{{RIM}}}AdhocQuery")
    slots = {} if query is None else _slots(query)
    return {name: tuple(_unquoted(values)) for name, values in slots.items()}


def query_groups(body: etree._Element, name: str) -> list[frozenset[str]]:
    """The alternatives of each slot of that name: a criterion repeated in several slots must be met in each of them."""
    query = body.find(f"{{{RIM}}}AdhocQuery")
    slots = [] if query is None else [slot for slot in query.findall(f"{{{RIM}}}Slot") if slot.get("name") == name]
    return [frozenset(_unquoted(_values(slot))) for slot in slots]


def _unquoted(values: tuple[str, ...]) -> Iterator[str]:
    for value in values:
        # Quoted strings, or a bare word (a number, or what somebody forgot to quote).
        yield from re.findall(r"'([^']*)'", value) or [value.strip(" ()")]


def keys(envelope: Envelope) -> Iterator[str]:
    """What attributes a message to a person or a document, whether or not the message is acceptable."""
    if envelope.message_id:
        yield envelope.message_id
    if (tested := patient_of_test(envelope.body)) and tested[0]:
        yield tested[0]
    for node in envelope.body.iter(f"{{{RIM}}}ExternalIdentifier"):
        value = node.get("value", "")
        if found := CX.fullmatch(value):
            yield found[1]
        elif value and node.get("identificationScheme") in (UNIQUE, SET_UNIQUE):
            yield value
    for attribute in envelope.root.iter(f"{{{SAML}}}Attribute"):
        if (attribute.get("Name") or "").lower() == RESOURCE:
            texts = [str(text) for text in attribute.itertext()]
            yield from (found[1] for text in texts if (found := CX.fullmatch(text.strip())))
    for node in envelope.body.iter(f"{{{XDSB}}}DocumentUniqueId"):
        if node.text:
            yield node.text.strip()
    for values in query_slots(envelope.body).values():
        yield from (found[1] for value in values if (found := CX.fullmatch(value)))

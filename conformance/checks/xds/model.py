"""XDS metadata as values: the ebXML submission set of an XDM archive, of a deposit or of an update.

Deposits are TD2.1, updates TD3.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location
from conformance.validation.gate import Document, open_xml
from conformance.validation.metadata import LCM, RIM

STABLE_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
MAX_OBJECTS = 1000
SET_NODE = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
SIGNATURE_CLASS = "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1"
# Names of the classification and identification schemes, entries and submission sets together (IHE ITI TF-3,
# 4.2.5).
SCHEMES = {
    "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d": "author",
    "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d": "author",
    "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500": "contentTypeCode",
    "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a": "classCode",
    "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983": "typeCode",
    "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f": "confidentialityCode",
    "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4": "eventCodeList",
    "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d": "formatCode",
    "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1": "healthcareFacilityTypeCode",
    "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead": "practiceSettingCode",
    "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446": "patientId",
    "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427": "patientId",
    "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832": "sourceId",
    "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8": "uniqueId",
    "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab": "uniqueId",
}

say = Voice("xds", "CI-SIS, partage de documents de santé\u00a0; IHE ITI TF-3, 4.2")
"""How the checks on metadata word their findings."""


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: code, OID of its system, label."""

    value: str
    system: str
    label: str

    def __str__(self) -> str:
        return f"{self.value} ({self.system or 'sans système'})"


@dataclass(frozen=True, slots=True)
class Author:
    """One author: XCN persons, XON institutions, roles and specialties, as written."""

    persons: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """The metadata of one document, or of the submission set itself."""

    id: str
    where: Location
    mime_type: str = ""
    object_type: str = ""
    logical_id: str = ""
    title: str = ""
    comments: str = ""
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    authors: tuple[Author, ...] = ()
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def slot(self, name: str) -> str:
        """The first value of a slot, empty when absent."""
        return next(iter(self.slots.get(name, ())), "")

    def identifier(self, name: str) -> str:
        """The first external identifier of that name (patientId, uniqueId, sourceId), empty when absent."""
        return next(iter(self.identifiers.get(name, ())), "")

    def code(self, name: str) -> Code | None:
        """The first code of that name; None when absent."""
        return next(iter(self.codes.get(name, ())), None)

    @property
    def is_signature(self) -> bool:
        """Whether the entry describes the signature of the lot, whose metadata are fixed values."""
        code = self.code("classCode")
        return code is not None and code.value == SIGNATURE_CLASS


@dataclass(frozen=True, slots=True)
class Association:
    """A link between two objects: ``kind`` is the full URN."""

    kind: str
    source: str
    target: str
    slots: Mapping[str, tuple[str, ...]]
    where: Location

    @property
    def name(self) -> str:
        """The last word of the URN: HasMember, RPLC, signs, UpdateAvailabilityStatus."""
        return self.kind.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Submission:
    """One SubmitObjectsRequest: its submission sets (one is right), document entries and associations.

    ``document`` is the XML it was read from.
    """

    document: Document
    where: Location
    sets: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    associations: tuple[Association, ...]
    classified: frozenset[str]

    @property
    def lot(self) -> Entry | None:
        """The submission set; None when there is none."""
        return next(iter(self.sets), None)

    @property
    def documents(self) -> tuple[Entry, ...]:
        """The entries that are not the signature."""
        return tuple(entry for entry in self.entries if not entry.is_signature)

    def links(self, name: str) -> tuple[Association, ...]:
        """The associations of that kind, by last word."""
        return tuple(link for link in self.associations if link.name == name)


def read(content: bytes, name: str = "METADATA.XML") -> Submission | tuple[Finding, ...]:
    """Read the metadata, whatever wraps the SubmitObjectsRequest.

    The findings say why they cannot be read.
    """
    opened = open_xml(name, content)
    return submission(opened) if isinstance(opened, Document) else opened


def submission(document: Document) -> Submission | tuple[Finding, ...]:
    """The submission of an XML document already opened."""
    found = list(document.root.iter(f"{{{LCM}}}SubmitObjectsRequest"))
    if len(found) != 1:
        return (
            Finding(
                "xds.root",
                "Le document ne contient pas un élément SubmitObjectsRequest et un seul.",
                where=document.where(),
                expected=f"SubmitObjectsRequest dans l’espace de noms {LCM}",
                observed=f"{len(found)} élément(s)",
                fix="Écrire les métadonnées en ebXML RegRep 3.0, un lot par soumission.",
                source="IHE ITI TF-3, 4.2",
            ),
        )
    root = found[0]
    objects = sum(
        1 for _ in root.iter(f"{{{RIM}}}ExtrinsicObject", f"{{{RIM}}}RegistryPackage", f"{{{RIM}}}Association")
    )
    if objects > MAX_OBJECTS:
        return (
            Finding(
                "xds.objects",
                "Les métadonnées décrivent un nombre démesuré d’objets\u00a0: elles ne sont pas lues.",
                where=document.where(root),
                expected=f"{MAX_OBJECTS} au plus",
                observed=str(objects),
            ),
        )
    classified = frozenset(
        node.get("classifiedObject", "")
        for node in root.iter(f"{{{RIM}}}Classification")
        if node.get("classificationNode") == SET_NODE
    )
    return Submission(
        document=document,
        where=document.where(root),
        sets=tuple(_entry(document, node) for node in root.iter(f"{{{RIM}}}RegistryPackage")),
        entries=tuple(_entry(document, node) for node in root.iter(f"{{{RIM}}}ExtrinsicObject")),
        associations=tuple(_association(document, node) for node in root.iter(f"{{{RIM}}}Association")),
        classified=classified,
    )


def _entry(document: Document, node: etree._Element) -> Entry:
    codes: dict[str, tuple[Code, ...]] = {}
    authors: list[Author] = []
    for item in node.findall(f"{{{RIM}}}Classification"):
        name = SCHEMES.get(item.get("classificationScheme", ""), "")
        if name == "author":
            authors.append(_author(item))
        elif name:
            system = next(iter(_slots(item).get("codingScheme", ())), "")
            code = Code(item.get("nodeRepresentation", ""), system, _localized(item, "Name"))
            codes[name] = (*codes.get(name, ()), code)
    identifiers: dict[str, tuple[str, ...]] = {}
    for item in node.findall(f"{{{RIM}}}ExternalIdentifier"):
        name = SCHEMES.get(item.get("identificationScheme", ""), "")
        identifiers[name] = (*identifiers.get(name, ()), item.get("value", ""))
    return Entry(
        id=node.get("id", ""),
        where=document.where(node),
        mime_type=node.get("mimeType", ""),
        object_type=node.get("objectType", ""),
        logical_id=node.get("lid", ""),
        title=_localized(node, "Name"),
        comments=_localized(node, "Description"),
        slots=_slots(node),
        codes=codes,
        authors=tuple(authors),
        identifiers=identifiers,
    )


def _author(node: etree._Element) -> Author:
    slots = _slots(node)
    return Author(
        slots.get("authorPerson", ()),
        slots.get("authorInstitution", ()),
        slots.get("authorRole", ()),
        slots.get("authorSpecialty", ()),
    )


def _association(document: Document, node: etree._Element) -> Association:
    return Association(
        node.get("associationType", ""),
        node.get("sourceObject", ""),
        node.get("targetObject", ""),
        _slots(node),
        document.where(node),
    )


def _slots(node: etree._Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for slot in node.findall(f"{{{RIM}}}Slot"):
        values = tuple((value.text or "").strip() for value in _values(slot))
        name = slot.get("name", "")
        found[name] = (*found.get(name, ()), *values)
    return found


def _values(slot: etree._Element) -> Iterator[etree._Element]:
    return (value for value in slot.iter(f"{{{RIM}}}Value"))


def _localized(node: etree._Element, name: str) -> str:
    label = node.find(f"{{{RIM}}}{name}/{{{RIM}}}LocalizedString")
    return "" if label is None else label.get("value", "")

"""XDS metadata in ebXML RegRep 3.0: the submission set that the XDM archive, the deposit and the deletion share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from . import imaging
from .cda.imaging_report import events
from .cda.volets import volet_of
from .rim import RIM, code, element, external, label, new_uuid, slot
from .types import Bench, Draft, Patient, Produced
from .vocabulary import (
    ACTIVITY_TYPES,
    CONFIDENTIALITY,
    CONFIDENTIALITY_FR,
    PRACTICE_SETTINGS,
    PROFESSIONALS,
    STRUCTURES,
    Coded,
    document_class,
    document_type,
    hl7,
    local_cx,
    moment,
    new_oid,
    one_line,
    patient_cx,
    sector,
    specialty,
    structure_oid,
    utc_stamp,
)

LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
DELETED = "urn:asip:ci-sis:2010:StatusType:Deleted"
_OBJECT = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject"
_HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
_SIGNS = "urn:ihe:iti:2007:AssociationType:signs"
REFERENCES = "urn:ihe:iti:xds:2013:referenceIdList"
_REPLACES = "urn:ihe:iti:2007:AssociationType:RPLC"
_UPDATES_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"

_UNSTRUCTURED = Coded(
    "urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "Document à corps non structuré en Pdf/A-1"
)
NORMAL = Coded("N", CONFIDENTIALITY, "Normal")
_MASKED = Coded("MASQUE_PS", CONFIDENTIALITY_FR, "Masqué aux professionnels de santé")
_HIDDEN = Coded("INVISIBLE_PATIENT", CONFIDENTIALITY_FR, "Non visible par le patient")
_UNGUARDED = Coded(
    "INVISIBLE_REPRESENTANTS_LEGAUX",
    CONFIDENTIALITY_FR,
    "Non visible par les représentants légaux du patient",
)
# Classification schemes of a document entry and of a submission set (IHE ITI TF-3, 4.2.5).
_ENTRY = {
    "author": "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
    "class": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "type": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "confidentiality": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "event": "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
    "format": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "facility": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "setting": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
    "patientId": "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "uniqueId": "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}
_STABLE_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
_SET = {
    "node": "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
    "author": "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
    "content": "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500",
    "patientId": "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "sourceId": "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
    "uniqueId": "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
}


@dataclass(frozen=True)
class Lot:
    """Identifiers of one submission, chosen by us so that the entry is known when it must be replaced or deleted."""

    set_id: str = field(default_factory=new_uuid)
    unique_id: str = field(default_factory=new_oid)
    document_id: str = field(default_factory=new_uuid)
    signature_id: str = field(default_factory=new_uuid)
    signature_unique_id: str = field(default_factory=new_oid)
    submitted_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class _Description:
    """What distinguishes two document entries of one lot."""

    entry_id: str
    unique_id: str
    language: str
    title: str
    type: Coded
    klass: Coded
    format: Coded
    confidentiality: tuple[Coded, ...]
    events: tuple[Coded, ...] = ()
    slots: tuple[tuple[str, str], ...] = ()
    references: tuple[str, ...] = ()
    author_left: bool = False


def submission(
    lot: Lot,
    produced: Produced,
    draft: Draft,
    patient: Patient,
    bench: Bench,
    *,
    uri: str | None = None,
    signed: bool = False,
    replaces: str | None = None,
) -> etree._Element:
    """``lcm:SubmitObjectsRequest`` of a lot of one document.

    ``uri`` is the name of the file in an XDM archive, where hash and size are required as well. ``signed`` adds the entry
    of the signature that a deposit to the DMP carries. ``replaces`` is the entryUUID of the version to deprecate.
    """
    request, objects = _request()
    _package(objects, lot, patient, bench, one_line(draft.title), draft.author_left)
    when = moment(draft.written_at)
    slots = () if uri is None else _file_slots(produced.cda, uri)
    _entry(objects, _document(lot, produced, draft, bench, slots), patient, bench, when)
    _associate(objects, _HAS_MEMBER, lot.set_id, lot.document_id, SubmissionSetStatus="Original")
    if signed:
        _entry(objects, _signature(lot), patient, bench, when)
        _associate(objects, _HAS_MEMBER, lot.set_id, lot.signature_id, SubmissionSetStatus="Original")
        _associate(objects, _SIGNS, lot.signature_id, lot.set_id, SubmissionSetStatus="Original")
    if replaces is not None:
        _associate(objects, _REPLACES, lot.document_id, replaces)
    return request


def deletion(lot: Lot, entry_uuid: str, patient: Patient, bench: Bench) -> etree._Element:
    """``lcm:SubmitObjectsRequest`` that asks for the status Deleted of one entry (TD3.3c)."""
    request, objects = _request()
    _package(objects, lot, patient, bench, "Suppression")
    _associate(objects, _UPDATES_STATUS, lot.set_id, entry_uuid, OriginalStatus=APPROVED, NewStatus=DELETED)
    return request


def revision(
    lot: Lot, entry_uuid: str, version: int, produced: Produced, draft: Draft, patient: Patient, bench: Bench
) -> etree._Element:
    """``lcm:SubmitObjectsRequest`` that gives one entry the confidentiality of ``draft`` (TD3.3a, TD3.3b).

    The whole entry goes again, under its logical id; ``version`` is the number of the one it comes after.
    """
    request, objects = _request()
    _package(objects, lot, patient, bench, one_line(draft.title))
    _entry(objects, _document(lot, produced, draft, bench, ()), patient, bench, moment(draft.written_at), entry_uuid)
    slots = {"SubmissionSetStatus": "Original", "PreviousVersion": str(version)}
    _associate(objects, _HAS_MEMBER, lot.set_id, lot.document_id, **slots)
    return request


def _request() -> tuple[etree._Element, etree._Element]:
    request = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={"lcm": LCM, "rim": RIM})
    return request, element(request, "RegistryObjectList")


def _document(
    lot: Lot, produced: Produced, draft: Draft, bench: Bench, slots: tuple[tuple[str, str], ...]
) -> _Description:
    chosen = (
        (draft.masked_from_professionals, _MASKED),
        (draft.hidden_from_patient, _HIDDEN),
        (draft.hidden_from_guardians, _UNGUARDED),
    )
    return _Description(
        entry_id=lot.document_id,
        unique_id=produced.unique_id,
        language="fr-FR",
        title=one_line(draft.title),
        type=document_type(draft.type_code),
        klass=document_class(draft.type_code),
        format=_UNSTRUCTURED if (volet := volet_of(draft)) is None else volet.format,
        confidentiality=(NORMAL, *(code for wanted, code in chosen if wanted)),
        events=events(draft),
        slots=slots,
        references=imaging.references(draft, bench),
        author_left=draft.author_left,
    )


def _signature(lot: Lot) -> _Description:
    """The signature of the lot, which nobody but the DMP reads."""
    return _Description(
        entry_id=lot.signature_id,
        unique_id=lot.signature_unique_id,
        language="art",
        title="Source",
        type=Coded("E1762", "ASTM", "Full Document"),
        klass=Coded("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"),
        format=Coded("http://www.w3.org/2000/09/xmldsig#", "URN", "Default Signature Style"),
        confidentiality=(NORMAL, _MASKED, _HIDDEN),
        events=(Coded("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12", "Source"),),
    )


def _file_slots(content: bytes, uri: str) -> tuple[tuple[str, str], ...]:
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return ("hash", digest), ("size", str(len(content))), ("URI", uri)


def _entry(
    objects: etree._Element,
    entry: _Description,
    patient: Patient,
    bench: Bench,
    when: datetime,
    logical_id: str | None = None,
) -> None:
    """One DocumentEntry: slots, title, classifications, external identifiers, in the order of the RIM schema."""
    named = {"lid": logical_id} if logical_id else {}
    node = element(
        objects, "ExtrinsicObject", id=entry.entry_id, **named, objectType=_STABLE_DOCUMENT, mimeType="text/xml"
    )
    slot(node, "creationTime", utc_stamp(when))
    slot(node, "languageCode", entry.language)
    slot(node, "legalAuthenticator", _person(bench))
    slot(node, "serviceStartTime", utc_stamp(when))
    slot(node, "sourcePatientId", local_cx(patient, bench))
    slot(node, "sourcePatientInfo", *_patient_info(patient))
    for name, value in entry.slots:
        slot(node, name, value)
    if entry.references:
        slot(node, REFERENCES, *entry.references)
    label(node, entry.title)
    _author(node, _ENTRY["author"], entry.entry_id, bench, entry.author_left)
    code(node, _ENTRY["class"], entry.entry_id, entry.klass)
    code(node, _ENTRY["type"], entry.entry_id, entry.type)
    code(node, _ENTRY["format"], entry.entry_id, entry.format)
    for level in entry.confidentiality:
        code(node, _ENTRY["confidentiality"], entry.entry_id, level)
    for event in entry.events:
        code(node, _ENTRY["event"], entry.entry_id, event)
    code(node, _ENTRY["facility"], entry.entry_id, sector(bench))
    code(node, _ENTRY["setting"], entry.entry_id, Coded("AMBULATOIRE", PRACTICE_SETTINGS, "Ambulatoire"))
    cx = patient_cx(patient, bench)
    external(node, _ENTRY["patientId"], entry.entry_id, cx, "XDSDocumentEntry.patientId")
    external(node, _ENTRY["uniqueId"], entry.entry_id, entry.unique_id, "XDSDocumentEntry.uniqueId")


def _package(
    objects: etree._Element, lot: Lot, patient: Patient, bench: Bench, title: str, author_left: bool = False
) -> None:
    """The submission set and the classification that says it is one."""
    node = element(objects, "RegistryPackage", id=lot.set_id, objectType=f"{_OBJECT}:RegistryPackage")
    slot(node, "submissionTime", utc_stamp(lot.submitted_at))
    label(node, title)
    _author(node, _SET["author"], lot.set_id, bench, author_left)
    code(node, _SET["content"], lot.set_id, Coded("07", ACTIVITY_TYPES, "Consultations, soins externes"))
    cx = patient_cx(patient, bench)
    external(node, _SET["patientId"], lot.set_id, cx, "XDSSubmissionSet.patientId")
    external(node, _SET["sourceId"], lot.set_id, structure_oid(bench), "XDSSubmissionSet.sourceId")
    external(node, _SET["uniqueId"], lot.set_id, lot.unique_id, "XDSSubmissionSet.uniqueId")
    element(objects, "Classification", id=new_uuid(), classifiedObject=lot.set_id, classificationNode=_SET["node"])


def _associate(objects: etree._Element, kind: str, source: str, target: str, **slots: str) -> None:
    node = element(
        objects,
        "Association",
        id=new_uuid(),
        objectType=f"{_OBJECT}:Association",
        associationType=kind,
        sourceObject=source,
        targetObject=target,
    )
    for name, value in slots.items():
        slot(node, name, value)


def _author(node: etree._Element, scheme: str, owner: str, bench: Bench, left: bool) -> None:
    """The author as person, institution and specialty (XCN, XON, CE of HL7 v2.5).

    An author who ``left`` the national register has the structure beside them (derogation RG_2230).
    """
    raw, job = bench.raw["organisation"], specialty(bench)
    author = element(
        node,
        "Classification",
        id=new_uuid(),
        classificationScheme=scheme,
        classifiedObject=owner,
        nodeRepresentation="",
    )
    name, structure = hl7(str(raw["nom"])), hl7(str(raw["id_structure"]))
    beside = (f"{structure}^{name}^^^^^^^&{STRUCTURES}&ISO^U^^^IDNST",) if left else ()
    slot(author, "authorPerson", _person(bench), *beside)
    slot(author, "authorInstitution", f"{name}^^^^^&{STRUCTURES}&ISO^IDNST^^^{structure}")
    slot(author, "authorSpecialty", f"{job.code}^{hl7(job.label)}^{job.system}")


def _person(bench: Bench) -> str:
    who = bench.professional
    return f"{who.id_national}^{hl7(who.nom)}^{hl7(who.prenom)}^^^^^^&{PROFESSIONALS}&ISO^D^^^IDNPS"


def _patient_info(patient: Patient) -> tuple[str, ...]:
    birth = f"PID-5|{hl7(patient.nom_naissance)}^{hl7(patient.premier_prenom)}^{hl7(patient.prenoms)}^^^^L"
    return birth, f"PID-7|{patient.date_naissance.replace('-', '')}", f"PID-8|{hl7(patient.sexe)}"

"""CDA R2 documents: a full CI-SIS header, around the PDF/A-1 (level 1) or around the sections of a volet (level 3)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lxml import etree

from conformance.reference_lps import imaging
from conformance.reference_lps.child import examinations
from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import (
    CONFIDENTIALITY,
    LOINC,
    SNOMED,
    STRUCTURES,
    document_type,
    moment,
    next_day,
    one_line,
    sector,
    structure_oid,
)

from . import imaging_report, people, status
from .element import LAB, NAMESPACES, NS, el, stamp
from .volets import Volet, volet_of

_HEADER = ("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1")  # HL7 France, then the CI-SIS header
_UNSTRUCTURED = "1.3.6.1.4.1.19376.1.2.20"  # IHE XDS-SD
_SYSTEMS = {LOINC: "LOINC", SNOMED: "SNOMED CT"}
_GENDERS = {"M": "Masculin", "F": "Féminin", "UN": "Indifférencié"}
PRESCRIPTION = "57833-6"
LETTER = "11490-0"


@dataclass(frozen=True)
class Identifiers:
    """Unique id of this version (OID), id shared by every version, and rank of this one."""

    unique_id: str
    set_id: str
    version: int


def build(
    ids: Identifiers, draft: Draft, patient: Patient, bench: Bench, *, pdf: bytes, defects: frozenset[str]
) -> bytes:
    """The CDA document, serialised in UTF-8. ``patient`` carries a matricule only when the INS may leave."""
    if "letter-birth-date-differs" in defects and draft.type_code == LETTER:
        patient = replace(patient, date_naissance=next_day(patient.date_naissance))
    when, volet = moment(draft.written_at), volet_of(draft)
    root = etree.Element(f"{{{NS}}}ClinicalDocument", nsmap=NAMESPACES)
    _opening(root, ids, draft, when, volet)
    _record_target(root, patient, bench, draft)
    people.author(root, bench, when)
    if volet is not None and volet.born:
        people.mother(root, draft)
    if not ("prescription-without-custodian" in defects and draft.type_code == PRESCRIPTION):
        people.custodian(root, bench)
    people.recipients(root, draft, defects)
    people.legal_authenticator(root, bench, when)
    people.requester(root, draft, when, defects)
    if volet is not None and volet.attended:
        people.attending(root, bench)
    imaging_report.fulfilled(root, draft, bench, defects)
    for act in draft.content.get("actes") or (None,):
        _documentation_of(root, draft, bench, when, volet, act, defects)
    status.write(root, draft, defects)
    if draft.replaces is not None:
        parent = el(el(root, "relatedDocument", typeCode="RPLC"), "parentDocument")
        el(parent, "id", root=draft.replaces)
    _component_of(root, bench, when, volet)
    component = el(root, "component")
    if volet is None:
        _around_pdf(component, examinations.page(draft, pdf, defects))
    else:
        body = el(component, "structuredBody")
        for section in volet.sections(draft, patient, bench, pdf, defects):
            el(body, "component").append(section)
    return _serialised(root, draft, volet, defects)


def _around_pdf(component: etree._Element, pdf: bytes) -> None:
    text = el(el(component, "nonXMLBody"), "text", mediaType="application/pdf", representation="B64")
    text.text = base64.b64encode(pdf).decode("ascii")


def _serialised(root: etree._Element, draft: Draft, volet: Volet | None, defects: frozenset[str]) -> bytes:
    """The bytes; a document that brings its own style sheet holds it beside the CDA, in one XML file."""
    if volet is None or volet.sheet is None:
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return volet.sheet(root, draft, defects)


def _opening(root: etree._Element, ids: Identifiers, draft: Draft, when: datetime, volet: Volet | None) -> None:
    """Nature, identifiers, title, dates and confidentiality of the document."""
    kind = document_type(draft.type_code)
    el(root, "realmCode", code="FR")
    el(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for template in _HEADER:
        el(root, "templateId", root=template)
    for template, extension in ((_UNSTRUCTURED, ""),) if volet is None else volet.templates:
        el(root, "templateId", root=template, **({"extension": extension} if extension else {}))
    el(root, "id", root=ids.unique_id)
    el(root, "code", code=kind.code, displayName=kind.label, codeSystem=kind.system)
    el(root, "title", one_line(draft.title if volet is None else volet.title or draft.title))
    el(root, "effectiveTime", value=stamp(when))
    el(root, "confidentialityCode", code="N", displayName="Normal", codeSystem=CONFIDENTIALITY)
    el(root, "languageCode", code="fr-FR")
    el(root, "setId", root=ids.set_id)
    el(root, "versionNumber", value=str(ids.version))


def _record_target(root: etree._Element, patient: Patient, bench: Bench, draft: Draft) -> None:
    """The patient: INS only when it may leave, local identifier always, traits of the civil status and used names."""
    role = el(el(root, "recordTarget"), "patientRole")
    if patient.matricule and patient.oid:
        el(role, "id", root=patient.oid, extension=patient.matricule)
    el(role, "id", root=structure_oid(bench), extension=patient.id)
    _home(role, draft)
    if patient.matricule:
        el(role, "telecom", value=f"mailto:{patient.matricule}@patient.mssante.fr")
    else:
        el(role, "telecom", nullFlavor="UNK")
    person = el(role, "patient", classCode="PSN")
    name = el(person, "name")
    el(name, "family", one_line(patient.nom_naissance), qualifier="BR")
    el(name, "given", one_line(patient.prenoms))
    el(name, "given", one_line(patient.premier_prenom), qualifier="BR")
    el(name, "family", one_line(patient.nom_utilise or patient.nom_naissance), qualifier="CL")
    el(name, "given", one_line(patient.prenom_utilise or patient.premier_prenom), qualifier="CL")
    gender = patient.sexe if patient.sexe in _GENDERS else "UN"
    el(
        person,
        "administrativeGenderCode",
        code=gender,
        displayName=_GENDERS[gender],
        codeSystem="2.16.840.1.113883.5.1",
    )
    el(person, "birthTime", value=patient.date_naissance.replace("-", ""))
    if patient.lieu_naissance:
        place = el(el(person, "birthplace"), "place")
        el(el(place, "addr"), "county", patient.lieu_naissance)


def _home(role: etree._Element, draft: Draft) -> None:
    """Where a child lives, as its certificate says; unknown elsewhere: nobody is asked, and biology has no other reason."""
    known = draft.content.get("adresse")
    if known is None:
        el(role, "addr", nullFlavor="UNK")
    else:
        people.address(role, known)


def _documentation_of(
    root: etree._Element,
    draft: Draft,
    bench: Bench,
    when: datetime,
    volet: Volet | None,
    imaged: dict[str, Any] | None,
    defects: frozenset[str],
) -> None:
    """The act the document tells of: dated, with its performer and the setting of his practice.

    That of an imaging order bears the number of the order, each ``imaged`` one of a report its study.
    """
    event = el(el(root, "documentationOf"), "serviceEvent")
    order = imaging.number(draft, bench)
    if order is not None and "order-number-not-in-header" not in defects:
        el(event, "id", root=order.authority, extension=order.value)
    if imaged is not None:
        imaging_report.identified(event, imaged, bench)
    laboratory = volet is not None and volet.laboratory
    if volet is not None and volet.act is not None:
        act = volet.act
        el(
            event,
            "code",
            code=act.code,
            displayName=act.label,
            codeSystem=act.system,
            codeSystemName=_SYSTEMS[act.system],
        )
    if laboratory:
        etree.SubElement(event, f"{{{LAB}}}statusCode", {"code": "completed"})
    period = el(event, "effectiveTime")
    el(period, "low", value=stamp(when))
    performer = el(event, "performer", typeCode="PRF")
    if laboratory:
        el(performer, "templateId", root="1.3.6.1.4.1.19376.1.3.3.1.7")
        el(el(performer, "time"), "high", value=stamp(when))
    entity = el(performer, "assignedEntity")
    people.assigned(entity, bench)
    structure = el(entity, "representedOrganization")
    people.organisation(structure, bench, located=volet is not None and volet.born)
    people.setting(structure)


def _component_of(root: etree._Element, bench: Bench, when: datetime, volet: Volet | None) -> None:
    """The encounter, who answers for it, and the kind of place it happened in."""
    encounter = el(el(root, "componentOf"), "encompassingEncounter")
    el(el(encounter, "effectiveTime"), "low", value=stamp(when))
    if volet is not None:
        entity = el(el(encounter, "responsibleParty"), "assignedEntity")
        people.assigned(entity, bench)
        people.organisation(el(entity, "representedOrganization"), bench)
    facility = el(el(encounter, "location"), "healthCareFacility")
    el(facility, "id", root=STRUCTURES, extension=str(bench.raw["organisation"]["id_structure"]))
    where = sector(bench)
    el(facility, "code", code=where.code, displayName=where.label, codeSystem=where.system)

"""CDA R2 level 1: a full CI-SIS header around the PDF/A-1 (CI-SIS, « Volet Structuration minimale de documents de santé »)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lxml import etree

from .types import Bench, Draft, Patient
from .vocabulary import (
    CONFIDENTIALITY,
    PRACTICE_SETTINGS,
    PROFESSIONALS,
    STRUCTURES,
    clean,
    document_type,
    moment,
    next_day,
    one_line,
    sector,
    specialty,
    structure_oid,
)

NS = "urn:hl7-org:v3"
_DEFAULT_NAMESPACE: Any = {None: NS}
_TEMPLATES = (
    "2.16.840.1.113883.2.8.2.1",  # HL7 France
    "1.2.250.1.213.1.1.1.1",  # CI-SIS header
    "1.3.6.1.4.1.19376.1.2.20",  # IHE XDS-SD: unstructured body
)
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
    when = moment(draft.written_at)
    root = etree.Element(f"{{{NS}}}ClinicalDocument", nsmap=_DEFAULT_NAMESPACE)
    _opening(root, ids, draft, when)
    _record_target(root, patient, bench)
    _author(root, bench, when)
    if not ("prescription-without-custodian" in defects and draft.type_code == PRESCRIPTION):
        _custodian(root, bench)
    _legal_authenticator(root, bench, when)
    _documentation_of(root, bench, when)
    if draft.replaces is not None:
        parent = _el(_el(root, "relatedDocument", typeCode="RPLC"), "parentDocument")
        _el(parent, "id", root=draft.replaces)
    _component_of(root, bench, when)
    body = _el(_el(root, "component"), "nonXMLBody")
    text = _el(body, "text", mediaType="application/pdf", representation="B64")
    text.text = base64.b64encode(pdf).decode("ascii")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _el(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Append one element of the CDA namespace."""
    child = etree.SubElement(parent, f"{{{NS}}}{tag}", {k: one_line(v) for k, v in attributes.items()})
    if text is not None:
        child.text = clean(text)
    return child


def _stamp(when: datetime) -> str:
    """HL7 time with its zone: ``yyyyMMddHHmmss+hhmm``."""
    return when.strftime("%Y%m%d%H%M%S%z")[:19]


def _opening(root: etree._Element, ids: Identifiers, draft: Draft, when: datetime) -> None:
    """Nature, identifiers, title, dates and confidentiality of the document."""
    kind = document_type(draft.type_code)
    _el(root, "realmCode", code="FR")
    _el(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for template in _TEMPLATES:
        _el(root, "templateId", root=template)
    _el(root, "id", root=ids.unique_id)
    _el(root, "code", code=kind.code, displayName=kind.label, codeSystem=kind.system)
    _el(root, "title", one_line(draft.title))
    _el(root, "effectiveTime", value=_stamp(when))
    _el(root, "confidentialityCode", code="N", displayName="Normal", codeSystem=CONFIDENTIALITY)
    _el(root, "languageCode", code="fr-FR")
    _el(root, "setId", root=ids.set_id)
    _el(root, "versionNumber", value=str(ids.version))


def _record_target(root: etree._Element, patient: Patient, bench: Bench) -> None:
    """The patient: INS only when it may leave, local identifier always, traits of the civil status and used names."""
    role = _el(_el(root, "recordTarget"), "patientRole")
    if patient.matricule and patient.oid:
        _el(role, "id", root=patient.oid, extension=patient.matricule)
    _el(role, "id", root=structure_oid(bench), extension=patient.id)
    _el(role, "addr", nullFlavor="NASK")
    if patient.matricule:
        _el(role, "telecom", value=f"mailto:{patient.matricule}@patient.mssante.fr")
    else:
        _el(role, "telecom", nullFlavor="NASK")
    person = _el(role, "patient", classCode="PSN")
    name = _el(person, "name")
    _el(name, "family", one_line(patient.nom_naissance), qualifier="BR")
    _el(name, "given", one_line(patient.prenoms))
    _el(name, "given", one_line(patient.premier_prenom), qualifier="BR")
    _el(name, "family", one_line(patient.nom_utilise or patient.nom_naissance), qualifier="CL")
    _el(name, "given", one_line(patient.prenom_utilise or patient.premier_prenom), qualifier="CL")
    gender = patient.sexe if patient.sexe in _GENDERS else "UN"
    _el(
        person,
        "administrativeGenderCode",
        code=gender,
        displayName=_GENDERS[gender],
        codeSystem="2.16.840.1.113883.5.1",
    )
    _el(person, "birthTime", value=patient.date_naissance.replace("-", ""))
    if patient.lieu_naissance:
        place = _el(_el(person, "birthplace"), "place")
        _el(_el(place, "addr"), "county", patient.lieu_naissance)


def _author(root: etree._Element, bench: Bench, when: datetime) -> None:
    author = _el(root, "author")
    _el(author, "time", value=_stamp(when))
    assigned = _el(author, "assignedAuthor")
    _assigned(assigned, bench)
    _organisation(_el(assigned, "representedOrganization"), bench)


def _custodian(root: etree._Element, bench: Bench) -> None:
    """The structure keeps what it wrote."""
    keeper = _el(_el(root, "custodian"), "assignedCustodian")
    _organisation(_el(keeper, "representedCustodianOrganization"), bench)


def _legal_authenticator(root: etree._Element, bench: Bench, when: datetime) -> None:
    signer = _el(root, "legalAuthenticator")
    _el(signer, "time", value=_stamp(when))
    _el(signer, "signatureCode", code="S")
    entity = _el(signer, "assignedEntity")
    _assigned(entity, bench)
    _organisation(_el(entity, "representedOrganization"), bench)


def _documentation_of(root: etree._Element, bench: Bench, when: datetime) -> None:
    """The act the document tells of: dated, with its performer and the setting of his practice."""
    event = _el(_el(root, "documentationOf"), "serviceEvent")
    _el(_el(event, "effectiveTime"), "low", value=_stamp(when))
    entity = _el(_el(event, "performer", typeCode="PRF"), "assignedEntity")
    _assigned(entity, bench)
    organisation = _el(entity, "representedOrganization")
    _organisation(organisation, bench)
    _el(
        organisation,
        "standardIndustryClassCode",
        code="AMBULATOIRE",
        displayName="Ambulatoire",
        codeSystem=PRACTICE_SETTINGS,
    )


def _component_of(root: etree._Element, bench: Bench, when: datetime) -> None:
    """The encounter, and the kind of place it happened in."""
    encounter = _el(_el(root, "componentOf"), "encompassingEncounter")
    _el(_el(encounter, "effectiveTime"), "low", value=_stamp(when))
    facility = _el(_el(encounter, "location"), "healthCareFacility")
    _el(facility, "id", root=STRUCTURES, extension=str(bench.raw["organisation"]["id_structure"]))
    where = sector(bench)
    _el(facility, "code", code=where.code, displayName=where.label, codeSystem=where.system)


def _assigned(entity: etree._Element, bench: Bench) -> None:
    """Identifier, specialty, contact and name of the professional, in the order of the schema."""
    who = bench.professional
    _el(entity, "id", root=PROFESSIONALS, extension=who.id_national)
    job = specialty(bench)
    _el(entity, "code", code=job.code, displayName=job.label, codeSystem=job.system)
    _el(entity, "addr", nullFlavor="NASK")
    _contact(entity, bench)
    name = _el(_el(entity, "assignedPerson"), "name")
    _el(name, "given", one_line(who.prenom))
    _el(name, "family", one_line(who.nom))
    if who.titre:
        _el(name, "suffix", one_line(who.titre).upper())


def _organisation(organisation: etree._Element, bench: Bench) -> None:
    raw = bench.raw["organisation"]
    _el(organisation, "id", root=STRUCTURES, extension=str(raw["id_structure"]))
    _el(organisation, "name", one_line(str(raw["nom"])))
    _contact(organisation, bench)
    _el(organisation, "addr", nullFlavor="NASK")


def _contact(parent: etree._Element, bench: Bench) -> None:
    """Secure mail address of the professional; a reason of absence when the bench gives none."""
    box = bench.raw.get("mss", {}).get("boites", {}).get("personnelle", {})
    if box.get("adresse"):
        _el(parent, "telecom", value=f"mailto:{box['adresse']}", use="WP")
    else:
        _el(parent, "telecom", nullFlavor="NASK")

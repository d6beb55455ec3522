"""The professionals and organisations of a CDA header: who wrote, signed, asked, will receive (CI-SIS)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lxml import etree

from conformance.reference_lps.types import Bench, Contact, Draft
from conformance.reference_lps.vocabulary import (
    PRACTICE_SETTINGS,
    PROFESSIONALS,
    STRUCTURES,
    Coded,
    one_line,
    specialty,
    specialty_of,
)

from .element import XSI, el, stamp

_OFFICE = {"numero": "1", "voie": "allée des Tilleuls", "code_postal": "75011", "ville": "PARIS"}
_ADDRESS = (("houseNumber", "numero"), ("streetName", "voie"), ("postalCode", "code_postal"), ("city", "ville"))
_REQUESTER = "1.3.6.1.4.1.19376.1.3.3.1.6"


def assigned(entity: etree._Element, bench: Bench) -> None:
    """Identifier, specialty, contact and name of the professional at the keyboard, in the order of the schema."""
    who = bench.professional
    job = specialty(bench)
    box = bench.raw.get("mss", {}).get("boites", {}).get("personnelle", {})
    _role(entity, who.id_national, job, box.get("adresse", ""))
    _name(el(entity, "assignedPerson"), who.prenom, who.nom, who.titre)


def organisation(holder: etree._Element, bench: Bench, *, located: bool = False) -> None:
    """The structure: identifier, name, contact, and where it stands when a volet wants to know."""
    raw = bench.raw["organisation"]
    box = bench.raw.get("mss", {}).get("boites", {}).get("personnelle", {})
    el(holder, "id", root=STRUCTURES, extension=str(raw["id_structure"]))
    el(holder, "name", one_line(str(raw["nom"])))
    _mail(holder, box.get("adresse", ""))
    if located:
        address(holder, _OFFICE)
    else:
        el(holder, "addr", nullFlavor="NASK")


def address(holder: etree._Element, known: Mapping[str, str]) -> None:
    """A postal address, part by part."""
    home = el(holder, "addr")
    for tag, name in _ADDRESS:
        el(home, tag, one_line(known[name]))


def mother(root: etree._Element, draft: Draft) -> None:
    """The child's mother, who informs."""
    known = draft.content["mere"]
    relative = el(el(root, "informant"), "relatedEntity", classCode="CON")
    el(relative, "code", code="MTH", displayName="Mère", codeSystem="2.16.840.1.113883.5.111")
    address(relative, draft.content["adresse"])
    el(relative, "telecom", nullFlavor="NASK")
    name = el(el(relative, "relatedPerson"), "name")
    el(name, "family", one_line(known["nom"]))
    el(name, "given", one_line(known["prenom"]))


def setting(holder: etree._Element) -> None:
    """The setting of the practice, where the structure is that of an act."""
    el(
        holder,
        "standardIndustryClassCode",
        code="AMBULATOIRE",
        displayName="Ambulatoire",
        codeSystem=PRACTICE_SETTINGS,
    )


def author(root: etree._Element, bench: Bench, when: datetime) -> None:
    """Who wrote the document, for which structure."""
    holder = el(root, "author")
    el(holder, "time", value=stamp(when))
    entity = el(holder, "assignedAuthor")
    assigned(entity, bench)
    organisation(el(entity, "representedOrganization"), bench)


def custodian(root: etree._Element, bench: Bench) -> None:
    """The structure keeps what it wrote."""
    keeper = el(el(root, "custodian"), "assignedCustodian")
    organisation(el(keeper, "representedCustodianOrganization"), bench)


def recipients(root: etree._Element, draft: Draft, defects: frozenset[str]) -> None:
    """Everyone the document will be sent to."""
    named = draft.recipients[:1] if "cda-first-recipient-only" in defects else draft.recipients
    for one in named:
        intended = el(el(root, "informationRecipient", typeCode="PRCP"), "intendedRecipient")
        el(intended, "id", root=PROFESSIONALS, extension=one.id_national)
        el(intended, "addr", nullFlavor="NASK")
        _mail(intended, one.adresse_mss)
        _name(el(intended, "informationRecipient"), one.prenom, one.nom, one.titre)


def legal_authenticator(root: etree._Element, bench: Bench, when: datetime) -> None:
    """Who answers for the content."""
    signer = el(root, "legalAuthenticator")
    el(signer, "time", value=stamp(when))
    el(signer, "signatureCode", code="S")
    entity = el(signer, "assignedEntity")
    assigned(entity, bench)
    organisation(el(entity, "representedOrganization"), bench)


def requester(root: etree._Element, draft: Draft, when: datetime, defects: frozenset[str]) -> None:
    """Who asked for the act, with the address where the document is expected."""
    if draft.requester is None:
        return
    participant = el(root, "participant", typeCode="REF")
    if draft.structured:
        el(participant, "templateId", root=_REQUESTER)
    asked = el(participant, "time")
    asked.set(f"{{{XSI}}}type", "IVL_TS")
    el(asked, "high", value=stamp(when))
    kept = "" if "cda-requester-without-address" in defects else draft.requester.adresse_mss
    _associated(participant, draft.requester, kept)


def attending(root: etree._Element, bench: Bench) -> None:
    """The patient's own doctor, who is the one at the keyboard."""
    who = bench.professional
    participant = el(root, "participant", typeCode="INF")
    el(participant, "functionCode", code="PCP", displayName="Médecin Traitant", codeSystem="2.16.840.1.113883.5.88")
    el(participant, "time", nullFlavor="NA")
    one = Contact(who.id_national, who.nom, who.prenom, who.profession, who.specialite, who.titre)
    _associated(participant, one, "")


def _associated(participant: etree._Element, one: Contact, address: str) -> None:
    entity = el(participant, "associatedEntity", classCode="PROV")
    _role(entity, one.id_national, specialty_of(one.profession, one.specialite), address)
    _name(el(entity, "associatedPerson"), one.prenom, one.nom, one.titre)


def _role(entity: etree._Element, identifier: str, job: Coded, address: str) -> None:
    el(entity, "id", root=PROFESSIONALS, extension=identifier)
    el(entity, "code", code=job.code, displayName=job.label, codeSystem=job.system)
    el(entity, "addr", nullFlavor="NASK")
    _mail(entity, address)


def _name(person: etree._Element, given: str, family: str, title: str) -> None:
    name = el(person, "name")
    el(name, "given", one_line(given))
    el(name, "family", one_line(family))
    if title:
        el(name, "suffix", one_line(title).upper())


def _mail(parent: etree._Element, address: str) -> None:
    """A secure mail address; a reason of absence when there is none."""
    if address:
        el(parent, "telecom", value=f"mailto:{address}", use="WP")
    else:
        el(parent, "telecom", nullFlavor="NASK")

"""Documents that somebody else deposited: what a software finds in a DMP that it did not feed.

Each is a CDA R2 level 1 with a text body, and the metadata that go with it.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from conformance.simulators.dmp import leaf
from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.deposit import CODES, REFERENCES
from conformance.simulators.dmp.registry import APPROVED, Entry, Registry, Submission

if TYPE_CHECKING:
    from conformance.model.identity import Identity

LOINC = "2.16.840.1.113883.6.1"
ORDER = "55115-0"
"""The type of an imaging order: its number is that of its act; a report tells which orders it fulfils."""
_STRUCTURE = ("339990000014", "Clinique des Essais")
_PROFESSIONAL = ("889990000097", "TIERS", "Maxence")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a document: national id, name, first name, then Struct_IdNat and name of the place."""

    id: str = _PROFESSIONAL[0]
    name: str = _PROFESSIONAL[1]
    given: str = _PROFESSIONAL[2]
    structure: str = _STRUCTURE[0]
    place: str = _STRUCTURE[1]


THIRD_PARTY = Author()


@dataclass(frozen=True, slots=True)
class Seed:
    """A document to be found: its type (LOINC) and label, its class, its act (UTC), who wrote it.

    ``replaces`` is the uniqueId of the version it takes the place of. ``orders`` are the imaging orders it makes or answers:
    the OID of the authority and the number that it gave (Order Placer Number).
    """

    type_code: str = "11490-0"
    title: str = "Lettre de liaison"
    class_code: str = "10"
    acted: str = ""
    author: Author = THIRD_PARTY
    replaces: str | None = None
    confidentiality: tuple[str, ...] = ()
    orders: tuple[tuple[str, str], ...] = ()
    unique_id: str = field(default_factory=lambda: f"2.25.{uuid.uuid4().int}")

    @property
    def when(self) -> str:
        """The time of the act, ``YYYYMMDDhhmmss`` in UTC."""
        return self.acted or datetime.now(UTC).strftime("%Y%m%d%H%M%S")

    @property
    def references(self) -> tuple[str, ...]:
        """The orders as ``referenceIdList`` names them (CXi)."""
        return tuple(f"{number}^^^&{authority}&ISO^urn:ihe:iti:xds:2013:order" for authority, number in self.orders)


def letter(person: Identity, seed: Seed) -> bytes:
    """The CDA of a seed."""
    who, when = seed.author, f"{seed.when}+0000"
    place = (
        f'<id root="1.2.250.1.71.4.2.2" extension={quoteattr(who.structure)}/><name>{escape(who.place)}</name>'
        '<telecom nullFlavor="NASK"/><addr nullFlavor="NASK"/>'
    )
    someone = (
        f'<id root="1.2.250.1.71.4.2.1" extension={quoteattr(who.id)}/>'
        '<code code="G15_10/SM26" displayName="Médecin - Qualifié en Médecine Générale (SM)" '
        'codeSystem="1.2.250.1.213.1.1.4.5"/><addr nullFlavor="NASK"/><telecom nullFlavor="NASK"/>'
        f"<assignedPerson><name><given>{escape(who.given)}</given><family>{escape(who.name)}</family></name>"
        f"</assignedPerson><representedOrganization>{place}</representedOrganization>"
    )
    birth = person.date_naissance.replace("-", "")
    former = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{seed.replaces}"/></parentDocument></relatedDocument>'
        if seed.replaces
        else ""
    )
    named = "".join(f'<id root="{root}" extension={quoteattr(number)}/>' for root, number in seed.orders)
    own, answered = (named, "") if seed.type_code == ORDER else ("", named)
    fulfilled = f"<inFulfillmentOf><order>{answered}</order></inFulfillmentOf>" if answered else ""
    text = base64.b64encode(f"{seed.title} : document d’essai.".encode()).decode()
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="FR"/>'
        '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><templateId root="2.16.840.1.113883.2.8.2.1"/>'
        '<templateId root="1.2.250.1.213.1.1.1.1"/><templateId root="1.3.6.1.4.1.19376.1.2.20"/>'
        f'<id root="{seed.unique_id}"/><code code={quoteattr(seed.type_code)} displayName={quoteattr(seed.title)} '
        f'codeSystem="{LOINC}"/><title>{escape(seed.title)}</title><effectiveTime value="{when}"/>'
        '<confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>'
        f'<languageCode code="fr-FR"/><setId root="{seed.unique_id}.1"/><versionNumber value="1"/>'
        f'<recordTarget><patientRole><id root="{person.oid}" extension="{person.matricule}"/><addr nullFlavor="NASK"/>'
        '<telecom nullFlavor="NASK"/><patient classCode="PSN"><name>'
        f'<family qualifier="BR">{escape(person.nom_naissance)}</family><given>{escape(person.prenoms)}</given>'
        f'<given qualifier="BR">{escape(person.premier_prenom)}</given></name><administrativeGenderCode '
        f'code="{person.sexe}" displayName="{"Féminin" if person.sexe == "F" else "Masculin"}" '
        f'codeSystem="2.16.840.1.113883.5.1"/><birthTime value="{birth}"/></patient></patientRole></recordTarget>'
        f'<author><time value="{when}"/><assignedAuthor>{someone}</assignedAuthor></author><custodian>'
        f"<assignedCustodian><representedCustodianOrganization>{place}</representedCustodianOrganization>"
        f'</assignedCustodian></custodian><legalAuthenticator><time value="{when}"/><signatureCode code="S"/>'
        f"<assignedEntity>{someone}</assignedEntity></legalAuthenticator>{fulfilled}<documentationOf>"
        f'<serviceEvent>{own}<effectiveTime><low value="{when}"/></effectiveTime><performer typeCode="PRF">'
        f"<assignedEntity>{someone}</assignedEntity></performer></serviceEvent></documentationOf>{former}"
        "<componentOf><encompassingEncounter>"
        f'<effectiveTime><low value="{when}"/></effectiveTime><location><healthCareFacility>'
        '<code code="SA07" displayName="Cabinet individuel" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility>'
        '</location></encompassingEncounter></componentOf><component><nonXMLBody><text mediaType="text/plain" '
        f'representation="B64">{text}</text></nonXMLBody></component></ClinicalDocument>'
    ).encode()


def deposit(registry: Registry, person: Identity, seed: Seed) -> Entry:
    """Put a seed in the registry as if its author had deposited it; gives what the registry then holds."""
    content, names = letter(person, seed), (f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}")
    former = registry.named(seed.replaces) if seed.replaces else None
    lot, item = _items(person, seed, names)
    entry = Entry(
        unique_id=seed.unique_id,
        entry_uuid=names[1],
        matricule=person.matricule,
        status=APPROVED,
        type_code=seed.type_code,
        confidentiality=("N", *seed.confidentiality),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        structure=seed.author.structure,
        author=seed.author.id,
        lot=lot.unique_id,
        replaces=former.entry_uuid if former else None,
        codes={label: ebxml.code_forms(item.codes(scheme)) for label, scheme in CODES.items()},
        created=seed.when,
        started=seed.when,
        references=seed.references,
        logical_id=names[1],
        metadata=registry.spool.keep(leaf.registered(item, names[1])),
        content=registry.spool.keep(content),
    )
    package = registry.spool.keep(leaf.registered(lot, names[0]))
    submitted = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    replaced = ((names[1], former.entry_uuid),) if former else ()
    made = Submission(lot.unique_id, names[0], person.matricule, submitted, frozenset(), package, (names[1],), replaced)
    problems = registry.submit(made, [entry], [])
    if problems:
        raise ValueError(f"document d’essai refusé par le registre : {problems[0].reason}")
    return entry


def _items(person: Identity, seed: Seed, names: tuple[str, str]) -> tuple[ebxml.Item, ebxml.Item]:
    """The submission set and the entry, read as if they had come in a message."""
    from lxml import etree

    lot, name = names
    cx = f"{person.matricule}^^^&amp;{person.oid}&amp;ISO^NH"
    who = seed.author
    person_xcn = f"{who.id}^{escape(who.name)}^{escape(who.given)}^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS"
    place = f"{escape(who.place)}^^^^^&amp;1.2.250.1.71.4.2.2&amp;ISO^IDNST^^^{who.structure}"
    codes = [
        (ebxml.CLASS, seed.class_code, "1.2.250.1.213.1.1.4.1", "Compte rendu"),
        (ebxml.TYPE, seed.type_code, LOINC, seed.title),
        (ebxml.FORMAT, "urn:ihe:iti:xds-sd:text:2008", "1.3.6.1.4.1.19376.1.2.3", "Texte"),
        (ebxml.FACILITY, "SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
        (ebxml.PRACTICE, "AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
        (ebxml.CONFIDENTIALITY, "N", "2.16.840.1.113883.5.25", "Normal"),
        *((ebxml.CONFIDENTIALITY, mask, "1.2.250.1.213.1.1.4.13", mask) for mask in seed.confidentiality),
    ]
    slots = _slots(creationTime=seed.when, languageCode="fr-FR", serviceStartTime=seed.when, sourcePatientId=cx)
    slots += _slots(legalAuthenticator=person_xcn)
    slots += _slot(REFERENCES, *map(escape, seed.references)) if seed.orders else ""
    authored = _slots(authorPerson=person_xcn, authorInstitution=place)
    text = (
        f'<r:RegistryObjectList xmlns:r="{ebxml.RIM}"><r:RegistryPackage id="{lot}">'
        + _slots(submissionTime=datetime.now(UTC).strftime("%Y%m%d%H%M%S"))
        + _classified(lot, ebxml.SET_AUTHOR, authored)
        + _identified(lot, ebxml.SET_UNIQUE, f"2.25.{uuid.uuid4().int}")
        + _identified(lot, ebxml.SET_PATIENT, cx)
        + f'</r:RegistryPackage><r:ExtrinsicObject id="{name}" mimeType="text/xml" '
        f'objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">{slots}'
        f"<r:Name><r:LocalizedString value={quoteattr(seed.title)}/></r:Name>"
        + _classified(name, ebxml.AUTHOR, authored)
        + "".join(
            _classified(
                name,
                scheme,
                _slots(codingScheme=system) + f"<r:Name><r:LocalizedString value={quoteattr(label)}/></r:Name>",
                code,
            )
            for scheme, code, system, label in codes
        )
        + _identified(name, ebxml.PATIENT, cx)
        + _identified(name, ebxml.UNIQUE, seed.unique_id)
        + "</r:ExtrinsicObject></r:RegistryObjectList>"
    )
    found = ebxml.items(etree.fromstring(text))
    return found[0], found[1]


def _slots(**values: str) -> str:
    return "".join(_slot(name, value) for name, value in values.items())


def _slot(name: str, *values: str) -> str:
    listed = "".join(f"<r:Value>{value}</r:Value>" for value in values)
    return f'<r:Slot name="{name}"><r:ValueList>{listed}</r:ValueList></r:Slot>'


def _classified(owner: str, scheme: str, inside: str, node: str = "") -> str:
    return (
        f'<r:Classification id="urn:uuid:{uuid.uuid4()}" classificationScheme="{scheme}" classifiedObject="{owner}" '
        f'nodeRepresentation="{node}">{inside}</r:Classification>'
    )


def _identified(owner: str, scheme: str, value: str) -> str:
    return (
        f'<r:ExternalIdentifier id="urn:uuid:{uuid.uuid4()}" registryObject="{owner}" '
        f'identificationScheme="{scheme}" value="{value}"/>'
    )

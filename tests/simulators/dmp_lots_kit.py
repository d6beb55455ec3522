"""Lots and queries for a DMP, hand-written from the published rules alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.model.identity import Identity
from tests.simulators.dmp_messages_kit import STRUCTURE, USER, WHO, cx, oid

CI_SIS = "urn:asip:ci-sis:2010:StatusType:"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"


def cda(who: Identity, unique_id: str, code: str = "11488-4", related: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n<ClinicalDocument xmlns="urn:hl7-org:v3">'
        f'<id root="{unique_id}"/><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/>'
        f'<recordTarget><patientRole><id root="1.2.3" extension="local"/><id root="{who.oid}" '
        f'extension="{who.matricule}"/></patientRole></recordTarget>{related}</ClinicalDocument>'
    ).encode()


def coded(target: str, scheme: str, code: str, system: str) -> str:
    return (
        f'<r:Classification id="c{uuid.uuid4().hex}" classificationScheme="urn:uuid:{scheme}" classifiedObject="{target}" '
        f'nodeRepresentation="{code}"><r:Slot name="codingScheme"><r:ValueList><r:Value>{system}</r:Value></r:ValueList>'
        f'</r:Slot><r:Name><r:LocalizedString value="libellé {code}"/></r:Name></r:Classification>'
    )


def slot(name: str, *values: str) -> str:
    return (
        f'<r:Slot name="{name}"><r:ValueList>'
        + "".join(f"<r:Value>{v}</r:Value>" for v in values)
        + "</r:ValueList></r:Slot>"
    )


def identifier(target: str, scheme: str, value: str) -> str:
    return (
        f'<r:ExternalIdentifier id="i{uuid.uuid4().hex}" registryObject="{target}" '
        f'identificationScheme="urn:uuid:{scheme}" value="{value}"/>'
    )


def author(target: str, scheme: str, structure: str = STRUCTURE) -> str:
    person = f"{USER}^EXEMPLE^Camille^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS"
    place = f"Cabinet des Tilleuls^^^^^&amp;1.2.250.1.71.4.2.2&amp;ISO^IDNST^^^{structure}"
    return (
        f'<r:Classification id="a{uuid.uuid4().hex}" classificationScheme="urn:uuid:{scheme}" '
        f'classifiedObject="{target}" nodeRepresentation="">'
        + slot("authorPerson", person)
        + slot("authorInstitution", place)
        + "</r:Classification>"
    )


def association(kind: str, source: str, target: str, *slots: str) -> str:
    return (
        f'<r:Association id="l{uuid.uuid4().hex}" associationType="{kind}" sourceObject="{source}" '
        f'targetObject="{target}">' + "".join(slots) + "</r:Association>"
    )


HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
RPLC = "urn:ihe:iti:2007:AssociationType:RPLC"
ORIGINAL = slot("SubmissionSetStatus", "Original")


@dataclass
class Deposit:
    """A lot of one document and its signature; ``edit`` changes the XML of the request as it is about to leave."""

    who: Identity = WHO
    unique_id: str = field(default_factory=oid)
    lot_id: str = field(default_factory=oid)
    entry: str = "Document01"
    code: str = "11488-4"
    masks: tuple[str, ...] = ()
    structure: str = STRUCTURE
    slots: str = ""
    replaces: str | None = None
    related: str = ""
    content: bytes | None = None
    signature: bool = True
    edit: Callable[[str], str] = str
    parts: Callable[[dict[str, bytes]], dict[str, bytes]] = dict

    def document(self) -> bytes:
        return cda(self.who, self.unique_id, self.code, self.related) if self.content is None else self.content

    def package(self) -> str:
        name = "Lot01"
        return (
            f'<r:RegistryPackage id="{name}">'
            + slot("submissionTime", "20240102030405")
            + coded(name, "aa543740-bdda-424e-8c96-df4873be8500", "07", "1.2.250.1.213.2.2")
            + author(name, "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d")
            + identifier(name, "6b5aea1a-874d-4603-a4bc-96a0a7b38446", cx(self.who))
            + identifier(name, "554ac39e-e3fe-47fe-b233-965d2a147832", "1.2.250.1.999.1.1.7898")
            + identifier(name, "96fdda7c-d067-4183-912e-bf5ee74998a8", self.lot_id)
            + "</r:RegistryPackage>"
            f'<r:Classification id="n1" classifiedObject="{name}" '
            'classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>'
        )

    def extrinsic(self) -> str:
        name = self.entry
        masks = [("N", "2.16.840.1.113883.5.25"), *((mask, "1.2.250.1.213.1.1.4.13") for mask in self.masks)]
        codes = [
            ("41a5887f-8865-4c09-adf7-e362475b143a", "10", "1.2.250.1.213.1.1.4.1"),
            ("f0306f51-975f-434e-a61c-c59651d33983", self.code, "2.16.840.1.113883.6.1"),
            ("a09d5840-386c-46f2-b5ad-9c3699a4309d", "urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3"),
            ("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "SA07", "1.2.250.1.71.4.2.4"),
            ("cccf5598-8b07-4b77-a05e-ae952c785ead", "AMBULATOIRE", "1.2.250.1.213.1.1.4.9"),
            *(("f4f85eac-e6cb-4883-b524-f2705394840f", *mask) for mask in masks),
        ]
        return (
            f'<r:ExtrinsicObject id="{name}" mimeType="text/xml" '
            'objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">'
            + slot("creationTime", "20240102030405")
            + slot("languageCode", "fr-FR")
            + slot("serviceStartTime", "20240101090000")
            + slot("sourcePatientId", cx(self.who))
            + slot("legalAuthenticator", f"{USER}^EXEMPLE^Camille^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS")
            + self.slots
            + '<r:Name><r:LocalizedString value="Consultation"/></r:Name>'
            + "".join(coded(name, *code) for code in codes)
            + author(name, "93606bcf-9494-43ec-9b4e-a7748d1a838d", self.structure)
            + identifier(name, "58a6f841-87b3-4a3e-92fd-a8ffeff98427", cx(self.who))
            + identifier(name, "2e82c1f6-a085-4c72-9da3-8640a32e42ab", self.unique_id)
            + "</r:ExtrinsicObject>"
        )

    def signed(self) -> str:
        name = "Signature01"
        return (
            f'<r:ExtrinsicObject id="{name}" mimeType="text/xml">'
            + coded(name, "41a5887f-8865-4c09-adf7-e362475b143a", "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN")
            + identifier(name, "58a6f841-87b3-4a3e-92fd-a8ffeff98427", cx(self.who))
            + identifier(name, "2e82c1f6-a085-4c72-9da3-8640a32e42ab", oid())
            + "</r:ExtrinsicObject>"
            + association(HAS_MEMBER, "Lot01", name, ORIGINAL)
            + association("urn:ihe:iti:2007:AssociationType:signs", name, "Lot01")
        )

    def body(self) -> str:
        objects = self.package() + self.extrinsic() + association(HAS_MEMBER, "Lot01", self.entry, ORIGINAL)
        if self.replaces:
            objects += association(RPLC, self.entry, self.replaces)
        names = {self.entry: "doc%201@x"}
        if self.signature:
            objects += self.signed()
            names["Signature01"] = "sig@x"
        documents = "".join(
            f'<b:Document id="{name}"><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:{cid}"/></b:Document>'
            for name, cid in names.items()
        )
        return (
            '<b:ProvideAndRegisterDocumentSetRequest xmlns:b="urn:ihe:iti:xds-b:2007"><l:SubmitObjectsRequest '
            'xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">'
            f"<r:RegistryObjectList>{objects}</r:RegistryObjectList></l:SubmitObjectsRequest>{documents}"
            "</b:ProvideAndRegisterDocumentSetRequest>"
        )

    def attachments(self) -> dict[str, bytes]:
        return {"doc 1@x": self.document()} | ({"sig@x": b"<signature/>"} if self.signature else {})


def existence(who: Identity, reason: str = "TEST_EXST") -> str:
    return (
        '<PRPA_IN201307UV02 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0"><id root="1.2.3.4"/>'
        '<creationTime value="20240101"/><interactionId root="2.16.840.1.113883.1.6" extension="PRPA_IN201307UV02"/>'
        '<processingCode code="D"/><processingModeCode code="T"/><acceptAckCode code="AL"/>'
        '<receiver typeCode="RCV"><device><id root="1.2.250.1.213.4.1.1.1"/></device></receiver>'
        '<sender typeCode="SND"><device><id root="1.2.250.1.999.1.1.7898"/></device></sender>'
        f'<controlActProcess classCode="CACT" moodCode="EVN"><reasonCode code="{reason}" '
        'codeSystem="1.2.250.1.213.1.1.4.11"/><queryByParameter><queryId root="1.2.3.5"/><statusCode code="new"/>'
        f'<parameterList><patientIdentifier><value root="{who.oid}" extension="{who.matricule}"/>'
        "<semanticsText>Patient.id</semanticsText></patientIdentifier></parameterList></queryByParameter>"
        "</controlActProcess></PRPA_IN201307UV02>"
    )


def authorization(action: str) -> str:
    return f'<h:setAuthorization xmlns:h="urn:essai"><h:action>{action}</h:action></h:setAuthorization>'


def deletion(who: Identity, target: str, original: str = APPROVED, new: str = f"{CI_SIS}Deleted") -> str:
    lot = Deposit(who)
    new = new if new.startswith("urn:") else CI_SIS + new
    link = association(
        "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus",
        "Lot01",
        target,
        slot("OriginalStatus", original),
        slot("NewStatus", new),
    )
    return (
        '<l:SubmitObjectsRequest xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" '
        f'xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><r:RegistryObjectList>{lot.package()}{link}'
        "</r:RegistryObjectList></l:SubmitObjectsRequest>"
    )


def operation(name: str, **values: str) -> str:
    inside = "".join(f"<h:{key}>{value}</h:{key}>" for key, value in values.items())
    return f'<h:{name} xmlns:h="urn:essai">{inside}</h:{name}>'


def query(identifier: str, kind: str = "LeafClass", **criteria: str | tuple[str, ...]) -> str:
    """A stored query; criteria by the end of their slot's name, a tuple for several values."""
    slots = "".join(
        slot(name.replace("__", "$"), *([value] if isinstance(value, str) else value))
        for name, value in criteria.items()
    )
    return (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" '
        f'xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><q:ResponseOption returnType="{kind}" '
        f'returnComposedObjects="true"/><r:AdhocQuery id="urn:uuid:{identifier}">{slots}</r:AdhocQuery>'
        "</q:AdhocQueryRequest>"
    )


def retrieval(*unique_ids: str, repository: str = "1.2.250.1.213.4.1.1.1.2") -> str:
    asked = "".join(
        f"<b:DocumentRequest><b:RepositoryUniqueId>{repository}</b:RepositoryUniqueId>"
        f"<b:DocumentUniqueId>{name}</b:DocumentUniqueId></b:DocumentRequest>"
        for name in unique_ids
    )
    return f'<b:RetrieveDocumentSetRequest xmlns:b="urn:ihe:iti:xds-b:2007">{asked}</b:RetrieveDocumentSetRequest>'


def revision(deposit: Deposit, lid: str, version: str = "1", edit: Callable[[str], str] = str) -> str:
    """A TD3.3a or b: the whole entry again, under its logical id."""
    again = Deposit(deposit.who, deposit.unique_id, masks=deposit.masks, code=deposit.code)
    entry = again.extrinsic().replace("<r:ExtrinsicObject ", f'<r:ExtrinsicObject lid="{lid}" ', 1)
    link = association(HAS_MEMBER, "Lot01", again.entry, ORIGINAL, slot("PreviousVersion", version))
    return edit(
        '<l:SubmitObjectsRequest xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" '
        f'xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><r:RegistryObjectList>{again.package()}{entry}{link}'
        "</r:RegistryObjectList></l:SubmitObjectsRequest>"
    )


def lookup(
    who: Identity, unique_id: str, kind: str = "ObjectRef", query: str = "14d4debf-8f97-4251-9a74-a90016b0af0d"
) -> str:
    return (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" '
        f'xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><q:ResponseOption returnType="{kind}" '
        f'returnComposedObjects="true"/><r:AdhocQuery id="urn:uuid:{query}">'
        + slot("$XDSDocumentEntryPatientId", f"'{cx(who)}'")
        + slot("$XDSDocumentEntryStatus", f"('{APPROVED}')")
        + slot("$XDSDocumentEntryUniqueId", f"('{unique_id}')")
        + "</r:AdhocQuery></q:AdhocQueryRequest>"
    )

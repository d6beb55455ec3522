"""The simulated DMP, met by `requests` and a client written here from the published message rules alone."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import Identity, invent
from conformance.simulators.dmp import FAULTS, Dmp
from conformance.simulators.pki import Pki

SOAP = "http://www.w3.org/2003/05/soap-envelope"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
RS = "{urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0}"
STRUCTURE = "489990000013001"
USER = "889990000013"
TD02 = "urn:hl7-org:v3:PRPA_IN201307UV02"
TD03 = "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization"
TD21 = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
TD31 = "urn:ihe:iti:2007:RegistryStoredQuery"
TD33 = "urn:ihe:iti:2010:UpdateDocumentSet"
SERVICES = {TD02: "patients", TD03: "habilitations", TD21: "repository", TD31: "registry", TD33: "registry"}
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
WHO = invent(7, "dmp")
OTHER = invent(7, "dmp", 1)


class OldSigner(XMLSigner):
    """Signs in SHA-1, as the oldest clients do."""

    def check_deprecated_methods(self) -> None:
        """Let it be."""


def oid() -> str:
    return f"1.2.250.1.999.1.1.{uuid.uuid4().int % 10**18}"


def cx(who: Identity) -> str:
    return f"{who.matricule}^^^&amp;{who.oid}&amp;ISO^NH"


def attributes(who: Identity, **changes: str | None) -> dict[str, str | None]:
    """The attributes of a VIHF, by name; a change to None takes one out."""
    role = '<Role xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CE" '
    purpose = role.replace("Role", "PurposeOfUse")
    values: dict[str, str | None] = {
        "VIHF_Version": "3.0",
        "Authentification_Mode": "INDIRECTE",
        "Identifiant_Structure": STRUCTURE,
        "Secteur_Activite": "SA07^1.2.250.1.71.4.2.4",
        "urn:oasis:names:tc:xspa:1.0:subject:subject-id": "Camille EXEMPLE",
        "urn:oasis:names:tc:xacml:2.0:subject:role": role
        + 'code="10" codeSystem="1.2.250.1.71.1.2.7" displayName="Médecin"/>\0'
        + role
        + 'code="SM26" codeSystem="1.2.250.1.71.4.2.5" displayName="Médecine générale"/>',
        "urn:oasis:names:tc:xacml:2.0:resource:resource-id": cx(who),
        "Ressource_URN": "urn:dmp",
        "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse": purpose
        + 'code="normal" codeSystem="1.2.250.1.213.1.1.4.248" displayName="normal"/>',
        "LPS_Nom": "Essai",
        "LPS_Version": "1",
        "LPS_ID_HOMOLOGATION_DMP": "ESSAI-1",
    }
    short = {
        "role": "urn:oasis:names:tc:xacml:2.0:subject:role",
        "purpose": "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse",
        "subject": "urn:oasis:names:tc:xspa:1.0:subject:subject-id",
        "resource": "urn:oasis:names:tc:xacml:2.0:resource:resource-id",
    }
    return values | {short.get(name, name): value for name, value in changes.items()}


@dataclass
class Vihf:
    """How to make a VIHF; the defaults are right."""

    pki: Pki
    who: Identity = WHO
    signer: str = "org_sign"
    issuer: str | None = None
    conditions: str = ""
    subject: str = f"<s:Subject><s:NameID>{USER}</s:NameID></s:Subject>"
    changes: dict[str, str | None] = field(default_factory=dict)
    method: SignatureMethod = SignatureMethod.RSA_SHA256
    digest: DigestAlgorithm = DigestAlgorithm.SHA256

    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.pki.pair(self.signer).certificate.read_bytes())

    def unsigned(self) -> str:
        names = {NameOID.GIVEN_NAME: "GN", NameOID.SURNAME: "SN"}
        issuer = self.issuer or self.certificate().subject.rfc4514_string(names)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        stated = "".join(
            f'<s:Attribute Name="{name}">'
            + "".join(f"<s:AttributeValue>{one}</s:AttributeValue>" for one in value.split("\0"))
            + "</s:Attribute>"
            for name, value in attributes(self.who, **self.changes).items()
            if value is not None
        )
        return (
            f'<s:Assertion xmlns:s="{SAML}" ID="_{uuid.uuid4().hex}" IssueInstant="{now}" Version="2.0">'
            f'<s:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName">{issuer}</s:Issuer>'
            f"{self.subject}{self.conditions}"
            f'<s:AuthnStatement AuthnInstant="{now}"><s:AuthnContext><s:AuthnContextClassRef>'
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</s:AuthnContextClassRef></s:AuthnContext>"
            f"</s:AuthnStatement><s:AttributeStatement>{stated}</s:AttributeStatement></s:Assertion>"
        )

    def make(self) -> str:
        root = etree.fromstring(self.unsigned())
        kind = OldSigner if self.method is SignatureMethod.RSA_SHA1 else XMLSigner
        signer = kind(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=self.method,
            digest_algorithm=self.digest,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        pair = self.pki.pair(self.signer)
        signed = signer.sign(
            root, key=pair.key.read_bytes(), cert=pair.certificate.read_text(), reference_uri=root.get("ID")
        )
        return etree.tostring(signed).decode()


def envelope(action: str, body: str, vihf: str, soap: str = SOAP) -> str:
    return (
        f'<e:Envelope xmlns:e="{soap}" xmlns:a="http://www.w3.org/2005/08/addressing"><e:Header>'
        f"<a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID><a:To/>"
        '<a:ReplyTo e:mustUnderstand="true"><a:Address>'
        "http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>"
        f'<a:Action e:mustUnderstand="true">{action}</a:Action><w:Security xmlns:w="http://docs.oasis-open.org/wss/'
        f'2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">{vihf}</w:Security></e:Header>'
        f"<e:Body>{body}</e:Body></e:Envelope>"
    )


def multipart(root: str, parts: dict[str, bytes]) -> tuple[str, bytes]:
    head = 'Content-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\nContent-ID: <racine@x>\r\n\r\n'
    chunks = [head.encode() + root.encode()]
    chunks += [
        f"Content-Transfer-Encoding: binary\r\nContent-ID: <{name}>\r\n\r\n".encode() + content
        for name, content in parts.items()
    ]
    body = b"".join(b"--MIME-limite\r\n" + chunk + b"\r\n" for chunk in chunks) + b"--MIME-limite--\r\n"
    kind = (
        'multipart/related; type="application/xop+xml"; start="<racine@x>"; start-info="application/soap+xml"; '
        'boundary="MIME-limite"'
    )
    return kind, body


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


def deletion(who: Identity, target: str, original: str = APPROVED, new: str = "Deleted") -> str:
    lot = Deposit(who)
    link = association(
        "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus",
        "Lot01",
        target,
        slot("OriginalStatus", original),
        slot("NewStatus", f"urn:asip:ci-sis:2010:StatusType:{new}"),
    )
    return (
        '<l:SubmitObjectsRequest xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" '
        f'xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><r:RegistryObjectList>{lot.package()}{link}'
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


@dataclass
class Client:
    """Sends a message to the DMP under test."""

    dmp: Dmp
    pki: Pki
    journal: Journal

    def vihf(self, **changes: Any) -> Vihf:
        return Vihf(self.pki, **changes)

    def direct(self, **changes: str | None) -> Vihf:
        return Vihf(
            self.pki, signer="cps_sign", changes={"Authentification_Mode": "DIRECTE", "subject": None, **changes}
        )

    def post(
        self,
        content: bytes,
        kind: str = "application/soap+xml; charset=utf-8",
        service: str = "patients",
        certificate: str | None = "org_auth",
        timeout: float = 20,
        method: str = "POST",
    ) -> requests.Response:
        pair = self.pki.pair(certificate) if certificate else None
        return requests.request(
            method,
            f"{self.dmp.url}/{service}",
            data=content,
            headers={"Content-Type": kind},
            timeout=timeout,
            verify=str(self.pki.trust),
            cert=(str(pair.certificate), str(pair.key)) if pair else None,
        )

    def send(self, action: str, body: str, vihf: Vihf | None = None, **options: Any) -> requests.Response:
        vihf = vihf or self.vihf()
        if vihf.signer == "cps_sign":
            options.setdefault("certificate", "cps_auth")
        options.setdefault("service", SERVICES.get(action, "patients"))
        return self.post(envelope(action, body, vihf.make()).encode(), **options)

    def deposit(self, deposit: Deposit, vihf: Vihf | None = None) -> requests.Response:
        vihf = vihf or self.vihf(who=deposit.who)
        message = deposit.edit(envelope(TD21, deposit.body(), vihf.make()))
        kind, body = multipart(message, deposit.parts(deposit.attachments()))
        certificate = "cps_auth" if vihf.signer == "cps_sign" else "org_auth"
        return self.post(body, kind, "repository", certificate)

    def last(self) -> Exchange:
        return self.journal.exchanges(Channel.DMP)[-1]


@pytest.fixture
def client(journal: Journal, pki: Pki) -> Iterator[Client]:
    dmp = Dmp(journal, pki, slow_s=1.5)
    dmp.start()
    dmp.open(WHO)
    yield Client(dmp, pki, journal)
    dmp.stop()


def subcode(response: requests.Response) -> str:
    """The fault's subcode, or its code when it has none, without prefix."""
    values = etree.fromstring(response.content).findall(f".//{{{SOAP}}}Value")
    return (values[-1].text or "").partition(":")[2]


def errors(response: requests.Response) -> list[str]:
    """The registry's error codes; empty means Success."""
    assert response.status_code == 200, response.text
    answer = etree.fromstring(response.content).find(f".//{RS}RegistryResponse")
    assert answer is not None
    found = [str(node.get("errorCode")) for node in answer.iter(f"{RS}RegistryError")]
    assert (answer.get("status") or "").endswith("Failure" if found else "Success")
    return found


def stored(client: Client, deposit: Deposit | None = None) -> str:
    """Deposit, and give the entryUUID of what was deposited."""
    deposit = deposit or Deposit()
    assert errors(client.deposit(deposit)) == []
    return client.dmp.documents(deposit.who.matricule)[-1].entry_uuid


# Existence


def test_existence(client: Client) -> None:
    response = client.send(TD02, existence(WHO))
    root = etree.fromstring(response.content)
    assert response.status_code == 200
    found = {
        "ack": "acknowledgement/@typeCode",
        "code": "queryResponseCode/@code",
        "state": "patient/h:statusCode/@code",
    }
    values = {name: root.xpath(f"//h:{path}", namespaces={"h": "urn:hl7-org:v3"}) for name, path in found.items()}
    assert values == {"ack": ["AA"], "code": ["OK"], "state": ["active"]}
    assert root.findtext(".//{*}Action") == "urn:hl7-org:v3:PRPA_IN201308UV02"
    assert b"VALIDE" in response.content
    last = client.last()
    assert last.operation == "TD0.2" and WHO.matricule in last.keys
    assert any(key.startswith("urn:uuid:") for key in last.keys)
    assert last.facts["code"] == "OK" and last.facts["mode"] == "INDIRECTE" and "warning" not in last.facts
    assert root.findtext(".//{*}RelatesTo") in last.keys


def test_absent_and_closed_records(client: Client) -> None:
    response = client.send(TD02, existence(OTHER), client.vihf(who=OTHER))
    assert b'code="NF"' in response.content and client.last().facts["status"] == "NF"
    client.dmp.close(WHO)
    response = client.send(TD02, existence(WHO))
    assert b'code="OK"' in response.content and b'code="terminated"' in response.content
    assert errors(client.deposit(Deposit())) == ["DMPClosed"]
    assert errors(client.deposit(Deposit(OTHER))) == ["XDSUnknownPatientId"]


def test_an_incomplete_existence_test(client: Client) -> None:
    response = client.send(TD02, existence(WHO).replace('<queryId root="1.2.3.5"/>', ""))
    assert b'typeCode="AE"' in response.content and "queryId" in response.text
    response = client.send(TD02, existence(WHO, "CNSLT_DATA"))
    assert b'typeCode="AE"' in response.content and client.last().operation == "TD1.3a"


# Deposit, replacement, deletion


def test_deposit(client: Client) -> None:
    deposit = Deposit(masks=("MASQUE_PS", "INVISIBLE_PATIENT"))
    assert errors(client.deposit(deposit)) == []
    (entry,) = client.dmp.documents(WHO.matricule)
    assert entry.unique_id == deposit.unique_id and entry.status == "Approved" and entry.replaces is None
    assert entry.confidentiality == ("N", "MASQUE_PS", "INVISIBLE_PATIENT") and entry.type_code == "11488-4"
    assert entry.sha256 == hashlib.sha256(deposit.document()).hexdigest()
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.entry_uuid)
    last = client.last()
    assert last.operation == "TD2.1" and {WHO.matricule, deposit.unique_id, deposit.lot_id} <= last.keys
    assert last.facts == {"td": "TD2.1", "mode": "INDIRECTE", "status": "Success", "code": "Success", "lot": "1"}
    assert last.tls is not None and "INSI-AUTO" in str(last.tls.client)
    assert deposit.document() in last.request.body


def test_deposit_in_person(client: Client) -> None:
    assert errors(client.deposit(Deposit(structure="autre"), client.direct())) == []
    assert client.last().facts["mode"] == "DIRECTE"
    stranger = client.direct()
    stranger.subject = stranger.subject.replace(USER, "899999999999")
    assert errors(client.deposit(Deposit(), stranger)) == ["XDSRegistryMetadataError"]


def test_the_entry_keeps_the_uuid_its_client_gave(client: Client) -> None:
    name = f"urn:uuid:{uuid.uuid4()}"
    assert stored(client, Deposit(entry=name)) == name
    assert errors(client.deposit(Deposit(entry=name))) == ["XDSRegistryMetadataError"]


def test_replacement(client: Client) -> None:
    first = Deposit()
    old = stored(client, first)
    response = client.send(TD31, lookup(WHO, first.unique_id))
    assert old.encode() in response.content and client.last().facts["references"] == "1"
    related = f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{first.unique_id}"/></parentDocument></relatedDocument>'
    second = Deposit(replaces=old, related=related)
    assert errors(client.deposit(second)) == []
    assert "warning" not in client.last().facts and first.unique_id in client.last().keys
    before, after = client.dmp.documents(WHO.matricule)
    assert (before.status, after.status, after.replaces) == ("Deprecated", "Approved", old)
    assert b"ObjectRef" not in client.send(TD31, lookup(WHO, first.unique_id)).content
    assert errors(client.deposit(Deposit(replaces=old, related=related))) == ["XDSRegistryDeprecatedDocumentError"]
    assert errors(client.deposit(Deposit(replaces=f"urn:uuid:{uuid.uuid4()}", related=related))) == ["XDSReplaceFailed"]
    assert errors(client.deposit(Deposit(replaces=second.unique_id, related=related))) == ["XDSReplaceFailed"]
    assert len(client.dmp.documents(WHO.matricule)) == 2


def test_a_replacement_untold_by_the_document_is_a_warning(client: Client) -> None:
    assert errors(client.deposit(Deposit(replaces=stored(client)))) == []
    assert "relatedDocument" in client.last().facts["warning"]


def test_deletion(client: Client) -> None:
    entry = stored(client)
    unique_id = client.dmp.documents(WHO.matricule)[0].unique_id
    assert errors(client.send(TD33, deletion(WHO, entry, original="urn:x:Archived"))) == ["XDSMetadataUpdateError"]
    assert errors(client.send(TD33, deletion(WHO, entry))) == []
    assert client.last().operation == "TD3.3c" and unique_id in client.last().keys
    assert [one.status for one in client.dmp.documents(WHO.matricule)] == ["Deleted"]
    assert errors(client.send(TD33, deletion(WHO, entry))) == ["XDSRegistryDeprecatedDocumentError"]
    assert errors(client.send(TD33, deletion(WHO, "urn:uuid:absent"))) == ["XDSMetadataUpdateError"]
    client.dmp.open(OTHER)
    assert errors(client.send(TD33, deletion(OTHER, entry), client.vihf(who=OTHER))) == ["XDSPatientIdDoesNotMatch"]


def test_only_the_same_structure_replaces_or_deletes(client: Client) -> None:
    entry = stored(client)
    other = client.vihf(
        changes={"Identifiant_Structure": "10B0167011"}, subject="<s:Subject><s:NameID>autre</s:NameID></s:Subject>"
    )
    assert errors(client.send(TD33, deletion(WHO, entry), other)) == ["DMPAccessDeniedByRightsService"]
    assert "absent du sujet du certificat" in client.last().facts["warning"]
    again = Deposit(replaces=entry, structure="10B0167011")
    assert errors(client.deposit(again, other)) == ["DMPAccessDeniedByRightsService"]
    assert [one.status for one in client.dmp.documents(WHO.matricule)] == ["Approved"]


def test_twenty_deposits_at_once(client: Client) -> None:
    deposits = [Deposit() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda one: errors(client.deposit(one)), deposits)) == [[]] * 20
    assert {one.unique_id for one in client.dmp.documents(WHO.matricule)} == {one.unique_id for one in deposits}
    recorded = {key for one in client.journal.exchanges(Channel.DMP) for key in one.keys}
    assert {one.unique_id for one in deposits} <= recorded


def test_the_same_document_sent_ten_times_at_once_is_stored_once(client: Client) -> None:
    name = oid()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: errors(client.deposit(Deposit(unique_id=name))), range(10)))
    assert answers.count([]) == 1 and answers.count(["XDSDuplicateUniqueIdInRegistry"]) == 9


# Rights


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (TD03, authorization("AJOUT")),
        (TD31, lookup(WHO, "1.2", "LeafClass")),
        (TD33, deletion(WHO, "urn:x", new="Archived")),
    ],
)
def test_rights_of_an_organisation(client: Client, action: str, body: str) -> None:
    response = client.send(action, body)
    assert response.status_code == 400 and subcode(response) == "DMPAccessDeniedByRightsService"
    assert client.last().facts["code"] == "DMPAccessDeniedByRightsService"
    assert "INDIRECTE" in client.last().facts["refused"]


def test_authorisation_in_person(client: Client) -> None:
    codes = []
    for action in ("AJOUT", "AJOUT", "SUPPRESSION"):
        response = client.send(TD03, authorization(action), client.direct())
        codes.append(etree.fromstring(response.content).findtext(".//{urn:essai}status"))
    assert codes == ["DMPOk", "DMPPatientAccessAlreadyExists", "DMPOk"]
    assert client.last().operation == "TD0.3"
    assert subcode(client.send(TD03, authorization("AUTRE"), client.direct())) == "Sender"


# The message itself


def test_client_certificates(client: Client) -> None:
    content = envelope(TD02, existence(WHO), client.vihf().make()).encode()
    for certificate in (None, "org_sign"):
        try:
            assert client.post(content, certificate=certificate).status_code == 403
        except (requests.exceptions.SSLError, requests.exceptions.ConnectionError):
            assert certificate == "org_sign"  # some TLS stacks already refuse it in the handshake
            continue
        assert "certificat" in client.last().facts["refused"]
        assert WHO.matricule in client.last().keys
    with pytest.raises((requests.exceptions.SSLError, requests.exceptions.ConnectionError)):
        client.post(content, certificate="org_untrusted")
    assert client.post(content, method="GET").status_code == 405


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"pas du XML",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'.encode(),
        b"\0" * 100,
        b"<a" * 5000,
    ],
)
def test_what_is_not_soap(client: Client, content: bytes) -> None:
    response = client.post(content)
    assert response.status_code in (400, 500) and b"root:" not in response.content
    assert subcode(response) in ("Sender", "VersionMismatch")
    assert client.last().facts["status"] == "fault" and client.last().facts["refused"]
    assert client.send(TD02, existence(WHO)).status_code == 200


def test_external_entities_are_not_read(client: Client) -> None:
    message = envelope(TD02, existence(WHO).replace("Patient.id", "&x;"), client.vihf().make())
    doctype = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for encoding in ("utf-8", "utf-16"):
        response = client.post((doctype + message).encode(encoding))
        assert response.status_code == 400 and "DOCTYPE" in response.text
    assert errors(client.deposit(Deposit(content=(doctype + "<a>&x;</a>").encode()))) == ["InvalidDocumentContent"]


def test_unknown_or_misplaced_actions(client: Client) -> None:
    assert subcode(client.send("urn:inconnue", existence(WHO))) == "ActionNotSupported"
    assert subcode(client.send(TD02, existence(WHO), service="registry")) == "ActionNotSupported"
    message = re.sub("<a:Action.*?</a:Action>", "", envelope(TD02, existence(WHO), client.vihf().make()))
    assert subcode(client.post(message.encode())) == "MessageAddressingHeaderRequired"
    assert subcode(client.send(TD02, "<autre/>")) == "Sender"


def test_tolerated_forms_are_warnings(client: Client) -> None:
    old = envelope(TD02, existence(WHO), client.vihf().make(), soap="http://schemas.xmlsoap.org/soap/envelope/")
    assert client.post(old.encode(), "text/xml").status_code == 200
    assert "SOAP 1.1" in client.last().facts["warning"]
    response = client.send("urn:hl7-org:v3:PRPA_IN201308UV02", existence(WHO), service="patients")
    assert response.status_code == 200 and "PRPA_IN201307UV02" in client.last().facts["warning"]
    twice = envelope(TD02, existence(WHO), client.vihf().make()).encode()
    client.post(twice)
    client.post(twice, service="/patients/")
    assert "déjà utilisé" in client.last().facts["warning"]


# The VIHF


def test_accepted_variants_of_the_vihf(client: Client) -> None:
    old = client.vihf(method=SignatureMethod.RSA_SHA1, digest=DigestAlgorithm.SHA1)
    assert client.send(TD02, existence(WHO), old).status_code == 200
    assert "SHA-1" in client.last().facts["warning"]
    for changes in ({"VIHF_Version": "4.0"}, {"Authentification_Mode": None, "Authentification_mode": "INDIRECTE"}):
        assert client.send(TD02, existence(WHO), client.vihf(changes=changes)).status_code == 200
    assert "warning" not in client.last().facts  # both spellings of this name are in official samples
    assert client.send(TD02, existence(WHO), client.direct()).status_code == 200


@pytest.mark.parametrize("form", ["dotted", "hexadecimal"])
def test_a_card_holder_named_as_other_tool_kits_do(client: Client, form: str) -> None:
    vihf = client.direct()
    subject = vihf.certificate().subject
    if form == "dotted":
        vihf.issuer = subject.rfc4514_string()
    else:

        def written(one: x509.NameAttribute[Any]) -> str:
            if one.rfc4514_attribute_name != one.oid.dotted_string:
                return one.rfc4514_string()
            value = str(one.value).encode()
            return f"{one.oid.dotted_string}=#0c{len(value):02x}{value.hex()}"

        vihf.issuer = ",".join("+".join(written(one) for one in part) for part in reversed(list(subject.rdns)))
    assert client.send(TD02, existence(WHO), vihf).status_code == 200, client.last().facts


ATTRIBUTES = [
    {name: None}
    for name in (
        "VIHF_Version",
        "Authentification_Mode",
        "Identifiant_Structure",
        "Secteur_Activite",
        "role",
        "resource",
        "subject",
        "Ressource_URN",
        "purpose",
        "LPS_Nom",
        "LPS_Version",
        "LPS_ID_HOMOLOGATION_DMP",
    )
] + [
    {"VIHF_Version": "2.0"},
    {"Authentification_Mode": "AUTRE"},
    {"Authentification_Mode": "DIRECTE"},
    {"Secteur_Activite": "SA07"},
    {"Ressource_URN": "urn:autre"},
    {"resource": "279035121518989"},
    {"role": "médecin"},
    {"purpose": "normal"},
    {"Identifiant_Structure": ""},
    {"identifiant_structure": "doublon"},
]


@pytest.mark.parametrize("changes", ATTRIBUTES, ids=str)
def test_attributes_of_the_vihf(client: Client, changes: dict[str, str | None]) -> None:
    response = client.send(TD02, existence(WHO), client.vihf(changes=changes))
    assert response.status_code == 400 and subcode(response) == "InvalidSecurityToken"
    name = next(iter(changes)).lower()
    assert name.replace("resource", "resource-id").replace("purpose", "purposeofuse")[:8] in client.last().facts[
        "refused"
    ].lower() or name in ("role", "authentification_mode")


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"signer": "org_auth"}, "DMPInvalidCertificate", "pas de signature"),
        ({"signer": "org_untrusted"}, "DMPInvalidCertificate", "IGC du banc"),
        ({"signer": "server_expired"}, "DMPInvalidCertificate", "IGC du banc"),
        ({"issuer": "CN=AUTRE,C=FR"}, "InvalidSecurityToken", "différent du sujet"),
        ({"issuer": "pas un DN"}, "InvalidSecurityToken", "RFC 2253"),
        ({"subject": ""}, "InvalidSecurityToken", "NameID"),
        ({"conditions": '<s:Conditions NotOnOrAfter="2020-01-01T00:00:00Z"/>'}, "InvalidSecurityToken", "période"),
        ({"conditions": '<s:Conditions NotBefore="2090-01-01T00:00:00"/>'}, "InvalidSecurityToken", "période"),
        ({"conditions": '<s:Conditions NotBefore="demain"/>'}, "InvalidSecurityToken", "illisible"),
        ({"who": OTHER}, "XDSPatientIdDoesNotMatch", "autre patient"),
        ({"method": SignatureMethod.RSA_SHA512}, "UnsupportedAlgorithm", "SHA-256"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused_vihf(client: Client, changes: dict[str, Any], code: str, reason: str) -> None:
    response = client.send(TD02, existence(WHO), client.vihf(**changes))
    assert response.status_code == 400 and subcode(response) == code
    assert reason in client.last().facts["refused"] and client.last().facts["code"] == code


def test_the_issuer_in_certificate_order(client: Client) -> None:
    vihf = client.vihf()
    vihf.issuer = ",".join(part.rfc4514_string() for part in vihf.certificate().subject.rdns)
    assert subcode(client.send(TD02, existence(WHO), vihf)) == "InvalidSecurityToken"
    assert "ordre inversé" in client.last().facts["refused"]


def forged(vihf: str, other: str) -> list[tuple[str, str]]:
    """Ways to have another patient's assertion believed, with the subcode each must get."""
    ds = "http://www.w3.org/2000/09/xmldsig#"
    name = re.search(r'ID="([^"]+)"', vihf)[1]  # type: ignore[index]
    signature = re.search(r"<ds:Signature.*</ds:Signature>", vihf, re.DOTALL)[0]  # type: ignore[index]
    evil = re.sub(r'ID="[^"]+"', f'ID="{name}"', other, count=1)
    return [
        (other, "FailedCheck"),  # not signed
        (vihf.replace(USER, "899999999999"), "FailedCheck"),  # changed after its signature
        (vihf + vihf, "InvalidSecurity"),
        (other + vihf, "InvalidSecurity"),
        (f"<x>{vihf}</x>", "InvalidSecurity"),  # not where it is read
        (evil.replace("</s:Assertion>", signature + "</s:Assertion>"), "FailedCheck"),  # someone else's signature
        (
            evil.replace(
                "</s:Assertion>",
                signature.replace("</ds:Signature>", f"<ds:Object>{vihf}</ds:Object></ds:Signature>")
                + "</s:Assertion>",
            ),
            "InvalidSecurity",
        ),
        (vihf.replace("</ds:Signature>", '<ds:Object><x ID="y"/></ds:Object></ds:Signature>'), "FailedCheck"),
        (vihf.replace(f'URI="#{name}"', 'URI=""'), "FailedCheck"),
        (re.sub("<ds:KeyInfo>.*</ds:KeyInfo>", "", vihf, flags=re.DOTALL), "InvalidSecurityToken"),
        (vihf.replace(f"{ds}enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"), "FailedCheck"),
        (vihf.replace(signature, f"<x>{signature}</x>"), "FailedCheck"),
        (re.sub("(<ds:X509Certificate>).*?<", r"\1AAAA<", vihf, flags=re.DOTALL), "DMPInvalidCertificate"),
        (re.sub("(<ds:X509Certificate>).*?<", r"\1é<", vihf, flags=re.DOTALL), "InvalidSecurityToken"),
        (re.sub("(<ds:SignatureValue>).*?<", r"\1AAAA<", vihf, flags=re.DOTALL), "FailedCheck"),
        (re.sub("(<ds:SignatureValue>).*?<", r"\1é<", vihf, flags=re.DOTALL), "FailedCheck"),
        (vihf + f'<x ID="{name}"/>', "FailedCheck"),
        ("", "InvalidSecurity"),
    ]


def test_wrapped_and_forged_signatures(client: Client) -> None:
    client.dmp.open(OTHER)
    cases = forged(client.vihf().make(), client.vihf(who=OTHER).unsigned())
    for number, (vihf, code) in enumerate(cases):
        response = client.post(envelope(TD02, existence(OTHER), vihf).encode())
        assert response.status_code == 400, number
        assert subcode(response) == code, (number, client.last().facts)


def test_only_what_is_signed_is_read(client: Client) -> None:
    """A comment inside a signed text does not cut it: what was signed is read whole."""
    vihf = client.vihf().make().replace(USER, USER[:4] + "<!-- -->" + USER[4:])
    assert client.post(envelope(TD02, existence(WHO), vihf).encode()).status_code == 200


# The lot


def without(pattern: str, replacement: str = "") -> Callable[[str], str]:
    def edit(message: str) -> str:
        changed = re.sub(pattern, replacement, message, count=1, flags=re.DOTALL)
        assert changed != message, pattern
        return changed

    return edit


def in_document(pattern: str, replacement: str = "") -> Callable[[str], str]:
    """Change the first match after the ExtrinsicObject of the document begins."""

    def edit(message: str) -> str:
        head, mark, tail = message.partition("<r:ExtrinsicObject")
        return head + without(pattern, replacement)(mark + tail)

    return edit


def classification(scheme: str) -> str:
    return rf'<r:Classification id="[^"]+" classificationScheme="urn:uuid:{scheme}".*?</r:Classification>'


SHA1 = "0" * 40
META, MISSING = "XDSRegistryMetadataError", "XDSMissingDocument"
LOTS: list[tuple[str, dict[str, Any], str]] = [
    ("no package", {"edit": without(r"<r:RegistryPackage.*</r:RegistryPackage>")}, META),
    (
        "not a submission set",
        {"edit": without('classificationNode="urn:uuid:a54d6aa5', 'classificationNode="urn:uuid:00000000')},
        META,
    ),
    (
        "no document member",
        {"edit": without(r'<r:Association[^>]*targetObject="Document01">.*?</r:Association>')},
        META,
    ),
    ("member not original", {"edit": without("<r:Value>Original", "<r:Value>Reference")}, META),
    ("unknown association", {"edit": without("AssociationType:signs", "AssociationType:APND")}, META),
    ("association from nowhere", {"edit": without('sourceObject="Signature01"', 'sourceObject="ailleurs"')}, META),
    (
        "no metadata at all",
        {"edit": without("<l:SubmitObjectsRequest.*</l:SubmitObjectsRequest>")},
        "XDSRepositoryMetadataError",
    ),
    (
        "document without object",
        {"edit": without('<b:Document id="Document01"', '<b:Document id="Document99"')},
        f"{MISSING},XDSMissingDocumentMetadata",
    ),
    (
        "two documents of the same id",
        {"edit": without('<b:Document id="Signature01"', '<b:Document id="Document01"')},
        f"XDSRepositoryMetadataError,{MISSING}",
    ),
    ("cid that leads nowhere", {"edit": without("cid:doc%201@x", "cid:ailleurs@x")}, MISSING),
    ("attachment not sent", {"parts": lambda parts: {"sig@x": parts["sig@x"]}}, MISSING),
    ("one part for two documents", {"edit": without("cid:sig@x", "cid:doc%201@x")}, "XDSRepositoryMetadataError"),
    ("no submission time", {"edit": without("submissionTime", "autre")}, META),
    ("no source", {"edit": without("554ac39e-e3fe", "00000000-e3fe")}, META),
    ("no title", {"edit": in_document('<r:Name><r:LocalizedString value="Consultation"/></r:Name>')}, META),
    ("no legal authenticator", {"edit": in_document("legalAuthenticator", "autre")}, META),
    ("creation time in local form", {"edit": in_document("20240102030405", "2024-01-02")}, META),
    ("no type code", {"edit": in_document(classification("f0306f51-975f-434e-a61c-c59651d33983"))}, META),
    ("no class code", {"edit": in_document(classification("41a5887f-8865-4c09-adf7-e362475b143a"))}, META),
    ("no N confidentiality", {"edit": in_document(classification("f4f85eac-e6cb-4883-b524-f2705394840f"))}, META),
    ("unknown mask", {"masks": ("INVISIBLE_REP_LEGAUX",)}, META),
    ("code without its system", {"edit": in_document("2.16.840.1.113883.6.1<", "<")}, META),
    ("no author", {"edit": in_document(classification("93606bcf-9494-43ec-9b4e-a7748d1a838d"))}, META),
    ("author of another structure", {"structure": "autre"}, META),
    (
        "patient of another in metadata",
        {"edit": in_document(re.escape(cx(WHO)) + '"/>', cx(OTHER) + '"/>')},
        "XDSPatientIdDoesNotMatch,XDSPatientIdDoesNotMatch",
    ),
    (
        "patient of another in the document",
        {"unique_id": "1.2.250.9", "content": cda(OTHER, "1.2.250.9")},
        "XDSPatientIdDoesNotMatch",
    ),
    ("other document", {"content": cda(WHO, "1.2.3")}, META),
    ("other type", {"unique_id": "1.2.250.9", "content": cda(WHO, "1.2.250.9", "18748-4")}, META),
    ("not a CDA", {"content": b"<a/>"}, "InvalidDocumentContent"),
    ("not XML", {"content": b"%PDF-1.4"}, "InvalidDocumentContent"),
    ("wrong hash", {"slots": slot("hash", SHA1)}, "XDSNonIdenticalHash"),
    ("wrong size", {"slots": slot("size", "12")}, "XDSNonIdenticalSize"),
    (
        "wrong hash and size",
        {"slots": slot("size", "x") + slot("hash", SHA1)},
        "XDSNonIdenticalHash,XDSNonIdenticalSize",
    ),
    (
        "uniqueId twice in the message",
        {"unique_id": "1.2.250.7", "lot_id": "1.2.250.7"},
        "XDSRegistryDuplicateUniqueIdInMessage",
    ),
]


@pytest.mark.parametrize(("changes", "codes"), [case[1:] for case in LOTS], ids=[case[0] for case in LOTS])
def test_refused_lots(client: Client, changes: dict[str, Any], codes: str) -> None:
    assert ",".join(errors(client.deposit(Deposit(**changes)))) == codes
    last = client.last()
    assert last.facts["status"] == "Failure" and last.facts["code"] == ",".join(dict.fromkeys(codes.split(",")))
    assert last.facts["refused"].startswith(codes.split(",", maxsplit=1)[0]) and WHO.matricule in last.keys
    assert client.dmp.documents(WHO.matricule) == ()


def test_right_hash_and_size(client: Client) -> None:
    deposit = Deposit()
    digest = hashlib.sha1(deposit.document(), usedforsecurity=False).hexdigest().upper()
    deposit.slots = slot("hash", digest) + slot("size", str(len(deposit.document())))
    assert errors(client.deposit(deposit)) == []


def test_a_document_sent_again(client: Client) -> None:
    deposit = Deposit()
    stored(client, deposit)
    assert errors(client.deposit(Deposit(unique_id=deposit.unique_id))) == ["XDSDuplicateUniqueIdInRegistry"]
    assert errors(client.deposit(Deposit(lot_id=deposit.lot_id))) == ["XDSDuplicateUniqueIdInRegistry"]


def test_tolerated_lots(client: Client) -> None:
    assert errors(client.deposit(Deposit(signature=False))) == []
    assert "signature" in client.last().facts["warning"]
    assert (
        errors(client.deposit(Deposit(edit=without('<b:Document id="Document01"', '<b:Document id="document01"'))))
        == []
    )
    assert "casse" in client.last().facts["warning"]
    deposit = Deposit()
    inline = base64.b64encode(deposit.document()).decode()
    deposit.edit = without(r'(<b:Document id="Document01">).*?(</b:Document>)', rf"\g<1>{inline}\g<2>")
    deposit.parts = lambda parts: {"sig@x": parts["sig@x"]}
    assert errors(client.deposit(deposit)) == []
    assert "base64" in client.last().facts["warning"]
    assert client.dmp.documents(WHO.matricule)[-1].sha256 == hashlib.sha256(deposit.document()).hexdigest()


def test_malformed_mtom(client: Client) -> None:
    deposit = Deposit()
    kind, body = multipart(envelope(TD21, deposit.body(), client.vihf().make()), deposit.attachments())
    for bad_kind, bad in (
        (kind, body[:-10]),
        (kind.replace("racine@x", "autre"), body),
        (kind, b""),
        (kind, body.replace(b"\r\n", b"\n")),
    ):
        response = client.post(bad, bad_kind, "repository")
        assert response.status_code == 400 and subcode(response) == "Sender"
        assert client.last().facts["refused"]
    assert client.dmp.documents(WHO.matricule) == ()
    client.post(body[:-10], kind, "repository")
    assert WHO.matricule in client.last().keys


# Faults


def test_faults_by_name(client: Client) -> None:
    for name, status in (("http-500", 500), ("http-503", 503), ("soap-fault", 500)):
        client.dmp.fault(name)
        assert client.send(TD02, existence(WHO)).status_code == status
        assert client.last().facts["fault"] == name
    client.dmp.fault("closed")
    assert b"terminated" in client.send(TD02, existence(WHO)).content
    assert errors(client.deposit(Deposit())) == ["DMPClosed"]
    client.dmp.clear()
    assert errors(client.deposit(Deposit())) == []
    assert len(FAULTS) == 6


def test_reset_and_slow(client: Client) -> None:
    client.dmp.fault("reset", WHO)
    with pytest.raises(requests.exceptions.ConnectionError):
        client.deposit(Deposit())
    assert client.last().response is None and client.dmp.documents(WHO.matricule) == ()
    client.dmp.fault("slow", WHO)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.send(TD02, existence(WHO), timeout=0.7)
    assert client.last().facts["fault"] == "slow"


def test_a_fault_for_one_person(client: Client) -> None:
    client.dmp.open(OTHER)
    client.dmp.fault("http-503", OTHER)
    assert client.send(TD02, existence(WHO)).status_code == 200
    assert client.send(TD02, existence(OTHER), client.vihf(who=OTHER)).status_code == 503
    with pytest.raises(ValueError, match="http-503"):
        client.dmp.fault("http-504")

"""Messages to a DMP, hand-written from the published rules alone: VIHF, envelope, MTOM package."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from conformance.model.identity import Identity, invent
from conformance.simulators.pki import Pki

SOAP = "http://www.w3.org/2003/05/soap-envelope"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
STRUCTURE = "489990000013001"
USER = "889990000013"
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

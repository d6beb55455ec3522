"""The VIHF: the SAML 2.0 assertion that says to the DMP who acts, for which structure and on which patient."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from .keys import signing_key
from .types import Bench, Patient
from .vocabulary import (
    HOMOLOGATION,
    PRODUCT_REFERENCE,
    SECTORS,
    SOFTWARE,
    SOFTWARE_VERSION,
    Coded,
    one_line,
    patient_cx,
    profession,
    skill,
)

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
_HL7 = "urn:hl7-org:v3"
_DEFAULT_NAMESPACE: Any = {None: _HL7}
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XS = "http://www.w3.org/2001/XMLSchema"
_SUBJECT_DN = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
_ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
_PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
_CONFIDENTIALITY_CODE = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
# Professionals who must give their know-how besides their profession.
_WITH_SKILL = ("10", "21")


@dataclass(frozen=True)
class Acting:
    """Who acts when it is not the structure that feeds: a professional whom it authenticated strongly."""

    name_id: str
    name: str

    @classmethod
    def of(cls, bench: Bench, user: str | None) -> Acting:
        """The professional of that RPPS number; the one of the bench when it is not another's."""
        who = bench.professional
        if user is None or user in (who.rpps, who.id_national) or not re.fullmatch(r"8?\d{11}", user):
            return cls(who.id_national, f"{who.nom} {who.prenom}")
        return cls(user if len(user) == 12 else f"8{user}", f"Utilisateur {user}")


def assertion(bench: Bench, patient: Patient, acting: Acting | None, *, secret: bool = False) -> etree._Element:
    """Signed assertion: of the indirect mode, or of the reinforced one when somebody is ``acting``.

    ``secret`` asks for a connection that the legal guardians of a minor do not see.
    """
    from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
    from signxml.signer import XMLSigner

    own = bench.credentials["org_sign"]
    certificate = own.certificate.read_bytes()
    root = _unsigned(bench, patient, acting, certificate, secret)
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed: etree._Element = signer.sign(
        root, key=signing_key(own), cert=certificate.decode("ascii"), reference_uri=root.get("ID")
    )
    return signed


def subject_dn(certificate: bytes) -> str:
    """Subject of a PEM certificate in the RFC 2253 spelling; the given name is written GN."""
    from cryptography.x509 import load_pem_x509_certificate
    from cryptography.x509.oid import NameOID

    subject = load_pem_x509_certificate(certificate).subject
    return subject.rfc4514_string({NameOID.GIVEN_NAME: "GN"})


def _unsigned(
    bench: Bench, patient: Patient, acting: Acting | None, certificate: bytes, secret: bool
) -> etree._Element:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    root = etree.Element(
        f"{{{SAML}}}Assertion",
        {"ID": f"_{uuid.uuid4()}", "IssueInstant": now, "Version": "2.0"},
        nsmap={"saml": SAML, "xs": _XS, "xsi": _XSI},
    )
    issuer = _saml(root, "Issuer", Format=_SUBJECT_DN)
    issuer.text = subject_dn(certificate)
    # The schema of SAML wants the signature here; signxml puts it in the place of this one.
    etree.SubElement(root, f"{{{DS}}}Signature", {"Id": "placeholder"}, nsmap={"ds": DS})
    _saml(_saml(root, "Subject"), "NameID").text = (acting or Acting.of(bench, None)).name_id
    context = _saml(_saml(root, "AuthnStatement", AuthnInstant=now), "AuthnContext")
    _saml(context, "AuthnContextClassRef").text = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
    _attributes(_saml(root, "AttributeStatement"), bench, patient, acting, secret)
    return root


def _attributes(statement: etree._Element, bench: Bench, patient: Patient, acting: Acting | None, secret: bool) -> None:
    who, structure = bench.professional, bench.raw["organisation"]
    texts = {
        "VIHF_Version": "3.0",
        "Authentification_mode": "INDIRECTE_RENFORCEE" if acting else "INDIRECTE",
        "Identifiant_Structure": str(structure["id_structure"]),
        "Secteur_Activite": f"{structure['secteur']}^{SECTORS}",
        "urn:oasis:names:tc:xspa:1.0:subject:subject-id": one_line((acting or Acting.of(bench, None)).name),
        "urn:oasis:names:tc:xacml:2.0:resource:resource-id": patient_cx(patient, bench),
        "Ressource_URN": "urn:dmp",
        "LPS_ID": PRODUCT_REFERENCE,
        "LPS_Nom": SOFTWARE,
        "LPS_Version": SOFTWARE_VERSION,
        "LPS_ID_HOMOLOGATION_DMP": HOMOLOGATION,
    }
    if secret:
        texts[_CONFIDENTIALITY_CODE] = "INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"
    for name, text in texts.items():
        value = _saml(_saml(statement, "Attribute", Name=name), "AttributeValue")
        value.set(f"{{{_XSI}}}type", "xs:string")
        value.text = text
    roles = [profession(bench)]
    if who.profession in _WITH_SKILL and who.specialite:
        roles.append(skill(bench))
    attribute = _saml(statement, "Attribute", Name=_ROLE)
    for role in roles:
        _coded(attribute, "Role", role)
    normal = Coded("normal", "1.2.250.1.213.1.1.4.248", "Accès normal")
    _coded(_saml(statement, "Attribute", Name=_PURPOSE), "PurposeOfUse", normal, "mode acces VIHF 2.0")


def _coded(attribute: etree._Element, tag: str, code: Coded, system_name: str | None = None) -> None:
    """One HL7 v3 code as an attribute value."""
    node = etree.SubElement(_saml(attribute, "AttributeValue"), f"{{{_HL7}}}{tag}", nsmap=_DEFAULT_NAMESPACE)
    node.set(f"{{{_XSI}}}type", "CE")
    node.set("code", code.code)
    node.set("codeSystem", code.system)
    if system_name:
        node.set("codeSystemName", system_name)
    node.set("displayName", code.label)


def _saml(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{SAML}}}{tag}", attributes)

"""The SAML 2.0 assertion of a call to INSi: signed by the card (CPx mode), or plain for Pro Santé Connect (PSC mode)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from conformance.reference_lps.keys import signing_key
from conformance.reference_lps.types import Bench

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
_EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_X509_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
_LIFE = timedelta(minutes=10)
_SECTORS = "1.2.250.1.71.4.2.4"
# General practice among the billing specialities of the health insurance, another list than the register's.
_AMO_GENERAL_PRACTICE = "01"
_PHYSICIAN = "10"


def signed_assertion(bench: Bench) -> etree._Element:
    """The assertion signed with the card's signature key (RSA-SHA256, exclusive c14n, enveloped)."""
    from signxml.algorithms import CanonicalizationMethod, SignatureMethod
    from signxml.signer import XMLSigner

    credential = bench.credentials["cps_sign"]
    certificate = credential.certificate.read_text(encoding="utf-8")
    root = _assertion(bench, _subject(credential.certificate))
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    return signer.sign(root, key=signing_key(credential), cert=certificate, reference_uri=root.get("ID"))


def plain_assertion(bench: Bench, national: str) -> etree._Element:
    """The assertion of a professional that Pro Santé Connect authenticated: not signed, its NameID qualified PSC."""
    root = _assertion(bench, _subject(bench.credentials["org_auth"].certificate))
    root.remove(root.find(f"{{{DS}}}Signature"))  # type: ignore[arg-type]  # it was just made
    name = root.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    assert name is not None
    name.text = national
    name.set("NameQualifier", "PSC")
    return root


def _assertion(bench: Bench, issuer: str) -> etree._Element:
    now = datetime.now(UTC)
    root = etree.Element(f"{{{SAML}}}Assertion", nsmap={"saml": SAML}, Version="2.0")
    root.set("ID", f"_{uuid.uuid4().hex}")
    root.set("IssueInstant", _instant(now))
    _add(root, "Issuer", issuer).set("Format", _X509_NAME)
    etree.SubElement(root, f"{{{DS}}}Signature", nsmap={"ds": DS}, Id="placeholder")
    _add(_add(root, "Subject"), "NameID", bench.professional.id_national)
    conditions = _add(root, "Conditions")
    conditions.set("NotBefore", _instant(now - timedelta(minutes=1)))
    conditions.set("NotOnOrAfter", _instant(now + _LIFE))
    authentication = _add(root, "AuthnStatement")
    authentication.set("AuthnInstant", _instant(now))
    context = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
    _add(_add(authentication, "AuthnContext"), "AuthnContextClassRef", context)
    statement = _add(root, "AttributeStatement")
    for name, value in _attributes(bench).items():
        attribute = _add(statement, "Attribute")
        attribute.set("Name", name)
        _add(attribute, "AttributeValue", value)
    return root


def _attributes(bench: Bench) -> dict[str, str]:
    organisation = bench.raw["organisation"]
    found = {
        "identifiantFacturation": organisation.get("finess") or organisation["id_structure"],
        "secteurActivite": f"{organisation['secteur']}^{_SECTORS}",
    }
    if bench.professional.profession == _PHYSICIAN:
        found["codeSpecialiteAMO"] = _AMO_GENERAL_PRACTICE
    return found


def _subject(path: Path) -> str:
    from cryptography import x509

    return x509.load_pem_x509_certificate(path.read_bytes()).subject.rfc4514_string()


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{SAML}}}{name}")
    child.text = text
    return child

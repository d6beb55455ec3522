"""The signature of a lot deposited to the DMP: a manifest of its documents under an XAdES signature (IHE DSG)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from lxml import etree

from .ebxml import Lot
from .keys import signing_key
from .types import Bench, Produced

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.1.1#"
_PURPOSE = "1.2.840.10065.1.12.1.14"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SIGNATURE_ID = "Signature"
_MANIFEST_ID = "IHEManifest"
_PROPERTIES_ID = "SignedProperties"


def sign(lot: Lot, produced: Produced, bench: Bench) -> bytes:
    """Signature document of the lot, made with the signing certificate of the organisation."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.x509 import load_pem_x509_certificate

    own = bench.credentials["org_sign"]
    certificate = load_pem_x509_certificate(own.certificate.read_bytes())

    root = etree.Element(f"{{{DS}}}Signature", {"Id": _SIGNATURE_ID}, nsmap={"ds": DS, "xades": XADES})
    info = _ds(root, "SignedInfo")
    value = _ds(root, "SignatureValue")
    _certificate(root, certificate)
    _purpose(root)
    manifest = _manifest(root, lot, produced)
    properties = _properties(root, lot, certificate)
    _ds(info, "CanonicalizationMethod", Algorithm=_EXCLUSIVE)
    _ds(info, "SignatureMethod", Algorithm=_RSA_SHA256)
    _reference(info, f"#{_MANIFEST_ID}", _digest(_exclusive(manifest)), _EXCLUSIVE, kind=f"{DS}Manifest")
    _reference(
        info,
        f"#{_PROPERTIES_ID}",
        _digest(_exclusive(properties)),
        _EXCLUSIVE,
        kind=f"{XADES}SignedProperties",
    )
    signed = signing_key(own).sign(_exclusive(info), padding.PKCS1v15(), hashes.SHA256())
    value.text = base64.b64encode(signed).decode("ascii")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _manifest(root: etree._Element, lot: Lot, produced: Produced) -> etree._Element:
    """The lot, whose digest has no meaning and is written empty, and the document in its canonical form."""
    manifest = _ds(_ds(root, "Object"), "Manifest", Id=_MANIFEST_ID)
    _reference(manifest, f"urn:oid:{lot.unique_id}", "AA==", None)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    document = etree.fromstring(produced.cda, parser)
    canonical = etree.tostring(document.getroottree(), method="c14n", with_comments=True)
    _reference(manifest, f"urn:oid:{produced.unique_id}", _digest(canonical), _C14N)
    return manifest


def _properties(root: etree._Element, lot: Lot, certificate: Certificate) -> etree._Element:
    """When and with which certificate the lot was signed."""
    from cryptography.hazmat.primitives import serialization

    qualifying = etree.SubElement(
        _ds(root, "Object"), f"{{{XADES}}}QualifyingProperties", {"Target": f"#{_SIGNATURE_ID}"}
    )
    properties = _xades(qualifying, "SignedProperties")
    properties.set("Id", _PROPERTIES_ID)
    signed = _xades(properties, "SignedSignatureProperties")
    _xades(signed, "SigningTime").text = lot.submitted_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    holder = _xades(_xades(signed, "SigningCertificate"), "Cert")
    digest = _xades(holder, "CertDigest")
    _ds(digest, "DigestMethod", Algorithm=_SHA256)
    _ds(digest, "DigestValue").text = _digest(certificate.public_bytes(serialization.Encoding.DER))
    serial = _xades(holder, "IssuerSerial")
    _ds(serial, "X509IssuerName").text = certificate.issuer.rfc4514_string()
    _ds(serial, "X509SerialNumber").text = str(certificate.serial_number)
    _xades(_xades(signed, "SignaturePolicyIdentifier"), "SignaturePolicyImplied")
    return properties


def _certificate(root: etree._Element, certificate: Certificate) -> None:
    from cryptography.hazmat.primitives import serialization

    der = certificate.public_bytes(serialization.Encoding.DER)
    holder = _ds(_ds(_ds(root, "KeyInfo"), "X509Data"), "X509Certificate")
    holder.text = base64.b64encode(der).decode("ascii")


def _purpose(root: etree._Element) -> None:
    holder = _ds(_ds(root, "Object"), "SignatureProperties")
    _ds(holder, "SignatureProperty", Id="purposeOfSignature", Target=f"#{_SIGNATURE_ID}").text = _PURPOSE


def _reference(parent: etree._Element, uri: str, digest: str, transform: str | None, kind: str | None = None) -> None:
    reference = _ds(parent, "Reference", URI=uri, **({"Type": kind} if kind else {}))
    if transform:
        _ds(_ds(reference, "Transforms"), "Transform", Algorithm=transform)
    _ds(reference, "DigestMethod", Algorithm=_SHA256)
    _ds(reference, "DigestValue").text = digest


def _exclusive(node: etree._Element) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=True, with_comments=False)


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")


def _ds(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{DS}}}{tag}", attributes)


def _xades(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{XADES}}}{tag}")

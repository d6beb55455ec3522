"""The VIHF as values: the SAML 2.0 assertion of a call to the DMP, its signature verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location
from conformance.validation.gate import Document, open_xml

say = Voice("vihf", "CI-SIS, transport synchrone pour client lourd (VIHF)")
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
HL7 = "urn:hl7-org:v3"
ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
PATIENT = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
USER = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
CONFIDENTIALITY = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"


@dataclass(frozen=True, slots=True)
class Role:
    """A coded attribute value (role, purpose of use): code, OID of its system, label."""

    code: str
    system: str
    label: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a finding may tell of the signing certificate. ``usages`` are the key usages.

    None when not restricted.
    """

    subject: str
    sha256: str
    usages: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Signature:
    """The outcome of the verification.

    ``fault`` is None when the signature is valid over the assertion itself.
    """

    present: bool = False
    fault: str | None = None
    method: str = ""
    digests: tuple[str, ...] = ()
    certificate: Certificate | None = None

    @property
    def uses_sha1(self) -> bool:
        """Whether SHA-1 takes part, in the signature or in a digest."""
        return any("sha1" in name.lower() for name in (self.method, *self.digests))


@dataclass(frozen=True, slots=True)
class Vihf:
    """The assertion. ``attributes`` keeps names as written.

    Read them with :meth:`value`, which ignores case.
    """

    where: Location
    version: str
    issuer: str
    issuer_format: str
    name_id: str
    context_class: str
    issued_at: str
    audience: bool
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coded: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    signature: Signature = field(default_factory=Signature)

    def written(self, name: str) -> str | None:
        """The name of an attribute as the assertion spells it; None when absent."""
        names = (*self.attributes, *self.coded)
        return next((found for found in names if found.lower() == name.lower()), None)

    def value(self, name: str) -> str:
        """The first value of an attribute, whatever its case; empty when absent."""
        return next(iter(self.attributes.get(self.written(name) or "", ())), "")

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles of the user: profession, then know-how."""
        return self.coded.get(self.written(ROLE) or "", ())

    @property
    def mode(self) -> str:
        """DIRECTE, INDIRECTE or INDIRECTE_RENFORCEE, as written."""
        return self.value("Authentification_mode")

    @property
    def structure(self) -> str:
        """Struct_IdNat of the structure for which the user acts."""
        return self.value("Identifiant_Structure")


def read(envelope: bytes, name: str = "requête DMP") -> Vihf | tuple[Finding, ...]:
    """The VIHF of a SOAP message; the findings say why it cannot be read. The signature is verified here."""
    opened = open_xml(name, envelope)
    return of(opened) if isinstance(opened, Document) else opened


def of(envelope: Document) -> Vihf | tuple[Finding, ...]:
    """The VIHF of an envelope already opened."""
    found = list(envelope.root.iter(f"{{{SAML}}}Assertion"))
    if len(found) != 1:
        return (
            Finding(
                "vihf.present",
                "Le message ne porte pas un VIHF et un seul.",
                where=envelope.where(),
                expected="une assertion SAML 2.0 dans wsse:Security",
                observed=f"{len(found)} assertion(s)",
                fix="Placer le VIHF dans l’en-tête wsse:Security de chaque appel.",
                source="CI-SIS, transport synchrone",
            ),
        )
    node = found[0]
    signature, trusted = verified(node)
    return _values(trusted if trusted is not None else node, envelope.where(node), signature)


def _values(node: etree._Element, where: Location, signature: Signature) -> Vihf:
    issuer = node.find(f"{{{SAML}}}Issuer")
    texts: dict[str, tuple[str, ...]] = {}
    coded: dict[str, tuple[Role, ...]] = {}
    for attribute in node.iter(f"{{{SAML}}}Attribute"):
        name = attribute.get("Name", "")
        for value in attribute.findall(f"{{{SAML}}}AttributeValue"):
            codes = [child for child in value if isinstance(child.tag, str)]
            if codes:
                coded[name] = (*coded.get(name, ()), *(_role(child) for child in codes))
            else:
                texts[name] = (*texts.get(name, ()), (value.text or "").strip())
    return Vihf(
        where=where,
        version=node.get("Version", ""),
        issuer="" if issuer is None else (issuer.text or "").strip(),
        issuer_format="" if issuer is None else issuer.get("Format", ""),
        name_id=_text(node, "Subject/NameID"),
        context_class=_text(node, "AuthnStatement/AuthnContext/AuthnContextClassRef"),
        issued_at=node.get("IssueInstant", ""),
        audience=node.find(f".//{{{SAML}}}AudienceRestriction") is not None,
        attributes=texts,
        coded=coded,
        signature=signature,
    )


def _role(node: etree._Element) -> Role:
    return Role(node.get("code", ""), node.get("codeSystem", ""), node.get("displayName", ""))


def _text(node: etree._Element, path: str) -> str:
    found = node.find("/".join(f"{{{SAML}}}{step}" for step in path.split("/")))
    return "" if found is None else (found.text or "").strip()


def verified(assertion: etree._Element) -> tuple[Signature, etree._Element | None]:
    """The signature of an assertion, and the assertion as it was signed: nothing else may be believed."""
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    node = assertion.find(f"{{{DS}}}Signature")
    if node is None:
        return Signature(), None
    method = node.find(f"{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod")
    digests = tuple(d.get("Algorithm", "") for d in node.iter(f"{{{DS}}}DigestMethod"))
    pem, certificate = _certificate(node)
    known = Signature(True, None, "" if method is None else method.get("Algorithm", ""), digests, certificate)
    if pem is None:
        return _faulty(known, "le certificat de signature est absent ou illisible"), None
    # SHA-1 is accepted here and told apart: the official samples still sign with it.
    config = SignatureConfiguration(
        location="./",
        signature_methods=frozenset(m for m in SignatureMethod if "HMAC" not in m.name),
        digest_algorithms=frozenset(DigestAlgorithm),
    )
    alone = etree.fromstring(etree.tostring(assertion, with_tail=False), _parser())
    try:
        result = XMLVerifier().verify(
            alone, x509_cert=pem, expect_config=config, id_attribute="ID", validate_schema=False
        )
    except (SignXMLException, ValueError, TypeError, KeyError, AttributeError, etree.LxmlError) as error:
        return _faulty(known, f"la vérification échoue ({type(error).__name__}\u00a0: {str(error)[:120]})"), None
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None or signed.tag != f"{{{SAML}}}Assertion" or signed.get("ID") != assertion.get("ID"):
        return _faulty(known, "la signature couvre autre chose que l’assertion"), None
    return known, signed


def _faulty(known: Signature, fault: str) -> Signature:
    return Signature(known.present, fault, known.method, known.digests, known.certificate)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _certificate(signature: etree._Element) -> tuple[str | None, Certificate | None]:
    import base64
    import binascii
    import hashlib

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    text = signature.findtext(f".//{{{DS}}}X509Certificate") or ""
    try:
        der = base64.b64decode(text)
        found = x509.load_der_x509_certificate(der)
        subject = found.subject.rfc4514_string({NameOID.GIVEN_NAME: "GN"})
        pem = found.public_bytes(Encoding.PEM).decode("ascii")
        usages = _usages(found)
    except (binascii.Error, ValueError, TypeError):
        return None, None
    return pem, Certificate(subject, hashlib.sha256(der).hexdigest(), usages)


def _usages(certificate: object) -> frozenset[str] | None:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_cert_sign",
    )
    return frozenset(name for name in names if getattr(usage, name))

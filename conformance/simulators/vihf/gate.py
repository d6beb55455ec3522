"""What the DMP asks of a VIHF before reading anything else: one assertion, signed as it should be, and complete.

Written from the published message rules (SAML 2.0, WS-Security 1.0, DMP integration guide as relayed by the ANS), and
from no client's code. Only the signed bytes are read once the signature has been verified.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lxml import etree

from conformance.simulators.soap import SAML, Envelope
from conformance.simulators.vihf.attributes import Attributes

if TYPE_CHECKING:
    from cryptography import x509

    from conformance.simulators.pki import Pki

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
_CANONICAL = {EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}
_SIGNATURES = {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": False, f"{DS}rsa-sha1": True}
_DIGESTS = {"http://www.w3.org/2001/04/xmlenc#sha256": False, f"{DS}sha1": True}
SUBJECT_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
INVALID_CERTIFICATE = "DMPInvalidCertificate"
SKEW = timedelta(minutes=5)
_STRINGS = (0x0C, 0x13, 0x16)  # UTF8String, PrintableString, IA5String
_MODES = {"org_sign": ("INDIRECTE", "INDIRECTE_RENFORCEE"), "cps_sign": ("DIRECTE",)}


class VihfError(Exception):
    """The VIHF is refused. ``code`` is a DMP code where one is known, else the WS-Security 1.0 one (§12)."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Vihf:
    """What a valid VIHF says; ``patient`` is the matricule and its OID, None when no patient is named."""

    name_id: str
    mode: str
    structure: str
    patient: tuple[str, str] | None
    warnings: tuple[str, ...]

    @property
    def indirect(self) -> bool:
        """Whether the organisation, and not the person, was authenticated by the DMP."""
        return self.mode != "DIRECTE"


def read(envelope: Envelope, pki: Pki, about_patient: bool = True) -> Vihf:
    """Verify and read the VIHF of a message; ``about_patient``: whether it must name one. Raises VihfError."""
    assertion = _only_assertion(envelope)
    old = list(_shape(assertion))
    signer, certificate = _certificate(assertion, pki)
    signed = _verified(assertion, certificate)
    _may_sign(certificate)
    unusual = list(_issuer(signed, certificate))
    _times(signed)
    return _content(signed, signer, certificate, old + unusual, about_patient)


def _only_assertion(envelope: Envelope) -> etree._Element:
    """The assertion, alone in the whole message: a second one anywhere is how signatures get wrapped."""
    found = list(envelope.root.iter(f"{{{SAML}}}Assertion"))
    if not found:
        raise VihfError("InvalidSecurity", "VIHF absent : aucune assertion SAML 2.0 dans le message")
    if len(found) > 1:
        raise VihfError("InvalidSecurity", f"{len(found)} assertions SAML dans le message au lieu d’une")
    if envelope.assertions != found:
        raise VihfError("InvalidSecurity", "l’assertion n’est pas directement dans wsse:Security de l’en-tête")
    name = found[0].get("ID")
    if not name or found[0].get("Version") != "2.0" or not found[0].get("IssueInstant"):
        raise VihfError("InvalidSecurityToken", 'Assertion sans ID, IssueInstant ou Version="2.0"')
    names = [
        value
        for node in envelope.root.iter(etree.Element)
        for key, value in node.items()
        if etree.QName(key).localname.lower() == "id"
    ]
    if names.count(name) > 1:
        raise VihfError("FailedCheck", f"l’identifiant « {name[:80]} » de l’assertion n’est pas unique")
    return found[0]


def _shape(assertion: etree._Element) -> Iterator[str]:
    """Refuse any signature but an enveloped one over the whole assertion; yield what is merely outdated."""
    signatures = list(assertion.iter(f"{{{DS}}}Signature"))
    if not signatures:
        raise VihfError("FailedCheck", "l’assertion n’est pas signée")
    if len(signatures) > 1 or signatures[0].getparent() is not assertion:
        raise VihfError("FailedCheck", "l’assertion doit porter une seule signature, à son premier niveau")
    signature = signatures[0]
    references = list(signature.iter(f"{{{DS}}}Reference"))
    if len(references) != 1 or references[0].get("URI") != f"#{assertion.get('ID')}":
        raise VihfError("FailedCheck", "la signature doit porter une référence et une seule, à l’assertion entière")
    if signature.find(f"{{{DS}}}Object") is not None:
        raise VihfError("FailedCheck", "la signature contient un ds:Object, que le VIHF n’a pas")
    transforms = [node.get("Algorithm") for node in signature.iter(f"{{{DS}}}Transform")]
    if ENVELOPED not in transforms or not set(transforms) <= {ENVELOPED, *_CANONICAL}:
        raise VihfError("FailedCheck", "transformations de signature autres que enveloppée et C14N")
    if _algorithm(signature, "CanonicalizationMethod") not in _CANONICAL:
        raise VihfError("UnsupportedAlgorithm", "canonicalisation de signature inconnue")
    for node, table in (("SignatureMethod", _SIGNATURES), ("DigestMethod", _DIGESTS)):
        algorithm = _algorithm(signature, node)
        if algorithm not in table:
            raise VihfError("UnsupportedAlgorithm", f"{node} : {algorithm or 'absent'} (RSA et SHA-256 attendus)")
        if table[algorithm]:
            yield f"{node} en SHA-1, algorithme ancien"


def _algorithm(signature: etree._Element, name: str) -> str:
    node = next(signature.iter(f"{{{DS}}}{name}"), None)
    return "" if node is None else node.get("Algorithm") or ""


def _certificate(assertion: etree._Element, pki: Pki) -> tuple[str, x509.Certificate]:
    """The signing certificate and its name in the bench: an unknown one is not even decoded."""
    from cryptography import x509

    path = f"{{{DS}}}Signature/{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate"
    found = assertion.findall(path)
    if not found:
        raise VihfError("InvalidSecurityToken", "la signature ne porte pas de certificat (KeyInfo/X509Data)")
    try:
        der = base64.b64decode("".join((found[0].text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise VihfError("InvalidSecurityToken", "le certificat de signature est illisible") from None
    name = pki.identify(der)
    if name is None or name == "org_untrusted":
        raise VihfError(INVALID_CERTIFICATE, "le certificat de signature ne vient pas de l’IGC du banc")
    return name, x509.load_der_x509_certificate(der)


def _verified(assertion: etree._Element, certificate: x509.Certificate) -> etree._Element:
    """The assertion as it was signed, rebuilt from the signed bytes alone."""
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import InvalidCertificate, SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    settings = SignatureConfiguration(
        location="./",
        signature_methods=frozenset({SignatureMethod.RSA_SHA1, SignatureMethod.RSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA1, DigestAlgorithm.SHA256}),
    )
    alone = etree.fromstring(etree.tostring(assertion, with_tail=False))
    try:
        result = XMLVerifier().verify(alone, x509_cert=certificate, expect_config=settings)
    except InvalidCertificate:
        raise VihfError(INVALID_CERTIFICATE, "le certificat de signature n’est pas en cours de validité") from None
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, NotImplementedError):
        raise VihfError("FailedCheck", "la signature du VIHF ne correspond pas à son contenu") from None
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None or signed.tag != assertion.tag or signed.get("ID") != assertion.get("ID"):
        raise VihfError("FailedCheck", "la signature ne couvre pas l’assertion")
    return signed


def _may_sign(certificate: x509.Certificate) -> None:
    from cryptography import x509

    if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        raise VihfError(INVALID_CERTIFICATE, "le certificat de signature n’est pas en cours de validité")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise VihfError(INVALID_CERTIFICATE, "le certificat de signature n’a pas d’usage de clé") from None
    if not usage.content_commitment:
        reason = "le VIHF est signé par un certificat d’authentification, pas de signature (nonRepudiation absent)"
        raise VihfError(INVALID_CERTIFICATE, reason)


def _issuer(signed: etree._Element, certificate: x509.Certificate) -> Iterator[str]:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    issuer = signed.find(f"{{{SAML}}}Issuer")
    if issuer is None or issuer.get("Format") != SUBJECT_NAME:
        raise VihfError("InvalidSecurityToken", f"Issuer absent ou Format différent de {SUBJECT_NAME}")
    text = (issuer.text or "").strip()
    given, state = NameOID.GIVEN_NAME, NameOID.STATE_OR_PROVINCE_NAME
    names = {"GN": given, "G": given, "SN": NameOID.SURNAME, "S": state}
    expected = certificate.subject.rfc4514_string({NameOID.GIVEN_NAME: "GN", NameOID.SURNAME: "SN"})
    try:
        said = [frozenset(part) for part in x509.Name.from_rfc4514_string(_in_clear(text), names).rdns]
    except ValueError:
        raise VihfError("InvalidSecurityToken", f"Issuer « {text[:200]} » n’est pas un DN de la RFC 2253") from None
    true = [frozenset(part) for part in certificate.subject.rdns]
    if [_plain(part) for part in said] != [_plain(part) for part in true]:
        order = " (ordre inversé)" if [_plain(part) for part in said[::-1]] == [_plain(part) for part in true] else ""
        reason = f"Issuer « {text[:200]} » différent du sujet du certificat de signature « {expected} »{order}"
        raise VihfError("InvalidSecurityToken", reason)
    if re.search(r"(?:^|[,+])\s*(?:G|S)=", text):
        yield "Issuer écrit avec G= ou S= au lieu de GN= et ST="


def _in_clear(text: str) -> str:
    """A DN whose values written as DER (``2.5.4.42=#0c07…``, RFC 4514 §2.4) are plain; raises ValueError."""

    def value(found: re.Match[str]) -> str:
        der = bytes.fromhex(found[1])
        if len(der) < 2 or der[0] not in _STRINGS or der[1] != len(der) - 2:
            raise ValueError("valeur DER qui n’est pas une courte chaîne")
        return "=" + "".join(f"\\{byte:02x}" for byte in der[2:])

    return re.sub(r"=#([0-9A-Fa-f]+)(?=[,+]|$)", value, text)


def _plain(part: frozenset[x509.NameAttribute[Any]]) -> frozenset[tuple[str, str]]:
    return frozenset((item.oid.dotted_string, str(item.value)) for item in part)


def _times(signed: etree._Element) -> None:
    """Validity limits are optional; when they are there, they hold. Raises VihfError."""
    now = datetime.now(UTC)
    for node in signed.iter(f"{{{SAML}}}Conditions"):
        for name, past in (("NotBefore", 1), ("NotOnOrAfter", -1)):
            if (text := node.get(name)) is None:
                continue
            try:
                limit = datetime.fromisoformat(text)
            except ValueError:
                raise VihfError("InvalidSecurityToken", f"{name} illisible : « {text[:40]} »") from None
            limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
            if (limit - now) * past > SKEW:
                raise VihfError("InvalidSecurityToken", f"VIHF hors de sa période de validité ({name} {text[:40]})")


def _content(
    signed: etree._Element, signer: str, certificate: x509.Certificate, odd: list[str], about_patient: bool
) -> Vihf:
    attributes = Attributes(signed)
    problems = list(attributes.problems(about_patient))
    mode = attributes.text("Authentification_Mode")
    if mode and mode not in _MODES.get(signer, ()):
        problems.append(f"mode {mode} incompatible avec le certificat de signature présenté ({signer})")
    if problems:
        raise VihfError("InvalidSecurityToken", " ; ".join(problems))
    warnings = [*odd, *attributes.warnings()]
    structure = attributes.text("Identifiant_Structure")
    units = {str(item.value) for item in certificate.subject if item.rfc4514_attribute_name == "OU"}
    if mode != "DIRECTE" and structure not in units:
        warnings.append(f"Identifiant_Structure {structure} absent du sujet du certificat (OU {', '.join(units)})")
    return Vihf(attributes.name_id, mode, structure, attributes.patient, tuple(warnings))

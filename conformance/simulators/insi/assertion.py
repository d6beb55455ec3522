"""Who calls INSi, and by which mode: card (CPX), organisation's certificate (ORG), Pro Santé Connect (PSC).

A card signs a SAML 2.0 assertion; an organisation shows its certificate and sends no assertion; a Pro Santé
Connect identity travels in an assertion that is not signed and whose NameID is qualified ``PSC``.
"""

from __future__ import annotations

import base64

from lxml import etree

from conformance.simulators.pki import Pki
from conformance.simulators.soap import SAML, Envelope

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CARDS = ("cps_sign", "cps_auth")


class IdentityError(Exception):
    """The authentication is missing, incoherent or false; the message says why, in French."""


def user_of(envelope: Envelope, certificate: bytes | None, pki: Pki, facts: dict[str, str]) -> None:
    """Write in ``facts`` the mode and the user of a call; ``certificate`` is the client's, in DER.

    Raises IdentityError when they do not hold together; ``facts`` then keeps what could be read.
    """
    shown = pki.identify(certificate)
    facts["certificat"] = shown or ("inconnu" if certificate else "aucun")
    assertions = envelope.assertions
    if len(assertions) != sum(1 for _ in envelope.root.iter(f"{{{SAML}}}Assertion")) or len(assertions) > 1:
        raise IdentityError("L’assertion SAML doit être unique et placée dans wsse:Security.")
    if not assertions:
        facts["mode"] = "ORG"
        if certificate is None:
            raise IdentityError("Ni certificat client ni assertion : l’appelant n’est pas authentifié.")
        if shown != "org_auth":
            raise IdentityError("Sans assertion, le certificat client doit être celui de l’organisation.")
        return
    name = assertions[0].find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    if name is None or not (name.text or "").strip():
        raise IdentityError("L’assertion ne nomme pas l’utilisateur (Subject/NameID).")
    facts["utilisateur"] = (name.text or "").strip()[:200]
    signed = assertions[0].find(f"{_DS}Signature") is not None
    facts["mode"] = "CPX" if signed else "PSC"
    if signed != (name.get("NameQualifier") != "PSC"):
        wrong = "signée mais qualifiée PSC" if signed else "non signée et non qualifiée PSC"
        raise IdentityError(f"Assertion {wrong} : ni mode carte ni mode Pro Santé Connect.")
    if signed:
        if shown is not None and shown.startswith("org"):
            raise IdentityError("Assertion de carte présentée avec le certificat de l’organisation.")
        facts["signataire"] = _signer(assertions[0], pki)


def _signer(assertion: etree._Element, pki: Pki) -> str:
    """The card certificate that signed the assertion, once its signature holds."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from signxml.exceptions import SignXMLException

    given = assertion.findtext(f"{_DS}Signature/{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    try:
        named = pki.identify(base64.b64decode(given)) if given else None
    except ValueError:
        named = None
    if given and named not in _CARDS:
        raise IdentityError("L’assertion n’est pas signée par une carte du banc.")
    for card in [named] if named else _CARDS:
        try:
            if _holds(assertion, pki, card):
                return card
        # What signxml raises on a signature whose parts are missing or absurd, besides its own errors.
        except (SignXMLException, UnsupportedAlgorithm, etree.LxmlError, LookupError, ValueError, TypeError):
            continue
        except (AttributeError, AssertionError):
            continue
    raise IdentityError("La signature de l’assertion ne se vérifie pas (RSA-SHA256, exc-c14n attendus).")


def _holds(assertion: etree._Element, pki: Pki, card: str) -> bool:
    from signxml.algorithms import SignatureMethod
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    only = SignatureConfiguration(location="./", signature_methods=frozenset({SignatureMethod.RSA_SHA256}))
    certificate = pki.pair(card).certificate.read_text(encoding="ascii")
    result = XMLVerifier().verify(assertion, x509_cert=certificate, expect_config=only)
    if isinstance(result, list) or result.signed_xml is None:
        return False
    method = result.signature_xml.find(f"{_DS}SignedInfo/{_DS}CanonicalizationMethod")
    # What was signed must be the assertion itself, not something slipped beside it.
    same = result.signed_xml.tag == assertion.tag and result.signed_xml.get("ID") == assertion.get("ID")
    return same and method is not None and method.get("Algorithm") == _EXCLUSIVE

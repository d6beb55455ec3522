from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from conformance.checks import vihf
from conformance.model.evidence import Tls
from tests.checks.carried import AUTHOR, OTHER, SOMEONE, STRUCTURE, cx, says, warns

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
SUBJECT = f"CN=signature.test,OU={STRUCTURE},O=CABINET DES TILLEULS,C=FR"


class LegacySigner(XMLSigner):
    """Signs with SHA-1, which the library refuses by default."""

    def check_deprecated_methods(self) -> None:
        pass


@cache
def pair(signing: bool = True) -> tuple[bytes, bytes]:
    """Key and certificate in PEM; ``signing`` gives the usage of a signature certificate."""
    key = rsa.generate_private_key(65537, 2048)
    parts = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "CABINET DES TILLEULS")]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, STRUCTURE), (NameOID.COMMON_NAME, "signature.test")]
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
    usage = x509.KeyUsage(not signing, signing, False, False, False, False, False, False, False)
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, now - timedelta(1), now + timedelta(1))
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


def assertion(issuer: str = SUBJECT, roles: tuple[tuple[str, str], ...] = (), **changes: str | None) -> etree._Element:
    """A conforming assertion; ``changes`` replace an attribute, None leaves it out."""
    texts: dict[str, str | None] = {
        "VIHF_Version": "3.0",
        "Authentification_mode": "INDIRECTE",
        "Identifiant_Structure": STRUCTURE,
        "Secteur_Activite": "SA07^1.2.250.1.71.4.2.4",
        vihf.USER: "EXEMPLE Camille",
        vihf.PATIENT: cx(SOMEONE),
        "Ressource_URN": "urn:dmp",
        "LPS_Nom": "Logiciel",
        "LPS_Version": "1",
        "LPS_ID_HOMOLOGATION_DMP": "X-1",
    }
    texts.update(changes)
    values = "".join(
        f'<Attribute Name="{name}"><AttributeValue>{text.replace("&", "&amp;")}</AttributeValue></Attribute>'
        for name, text in texts.items()
        if text is not None
    )
    coded = roles or (("10", "1.2.250.1.71.1.2.7"), ("SM26", "1.2.250.1.71.4.2.5"))
    told = "".join(
        f'<AttributeValue><Role xmlns="urn:hl7-org:v3" code="{code}" codeSystem="{system}" displayName="x"/></AttributeValue>'
        for code, system in coded
    )
    return etree.fromstring(f"""<Assertion xmlns="{SAML}" ID="_a1" IssueInstant="2026-03-02T09:00:00Z" Version="2.0">
<Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName">{issuer}</Issuer>
<Subject><NameID>{changes.get("name_id") or AUTHOR}</NameID></Subject>
<AuthnStatement AuthnInstant="2026-03-02T09:00:00Z"><AuthnContext>
<AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</AuthnContextClassRef></AuthnContext></AuthnStatement>
<AttributeStatement>{values}<Attribute Name="{vihf.ROLE}">{told}</Attribute>
<Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"><AttributeValue><PurposeOfUse xmlns="urn:hl7-org:v3"
 code="normal" codeSystem="1.2.250.1.213.1.1.4.248"/></AttributeValue></Attribute></AttributeStatement></Assertion>""")


def signed(node: etree._Element | None = None, signing: bool = True, legacy: bool = False) -> etree._Element:
    key, certificate = pair(signing)
    kind = LegacySigner if legacy else XMLSigner
    signer = kind(
        signature_algorithm=SignatureMethod.RSA_SHA1 if legacy else SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA1 if legacy else DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    target = assertion() if node is None else node
    return signer.sign(target, key=key, cert=certificate.decode(), reference_uri="_a1")


def envelope(*assertions: etree._Element) -> bytes:
    inside = b"".join(etree.tostring(node) for node in assertions)
    security = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><w:Security xmlns:w="{security}">'.encode()
        + inside
        + b"</w:Security></s:Header><s:Body/></s:Envelope>"
    )


def read(node: etree._Element | None = None) -> vihf.Vihf:
    found = vihf.read(envelope(signed() if node is None else node))
    assert isinstance(found, vihf.Vihf), found
    return found


def test_a_conforming_assertion_has_nothing_to_say() -> None:
    found = read()
    for check in (vihf.shape, vihf.attributes, vihf.roles, vihf.signature):
        assert list(check(found)) == []
    assert list(vihf.patient(found, SOMEONE.matricule, SOMEONE.oid)) == []
    assert list(vihf.subject_is(found, AUTHOR, STRUCTURE)) == []
    assert list(vihf.mode_is(found, "INDIRECTE")) == []
    assert list(vihf.secret_connection(found, wanted=False)) == []


def test_a_message_without_one_assertion_is_told() -> None:
    assert says(vihf.read(envelope()), "un VIHF et un seul")
    assert says(vihf.read(envelope(assertion(), assertion())), "un VIHF et un seul")
    assert says(vihf.read(b"pas du xml"), "bien formé")


def test_an_unsigned_assertion_is_told() -> None:
    assert says(vihf.signature(read(assertion())), "n’est pas signé")


def test_an_assertion_touched_after_its_signature_is_told() -> None:
    node = signed()
    node.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID").text = "889990000999"
    assert says(vihf.signature(read(node)), "n’est pas valide")


def test_a_signature_of_something_else_is_told() -> None:
    node, other = assertion(), signed()
    node.append(other.find(f"{{{DS}}}Signature"))
    node.set("ID", "_autre")
    assert says(vihf.signature(read(node)), "n’est pas valide")


def test_a_signature_without_its_certificate_is_told() -> None:
    node = signed()
    info = node.find(f"{{{DS}}}Signature/{{{DS}}}KeyInfo")
    info.getparent().remove(info)
    assert says(vihf.signature(read(node)), "certificat de signature est absent")


def test_sha1_warns() -> None:
    assert warns(vihf.signature(read(signed(legacy=True))), "SHA-1")


def test_signing_with_the_authentication_certificate_is_told_by_name() -> None:
    assert says(vihf.signature(read(signed(signing=False))), "certificat d’authentification")
    der = x509.load_pem_x509_certificate(pair(True)[1]).public_bytes(serialization.Encoding.DER)
    tls = Tls("TLSv1.2", "x", "CN=x", hashlib.sha256(der).hexdigest())
    found = list(vihf.signature(read(), tls))
    assert says(found, "certificat d’authentification")
    assert found[0].observed == "le certificat du canal TLS"


def test_an_issuer_that_is_not_the_signer_is_told_but_its_spelling_is_free() -> None:
    assert says(vihf.signature(read(signed(assertion("CN=autre,C=FR")))), "pas le sujet du certificat")
    spelled = f"CN=signature.test, ou={STRUCTURE}, O=CABINET DES TILLEULS, C=FR"
    assert list(vihf.signature(read(signed(assertion(spelled))))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Identifiant_Structure": None}, "Identifiant_Structure manque"),
        ({"LPS_Nom": ""}, "LPS_Nom manque"),
        ({"Authentification_mode": "CARTE"}, "mode d’authentification est inconnu"),
        ({"Secteur_Activite": "SA07"}, "secteur d’activité"),
        ({"Ressource_URN": "urn:autre"}, "n’est pas le DMP"),
        ({vihf.USER: None}, "nom de l’utilisateur manque"),
        ({"Identifiant_Structure": "cabinet"}, "Struct_IdNat"),
    ],
)
def test_a_missing_or_wrong_attribute_is_named(change: dict[str, str | None], said: str) -> None:
    assert says(vihf.attributes(read(signed(assertion(**change)))), said)


def test_another_case_is_told_and_not_condemned() -> None:
    found = list(vihf.attributes(read(signed(assertion(Authentification_mode=None, Authentification_Mode="DIRECTE")))))
    assert [f.severity.value for f in found] == ["INFO"]
    assert "autre casse" in found[0].message


def test_a_doubtful_version_warns() -> None:
    assert warns(vihf.attributes(read(signed(assertion(VIHF_Version="4.0")))), "version du VIHF")


def test_the_name_id_bears_its_prefix() -> None:
    assert says(vihf.shape(read(signed(assertion(name_id=AUTHOR[1:])))), "sans son préfixe")
    assert says(vihf.shape(read(signed(assertion(name_id="Camille")))), "forme d’un PS_IdNat")


def test_a_doctor_without_his_skill_is_told() -> None:
    alone = (("10", "1.2.250.1.71.1.2.7"),)
    assert says(vihf.roles(read(signed(assertion(roles=alone)))), "savoir-faire")
    assert list(vihf.roles(read(signed(assertion(roles=(("60", "1.2.250.1.71.1.2.7"),)))))) == []
    assert says(vihf.roles(read(signed(assertion(roles=(("60", "1.2.3"),))))), "JDV_J65")


def test_another_patient_is_told() -> None:
    assert says(vihf.patient(read(), OTHER.matricule), "autre usager")
    wrong = read(signed(assertion(**{vihf.PATIENT: f"{SOMEONE.matricule[:13]}^^^&{SOMEONE.oid}&ISO^NH"})))
    assert says(vihf.patient(wrong), "INS valide")
    assert says(vihf.patient(read(signed(assertion(**{vihf.PATIENT: None})))), "n’a pas la forme")


def test_another_user_structure_or_mode_is_told() -> None:
    assert says(vihf.subject_is(read(), "889990000999"), "pas l’utilisateur")
    assert says(vihf.subject_is(read(), AUTHOR, "489"), "carte ou du certificat")
    assert says(vihf.mode_is(read(), "DIRECTE"), "pas celui attendu")


def test_the_secret_connection_is_asked_only_when_wanted() -> None:
    value = "INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"
    secret = read(signed(assertion(**{vihf.CONFIDENTIALITY: value})))
    assert list(vihf.secret_connection(secret)) == []
    assert says(vihf.secret_connection(secret, wanted=False), "connexion secrète")
    assert says(vihf.secret_connection(read()), "connexion secrète")
    assert warns(vihf.secret_connection(read(signed(assertion(Confidentiality_code=value)))), "ancien")

"""The DMP client of the reference LPS against a local HTTPS server that takes its messages apart with the standard library."""

from __future__ import annotations

import base64
import hashlib
import http.server
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dmp_kit import NS, Call, Handler
from lxml import etree
from signxml.exceptions import InvalidSignature
from signxml.verifier import VerifyResult, XMLVerifier
from wire_kit import DRAFT, MATRICULE, OID, PATIENT, Authority, make_bench

from conformance.reference_lps import documents
from conformance.reference_lps.dmp import DmpClient
from conformance.reference_lps.types import Bench, Deposit, Draft, Produced

NONE: frozenset[str] = frozenset()
FOUND = (
    '<PRPA_IN201308UV02 xmlns="urn:hl7-org:v3"><acknowledgement typeCode="{ack}"><acknowledgementDetail>'
    '<code code="DMPx"/></acknowledgementDetail></acknowledgement><controlActProcess><subject><registrationEvent>'
    '<subject1><patient><statusCode code="{status}"/></patient></subject1></registrationEvent></subject>'
    '<queryAck><queryResponseCode code="{response}"/></queryAck></controlActProcess></PRPA_IN201308UV02>'
)
OPEN = FOUND.format(ack="AA", status="active", response="OK")
REGISTERED = (
    '<rs:RegistryResponse xmlns:rs="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"'
    ' status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"/>'
)
REJECTED = (
    '<rs:RegistryResponse xmlns:rs="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"'
    ' status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"><rs:RegistryErrorList>'
    '<rs:RegistryError errorCode="XDSReplaceFailed" codeContext="déjà remplacé"/></rs:RegistryErrorList>'
    "</rs:RegistryResponse>"
)
FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>s:DMPInvalidCertificate</s:Value></s:Subcode>"
    '</s:Code><s:Reason><s:Text xml:lang="en">Not a valid\n certificate</s:Text></s:Reason></s:Fault>'
)


def enveloped(body: str) -> bytes:
    return f'<s:Envelope xmlns:s="{NS["s"]}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    authority = Authority(tmp_path_factory.mktemp("pki"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(str(path) for path in authority.issue("dmp")))
    context.load_verify_locations(str(authority.path))
    context.verify_mode = ssl.CERT_REQUIRED
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield make_bench(authority, dmp_port=server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def calm() -> None:
    soap = "application/soap+xml; charset=UTF-8"
    Handler.calls.clear()
    Handler.answers.clear()
    Handler.answers["patients"] = (200, soap, enveloped(OPEN))
    Handler.answers["repository"] = (200, soap, enveloped(REGISTERED))
    Handler.answers["registry"] = (200, soap, enveloped(REGISTERED))


def deposit(bench: Bench, *defects: str, draft: Draft = DRAFT, replaces: str | None = None) -> tuple[Produced, Deposit]:
    produced = documents.produce(draft, PATIENT, bench, NONE)
    return produced, DmpClient(bench, frozenset(defects)).deposit(produced, draft, PATIENT, replaces)


def attribute(call: Call, name: str) -> list[str]:
    return call.texts(f"//saml:Attribute[@Name='{name}']/saml:AttributeValue/text()")


def test_a_deposit_tests_existence_then_sends_the_document_byte_for_byte(bench: Bench) -> None:
    produced, done = deposit(bench)
    assert done.state == "DEPOSE", done.message
    test, call = Handler.calls
    assert (test.service, call.service) == ("patients", "repository")
    assert test.client == call.client == "org_auth"
    assert test.texts("//h:patientIdentifier/h:value/@extension") == [MATRICULE]
    assert test.texts("//h:patientIdentifier/h:value/@root") == [OID]
    assert test.texts("//h:reasonCode/@code") == ["TEST_EXST"]
    assert 'start-info="application/soap+xml"' in call.content_type
    sent = {
        entry: call.parts["<" + urllib.parse.unquote(href.removeprefix("cid:")) + ">"]
        for entry, href in zip(
            call.texts("//x:Document/@id"), call.texts("//x:Document/xop:Include/@href"), strict=True
        )
    }
    assert sent[str(done.entry_uuid)] == produced.cda
    assert sorted(sent) == sorted(call.texts("//r:ExtrinsicObject/@id"))
    assert call.texts("//r:Association/@associationType") == [
        "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember",
        "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember",
        "urn:ihe:iti:2007:AssociationType:signs",
    ]
    unique = f"//r:ExtrinsicObject[@id='{done.entry_uuid}']/r:ExternalIdentifier/@value"
    assert call.texts(unique) == [f"{MATRICULE}^^^&{OID}&ISO^NH", produced.unique_id]


def test_the_headers_name_the_action(bench: Bench) -> None:
    deposit(bench)
    DmpClient(bench, NONE).delete("urn:uuid:1", PATIENT)
    assert [call.texts("//a:Action/text()") for call in Handler.calls] == [
        ["urn:hl7-org:v3:PRPA_IN201307UV02"],
        ["urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"],
        ["urn:hl7-org:v3:PRPA_IN201307UV02"],
        ["urn:ihe:iti:2010:UpdateDocumentSet"],
    ]
    identifiers = [call.texts("//a:MessageID/text()")[0] for call in Handler.calls]
    assert len(set(identifiers)) == 4


def test_the_vihf_is_signed_by_the_signing_certificate(bench: Bench) -> None:
    deposit(bench)
    call = Handler.calls[1]
    certificate = bench.credentials["org_sign"].certificate.read_text(encoding="ascii")
    found = call.root.find(".//saml:Assertion", NS)
    assert found is not None
    # The message must verify as received, whatever the prefixes of the envelope around it.
    assertion = etree.fromstring(etree.tostring(found))
    verified = XMLVerifier().verify(assertion, x509_cert=certificate)
    assert isinstance(verified, VerifyResult)
    assert verified.signed_xml is not None
    assert verified.signed_xml.tag == f"{{{NS['saml']}}}Assertion"
    assert call.texts("//saml:Issuer/text()") == ["CN=org_sign,OU=499900000000001,O=Cabinet\\, de test,C=FR"]
    assert call.texts("//saml:NameID/text()") == ["889990000015"]
    assert attribute(call, "Authentification_mode") == ["INDIRECTE"]
    assert attribute(call, "Identifiant_Structure") == ["499900000000001"]
    assert attribute(call, "Secteur_Activite") == ["SA07^1.2.250.1.71.4.2.4"]
    resource = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
    assert attribute(call, resource) == [f"{MATRICULE}^^^&{OID}&ISO^NH"]
    assert call.texts("//h:Role/@code") == ["10", "SM26"]
    name = assertion.find(".//saml:NameID", NS)
    assert name is not None
    name.text = "889990000023"
    with pytest.raises(InvalidSignature):
        XMLVerifier().verify(assertion, x509_cert=certificate)


def test_the_signature_of_the_lot_holds(bench: Bench) -> None:
    produced, _ = deposit(bench)
    call = Handler.calls[1]
    (signature,) = [etree.fromstring(part) for part in call.parts.values() if part != produced.cda]
    references = signature.findall("ds:SignedInfo/ds:Reference", NS)
    assert len(references) == 2
    for reference in references:
        target = str(reference.get("URI")).removeprefix("#")
        (node,) = [found for found in signature.iter() if found.get("Id") == target]
        digest = hashlib.sha256(etree.tostring(node, method="c14n", exclusive=True)).digest()
        assert reference.findtext("ds:DigestValue", None, NS) == base64.b64encode(digest).decode()
    info = signature.find("ds:SignedInfo", NS)
    assert info is not None
    own = x509.load_pem_x509_certificate(bench.credentials["org_sign"].certificate.read_bytes())
    key = own.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    value = base64.b64decode(signature.findtext("ds:SignatureValue", "", NS))
    canonical = etree.tostring(info, method="c14n", exclusive=True)
    key.verify(value, canonical, padding.PKCS1v15(), hashes.SHA256())
    (lot,) = call.texts("//r:RegistryPackage/r:ExternalIdentifier[last()]/@value")
    assert [r.get("URI") for r in signature.findall(".//ds:Manifest/ds:Reference", NS)] == [
        f"urn:oid:{lot}",
        f"urn:oid:{produced.unique_id}",
    ]


def confidentiality(call: Call) -> list[str]:
    scheme = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
    entry = "//r:ExtrinsicObject[r:Slot[@name='languageCode']//r:Value='fr-FR']"
    return call.texts(f"{entry}/r:Classification[@classificationScheme='{scheme}']/@nodeRepresentation")


def test_masking_choices_are_written_and_the_defect_forgets_them(bench: Bench) -> None:
    secret = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
    chosen = replace(DRAFT, masked_from_professionals=True, hidden_from_patient=True, hidden_from_guardians=True)
    deposit(bench, draft=chosen)
    codes = ["N", "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"]
    assert confidentiality(Handler.calls[1]) == codes
    assert attribute(Handler.calls[1], secret) == ["INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"]
    deposit(bench, "dmp-masking-ignored", draft=chosen)
    assert confidentiality(Handler.calls[3]) == ["N"]
    deposit(bench)
    assert confidentiality(Handler.calls[5]) == ["N"]
    assert attribute(Handler.calls[5], secret) == []


def test_a_replacement_points_to_the_former_entry(bench: Bench) -> None:
    draft = replace(DRAFT, replaces="2.25.7.1.3")
    link = "//r:Association[@associationType='urn:ihe:iti:2007:AssociationType:RPLC']"
    _, done = deposit(bench, draft=draft, replaces="urn:uuid:old")
    assert Handler.calls[1].texts(f"{link}/@targetObject") == ["urn:uuid:old"]
    assert Handler.calls[1].texts(f"{link}/@sourceObject") == [done.entry_uuid]
    deposit(bench, "dmp-replacement-as-new", draft=draft, replaces="urn:uuid:old")
    assert Handler.calls[3].texts(link) == []


def test_a_deletion_changes_the_status_of_the_entry(bench: Bench) -> None:
    done = DmpClient(bench, NONE).delete("urn:uuid:old", PATIENT)
    assert (done.state, done.entry_uuid) == ("SUPPRIME", "urn:uuid:old"), done.message
    call = Handler.calls[1]
    assert call.service == "registry"
    link = "//r:Association[@associationType='urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus']"
    assert call.texts(f"{link}/@targetObject") == ["urn:uuid:old"]
    assert call.texts(f"{link}/@sourceObject") == call.texts("//r:RegistryPackage/@id")
    assert call.texts(f"{link}/r:Slot[@name='NewStatus']//r:Value/text()") == [
        "urn:asip:ci-sis:2010:StatusType:Deleted"
    ]


def test_an_identity_that_is_not_qualified_calls_nobody(bench: Bench) -> None:
    patient = replace(PATIENT, statut="VALIDEE")
    produced = documents.produce(DRAFT, patient, bench, NONE)
    assert DmpClient(bench, NONE).deposit(produced, DRAFT, patient, None).state == "BLOQUE"
    assert DmpClient(bench, NONE).delete("urn:uuid:1", patient).state == "BLOQUE"
    assert Handler.calls == []


SOAP = "application/soap+xml"
PACKAGED = 'multipart/related; type="application/xop+xml"; boundary=b'


@pytest.mark.parametrize(
    ("service", "answer", "told"),
    [
        ("patients", (200, SOAP, enveloped(FOUND.format(ack="AA", status="", response="NF"))), "pas de DMP"),
        (
            "patients",
            (200, SOAP, enveloped(FOUND.format(ack="AA", status="terminated", response="OK"))),
            "fermé",
        ),
        ("patients", (200, SOAP, enveloped(FOUND.format(ack="AE", status="", response="AE"))), "DMPx"),
        ("patients", (500, SOAP, enveloped(FAULT)), "DMPInvalidCertificate (Not a valid certificate)"),
        ("repository", (200, SOAP, enveloped(REJECTED)), "XDSReplaceFailed (déjà remplacé)"),
        ("repository", (200, SOAP, enveloped(OPEN)), "compte rendu"),
        ("repository", (503, "text/html", b"<html>"), "illisible (HTTP 503)"),
        ("repository", (500, SOAP, enveloped(REGISTERED)), "HTTP 500"),
        ("repository", (200, SOAP, b""), "illisible"),
        ("repository", (200, PACKAGED, b"--b--"), "illisible"),
        ("repository", (200, SOAP, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "DOCTYPE"),
    ],
)
def test_failures_are_told(bench: Bench, service: str, answer: tuple[int, str, bytes], told: str) -> None:
    Handler.answers[service] = answer
    _, done = deposit(bench)
    assert done.state == "ECHEC"
    assert told in done.message
    assert done.entry_uuid is None
    if service == "patients":
        assert [call.service for call in Handler.calls] == ["patients"]


def test_an_answer_in_a_mime_package_is_read(bench: Bench) -> None:
    part = b"--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <1>\r\n\r\n"
    Handler.answers["repository"] = (200, PACKAGED, part + enveloped(REGISTERED) + b"\r\n--b--\r\n")
    assert deposit(bench)[1].state == "DEPOSE"


def test_silence_and_absence_are_failures(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.reference_lps.soap.TIMEOUT_S", 0.3)
    Handler.answers["patients"] = (200, SOAP, 1.0)
    assert "5 secondes" in deposit(bench)[1].message
    closed = replace(bench, raw={**bench.raw, "dmp": {"url": "https://127.0.0.1:1/services"}})
    done = deposit(closed)[1]
    assert (done.state, "injoignable" in done.message) == ("ECHEC", True)


def test_an_unknown_server_is_refused(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    stranger = replace(bench, trust=Authority(tmp_path_factory.mktemp("autre")).path)
    done = deposit(stranger)[1]
    assert (done.state, "sécurisée" in done.message) == ("ECHEC", True)
    assert Handler.calls == []
    lost = replace(bench, trust=bench.folder / "absente.pem")
    assert deposit(lost)[1].state == "ECHEC"

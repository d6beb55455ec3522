"""The INSi client on the wire: what it sends in each mode, what it makes of good, bad and hostile answers."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from conformance.reference_lps import identity, wire
from conformance.reference_lps.insi import CPX, ERREUR, ORG, InsiClient
from conformance.reference_lps.insi import xml as insi_xml
from conformance.reference_lps.types import Bench, Patient
from tests.reference_lps.lps_kit import (
    MATRICULE,
    OID,
    OTHER,
    SOAP_XML,
    TRAITS,
    Pki,
    Service,
    found_answer,
    soap,
    verified_answer,
)

PATIENT = identity.create("p1", TRAITS)
HOLDER = replace(PATIENT, matricule=MATRICULE, oid=OID)
NONE: frozenset[str] = frozenset()


@pytest.fixture
def bench(keys: Pki, insi: Service, tmp_path: Path) -> Bench:
    return Bench.read(keys.bench(tmp_path, insi={"url": f"{insi.url}/lps"}))


def sent(insi: Service) -> etree._Element:
    return etree.fromstring(insi.asked[-1].body)


def text(root: etree._Element, name: str) -> str:
    return str(next(root.iter("{*}" + name)).text)


def test_recovery_sends_the_documented_message(bench: Bench, insi: Service) -> None:
    client = InsiClient(bench, NONE)
    client.recover(PATIENT, ORG)
    first = sent(insi)
    client.recover(PATIENT, ORG)
    assert insi.asked[0].headers["content-type"] == "application/soap+xml;charset=utf-8"
    assert text(first, "Action") == "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite"
    assert text(first, "MessageID").startswith("uuid:")
    assert text(first, "MessageID") != text(sent(insi), "MessageID")
    assert text(first, "Nom").startswith("urn:lps:")
    idam = next(first.iter("{*}IDAM"))
    assert (idam.get("R"), bool(idam.text)) == ("4", True)
    body = next(first.iter("{http://www.cnamts.fr/INSiRecSans}RECSANSVITALE"))
    content = [(etree.QName(child).localname, child.text) for child in body]
    assert content == [
        ("NomNaissance", "TILLEUL"),
        ("Prenom", "ZOE"),
        ("Prenom", "MARIE"),
        ("Sexe", "F"),
        ("DateNaissance", "1979-03-28"),
        ("LieuNaissance", "51990"),
    ]


def test_an_unknown_place_is_not_sent(bench: Bench, insi: Service) -> None:
    InsiClient(bench, NONE).recover(replace(PATIENT, lieu_naissance="99999"), ORG)
    assert b"LieuNaissance" not in insi.asked[0].body


def test_the_structure_speaks_by_its_certificate_alone(bench: Bench, insi: Service) -> None:
    InsiClient(bench, NONE).recover(PATIENT, ORG)
    assert insi.asked[0].client == "INSI-AUTO"
    assert b"Assertion" not in insi.asked[0].body


def test_the_card_speaks_by_a_signed_assertion(bench: Bench, insi: Service, keys: Pki) -> None:
    from signxml.verifier import XMLVerifier

    InsiClient(bench, NONE).recover(PATIENT, CPX)
    assert insi.asked[0].client == "899900000015"
    assertion = next(sent(insi).iter("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"))
    assert etree.QName(assertion.getparent()).localname == "Security"
    # The signature must hold inside the envelope: exclusive canonicalisation is what allows it.
    card = (keys.folder / "cps_sign.pem").read_text(encoding="utf-8")
    verified = XMLVerifier().verify(assertion, x509_cert=card)
    results = verified if isinstance(verified, list) else [verified]
    assert len(results) == 1
    order = [etree.QName(child).localname for child in assertion]
    assert order == ["Issuer", "Signature", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"]
    values = {one.get("Name"): text(one, "AttributeValue") for one in assertion.iter("{*}Attribute")}
    assert values == {
        "identifiantFacturation": "499900000000001",
        "secteurActivite": "SA07^1.2.250.1.71.4.2.4",
        "codeSpecialiteAMO": "01",
    }
    assert text(assertion, "NameID") == "889990000015"
    method = next(assertion.iter("{*}SignatureMethod")).get("Algorithm")
    assert method == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def test_defect_card_instead_of_structure(bench: Bench, insi: Service) -> None:
    InsiClient(bench, frozenset({"insi-cps-instead-of-org"})).recover(PATIENT, ORG)
    assert insi.asked[0].client == "899900000015"


def test_recovery_reads_the_person(bench: Bench) -> None:
    answer = InsiClient(bench, NONE).recover(PATIENT, CPX)
    assert (answer.code, answer.label) == ("00", "libelle 00")
    assert answer.found
    assert (answer.found.matricule, answer.found.oid) == (MATRICULE, OID)
    assert answer.found.traits["prenoms"] == "ZOE MARIE LOU"
    assert answer.found.historique == ({"matricule": OTHER, "oid": OID, "date_debut": "1985-07-01"},)


@pytest.mark.parametrize("code", ["01", "02"])
def test_recovery_without_a_person(bench: Bench, insi: Service, code: str) -> None:
    insi.answer = lambda asked: (200, SOAP_XML, found_answer(code))
    answer = InsiClient(bench, NONE).recover(PATIENT, ORG)
    assert (answer.code, answer.found) == (code, None)


@pytest.mark.parametrize("result", ["OK", "KO"])
def test_verification(bench: Bench, insi: Service, result: str) -> None:
    insi.answer = lambda asked: (200, SOAP_XML, verified_answer(result))
    assert InsiClient(bench, NONE).verify(HOLDER, ORG).result == result
    root = sent(insi)
    assert text(root, "Action").endswith(":verifierInsAvecTraitsIdentite")
    assert (text(root, "NumIdentifiant") + text(root, "Cle"), text(root, "OID")) == (MATRICULE, OID)
    assert text(root, "ListePrenom") == "ZOE MARIE"


FAULT = soap(
    "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Detail>"
    '<siram:Erreur xmlns:siram="urn:siram" severite="fatal" code="insi_102"/></s:Detail></s:Fault>'
)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, FAULT, "insi_102"),
        (200, FAULT, "insi_102"),
        (503, b"indisponible", "503"),
        (302, b"", "302"),
        (200, b"<html>", "XML"),
        (200, b"", "XML"),
        (200, b'<!DOCTYPE a [<!ENTITY b "c">]>' + soap("&b;"), "DOCTYPE"),
        (200, soap("<RESULTAT/>"), "code de retour"),
        (200, found_answer().replace(OID.encode(), b""), "invalide"),
        (200, found_answer().replace(b"<Cle>" + MATRICULE[13:].encode(), b"<Cle>00"), "invalide"),
        (200, b"x" * 3_000_000, "trop longue"),
    ],
)
def test_bad_answers_become_an_error_with_a_sentence(
    bench: Bench, insi: Service, status: int, body: bytes, said: str
) -> None:
    insi.answer = lambda asked: (status, SOAP_XML, body)
    answer = InsiClient(bench, NONE).recover(PATIENT, ORG)
    assert (answer.code, answer.found) == (ERREUR, None)
    assert said in answer.label


def test_an_unreadable_verification_is_an_error(bench: Bench, insi: Service) -> None:
    insi.answer = lambda asked: (200, SOAP_XML, verified_answer("PEUT-ETRE"))
    assert InsiClient(bench, NONE).verify(HOLDER, ORG).result == ERREUR


def test_a_hanging_service_is_left_in_time(bench: Bench, insi: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(asked: object) -> tuple[int, str, bytes]:
        released.wait(10)
        return 200, SOAP_XML, b""

    insi.answer = hang
    assert wire.TIMEOUT == 5
    monkeypatch.setattr(wire, "TIMEOUT", 0.3)
    start = time.monotonic()
    answer = InsiClient(bench, NONE).recover(PATIENT, ORG)
    spent = time.monotonic() - start
    released.set()
    assert answer.code == ERREUR
    assert "délai" in answer.label
    assert spent < 3


def test_a_dripping_service_is_left_in_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps each read alive: only a deadline on the whole ends it."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            time.sleep(0.1)
            connection.sendall(b"x")

    def accept(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            drip(connection)

    monkeypatch.setattr(wire, "TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        start = time.monotonic()
        with wire.session(bench) as client, pytest.raises(wire.WireError, match="délai"):
            wire.call(client, "GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        assert time.monotonic() - start < 3


def test_a_service_of_another_authority_is_refused(
    keys: Pki, insi: Service, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("ailleurs")
    stranger = Pki(elsewhere)
    own = keys.bench(elsewhere, insi={"url": f"{insi.url}/lps"}, confiance=str(stranger.root))
    answer = InsiClient(Bench.read(own), NONE).recover(PATIENT, ORG)
    assert answer.code == ERREUR
    assert "TLS" in answer.label
    assert insi.asked == []


def test_a_closed_port_is_an_error(keys: Pki, tmp_path: Path) -> None:
    answer = InsiClient(Bench.read(keys.bench(tmp_path)), NONE).verify(HOLDER, ORG)
    assert (answer.result, bool(answer.label)) == (ERREUR, True)


def test_traits_are_escaped() -> None:
    hostile: Patient = replace(PATIENT, nom_naissance="<A>&")
    assert b"&lt;A&gt;&amp;" in etree.tostring(insi_xml.recovery_body(hostile))

"""The requests that INSi refuses: each rule of its form, and the alphabet of the traits."""

from __future__ import annotations

import pytest
from lxml import etree

from conformance.journal import Journal
from conformance.simulators.insi import Insi
from tests.simulators.insi_kit import (
    SOAP,
    SOAP_11,
    SOAP_12,
    VERIFY,
    WHO,
    Caller,
    child,
    envelope,
    last,
    search,
    text,
)

RULES: dict[str, tuple[str | bytes, str]] = {
    "action": (envelope(search(), action=VERIFY), "ne correspond pas"),
    "message-id": (envelope(search(), message_id="42"), "uuid"),
    "idam": (envelope(search(), idam=" "), "IDAM"),
    "no-context": (envelope(search()).replace("ContexteLPS", "Contexte"), "ContexteLPS"),
    "missing-trait": (envelope(search(date="")), "DateNaissance"),
    "extra": (envelope(search().replace("<Sexe>", "<Telephone>1</Telephone><Sexe>")), "Telephone"),
    "repeated": (envelope(search().replace("<Sexe>", "<Sexe>F</Sexe><Sexe>")), "Sexe"),
    "namespace": (envelope(search().replace("INSiRecSans", "Autre")), "espace de noms"),
    "operation": (envelope("<AUTRE/>"), "Opération inconnue"),
    "soap-1.1": (envelope(search()).replace(SOAP_12, SOAP_11), "SOAP 1.2"),
    "not-xml": ("<soap:Envelope", "bien formé"),
    "empty": ("", "XML"),
    "not-soap": ("<a/>", "enveloppe"),
    "two-bodies": (envelope(search() + search()), "un seul"),
    "binary": (bytes(range(256)), "XML"),
    "deep": (envelope("<a>" * 5000 + "</a>" * 5000), "XML"),
    "too-big": (envelope(search(nom="A" * 5_000_000)), "mébioctet"),
    "xxe": (
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>' + envelope(search(nom="&b;")),
        "DOCTYPE",
    ),
    "utf-16-doctype": (f"<!DOCTYPE a>{envelope(search())}".encode("utf-16"), "DOCTYPE"),
    "hidden-doctype": (f"<!-- Envelope --><!DOCTYPE a>{envelope(search())}", "DOCTYPE"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_request_that_breaks_a_rule_gets_a_fault(caller: Caller, journal: Journal, name: str) -> None:
    body, reason = RULES[name]
    answer = caller.post(body)
    fault = etree.fromstring(answer.content).find(f".//{SOAP}Fault")
    assert fault is not None and answer.status_code in (400, 500)
    assert reason in last(journal).facts["refused"]
    assert last(journal).request.body == (body.encode() if isinstance(body, str) else body)


BAD_TRAITS = {
    "lower": search(nom="Petit"),
    "accent": search(nom="ÉTOILE"),
    "hyphen-first": search(nom="-DUPONT"),
    "space-first": search(nom=" DUPONT"),
    "digit": search(nom="DUPONT2"),
    "first-name-end": search(prenom="LEA-"),
    "first-name-double-hyphen": search(prenom="LEA--MAE"),
    "first-name-apostrophe": search(prenom="LEA'"),
    "sex": search(sexe="I"),
    "date": search(date="01/02/1984"),
}


@pytest.mark.parametrize("name", BAD_TRAITS)
def test_traits_outside_the_alphabet_get_the_technical_fault(caller: Caller, journal: Journal, name: str) -> None:
    answer = caller.post(envelope(BAD_TRAITS[name]))
    root = etree.fromstring(answer.content)
    assert answer.status_code == 500
    assert [node.text for node in root.iter(f"{SOAP}Value")] == ["S:Receiver", "S:siram_40"]
    assert child(root, ".//{urn:siram}Erreur").get("code") == "insi_102"
    assert "n’admet pas" in last(journal).facts["refused"]


def test_double_hyphen_and_apostrophe_belong_to_names(insi: Insi, caller: Caller) -> None:
    who = WHO.with_(nom_naissance="D'ARC--L'ETANG")
    insi.answers(who)
    assert text(caller.post(envelope(search(who))), "CodeCR") == "00"


def test_a_message_is_not_replayed(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    body = envelope(search(), message_id="urn:uuid:00000000-0000-4000-8000-000000000001")
    assert caller.post(body).status_code == 200
    assert caller.post(body).status_code == 400
    assert "déjà reçu" in last(journal).facts["refused"]

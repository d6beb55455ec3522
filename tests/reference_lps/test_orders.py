"""Imaging orders in the reference LPS: their numbers, and what is refused of them."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tests.reference_lps.lps_kit import Pilot

CONTENT = {"modalite": "CT", "region": "302551006", "justification": "Toux persistante."}
HL7 = {"h": "urn:hl7-org:v3"}


def draft(patient: str, **changes: Any) -> dict[str, Any]:
    body = {"patient": patient, "type": "55115-0", "titre": "Demande", "texte": "Scanner du thorax."}
    return {**body, "forme": "N3", "contenu": CONTENT, **changes}


def number(pilot: Pilot, patient: str, **changes: Any) -> tuple[str, tuple[str, str]]:
    """An order written and validated: its id, then its number with the authority that gave it."""
    document = str(pilot.post("/documents", draft(patient, **changes))["id"])
    pilot.post(f"/documents/{document}/validation", {})
    root = etree.fromstring(pilot.call("GET", f"/documents/{document}/cda").content)
    (found,) = root.findall("h:documentationOf/h:serviceEvent/h:id", HL7)
    return document, (found.get("root", ""), found.get("extension", ""))


def test_every_order_has_a_number_of_its_own_and_a_correction_keeps_it(pilot: Pilot) -> None:
    first, second = pilot.patient(), pilot.patient(nom_naissance="AUTRE")
    document, own = number(pilot, first)
    others = [number(pilot, patient)[1] for patient in (first, second, second)]
    plain = number(pilot, second, forme="N1")[1]
    assert len({own, *others, plain}) == 5 and len({authority for authority, _ in (own, *others, plain)}) == 1
    assert number(pilot, first, remplace=document)[1] == own


ACT = {"acte": "ZBQH001", "modalite": "CT", "region": "67734004"}
GIVEN = {"autorite": "1.2.250.1.213.1.4.10.900.1", "numero": "DA1"}


def report(pilot: Pilot, patient: str, *orders: dict[str, str], **changes: Any) -> tuple[str, list[str]]:
    """An imaging report written and validated: its id, then the numbers, requests and studies of its header."""
    content = {"demandes": list(orders), "actes": [ACT]}
    body = {"patient": patient, "type": "18748-4", "titre": "CR", "texte": "Scanner.", "contenu": content, **changes}
    document = str(pilot.post("/documents", body)["id"])
    pilot.post(f"/documents/{document}/validation", {})
    root = etree.fromstring(pilot.call("GET", f"/documents/{document}/cda").content)
    nodes = [
        *root.findall("h:inFulfillmentOf/h:order/*", HL7),
        *root.findall("h:documentationOf/h:serviceEvent/h:id", HL7),
    ]
    return document, [f"{node.get('root')} {node.get('extension')}" for node in nodes]


def test_a_correction_of_a_report_keeps_its_numbers_and_another_report_has_its_own(pilot: Pilot) -> None:
    patient = pilot.patient()
    document, (order, request, own, other_request, study) = report(pilot, patient, GIVEN, {})
    assert order == "1.2.250.1.213.1.4.10.900.1 DA1" and not own.startswith(GIVEN["autorite"])
    corrected = report(pilot, patient, {**GIVEN, "numero": "DA2"}, {}, remplace=document)[1]
    assert corrected == [order.replace("DA1", "DA2"), request, own, other_request, study]
    another = report(pilot, patient, GIVEN, {})[1]
    assert another[0] == order and not {*another[1:]} & {request, own, other_request, study}


def test_a_report_about_orders_or_acts_that_cannot_be_is_refused(pilot: Pilot) -> None:
    patient = pilot.patient()
    for orders, acts in (
        ([], [ACT]),
        ([{}], []),
        ([{"numero": "DA1"}], [ACT]),
        ([{"autorite": "pas-un-oid", "numero": "DA1"}], [ACT]),
        ([{}], [{**ACT, "acte": "XXXX001"}]),
        ([3], [ACT]),
        ([{}], "ZBQH001"),
    ):
        body = {"patient": patient, "type": "18748-4", "titre": "CR", "texte": "Scanner."}
        answer = pilot.call("POST", "/documents", {**body, "contenu": {"demandes": orders, "actes": acts}})
        assert answer.status_code == 400, answer.text


def test_an_act_that_the_lps_does_not_know_is_refused(pilot: Pilot) -> None:
    patient = pilot.patient()
    for wrong in ({"modalite": "XX"}, {"region": "1"}, {"justification": ""}):
        answer = pilot.call("POST", "/documents", draft(patient, contenu={**CONTENT, **wrong}))
        assert answer.status_code == 400, answer.text


def test_an_identity_that_is_not_qualified_searches_nothing(pilot: Pilot) -> None:
    told = pilot.post(f"/patients/{pilot.patient()}/dmp/liens", {"document": "1.2.3"})
    assert (told["etat"], told["documents"]) == ("BLOQUE", []) and "qualifiée" in told["message"]

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


def test_an_act_that_the_lps_does_not_know_is_refused(pilot: Pilot) -> None:
    patient = pilot.patient()
    for wrong in ({"modalite": "XX"}, {"region": "1"}, {"justification": ""}):
        answer = pilot.call("POST", "/documents", draft(patient, contenu={**CONTENT, **wrong}))
        assert answer.status_code == 400, answer.text


def test_an_identity_that_is_not_qualified_searches_nothing(pilot: Pilot) -> None:
    told = pilot.post(f"/patients/{pilot.patient()}/dmp/liens", {"document": "1.2.3"})
    assert (told["etat"], told["documents"]) == ("BLOQUE", []) and "qualifiée" in told["message"]

"""The directory of the reference LPS: what it reads, what it refuses, what it keeps when the service fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reference_lps.directory import ExtractionError, read
from tests.reference_lps.directory_kit import HEADER, ROWS, extraction
from tests.reference_lps.lps_kit import Pilot, Pki, Service, running, service

NOBODY = frozenset[str]()
MSSANTE = [{"url": "type", "valueCoding": {"code": "MSSANTE"}}]


@pytest.fixture
def listed(keys: Pki) -> Iterator[Service]:
    with service(keys, lambda asked: (200, "application/zip", extraction())) as live:
        yield live


@pytest.fixture
def office(keys: Pki, listed: Service, tmp_path: Path) -> Iterator[Pilot]:
    place = {"extraction": f"{listed.url}/zip", "fhir": f"{listed.url}/fhir/v2", "cle": "la-cle"}
    with running(keys.bench(tmp_path, annuaire=place), tmp_path) as live:
        yield live


def practitioner(rpps: str, *mails: dict[str, Any]) -> dict[str, Any]:
    name = [{"family": "MODÈLE", "given": ["Éloi"]}]
    return {"resource": {"identifier": [{"value": rpps}], "name": name, "telecom": list(mails)}}


def test_columns_are_found_wherever_they_stand_and_whatever_their_case() -> None:
    header = "PRÉNOM EXERCICE|Identifiant PP|code profession|Nom exercice|Inconnue|"
    (one,) = read(extraction("Éloi|89990000021|10|MODÈLE|?|", header=header), NOBODY).entries
    assert (one.rpps, one.nom, one.prenom, one.profession, one.savoir_faire) == (
        "89990000021",
        "MODÈLE",
        "Éloi",
        "10",
        "",
    )


def test_another_charset_is_recognised() -> None:
    assert read(extraction(charset="latin-1"), NOBODY).entries[1].nom == "MODÈLE"
    assert read(extraction(charset="utf-8-sig"), NOBODY).entries[1].nom == "MODÈLE"


def test_lines_that_cannot_be_read_are_told_and_the_others_kept() -> None:
    found = read(extraction(*ROWS, "8|89990000039|COURTE|", "8||VIDE|Nul|10|SM26|"), NOBODY)
    assert (found.lines, len(found.entries)) == (4, 2)
    assert [number for number, _ in found.rejected] == [4, 5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "illisible"),
        (b"<html>", "illisible"),
        (extraction()[:150], "illisible"),
        (extraction(name="SavoirFaire"), "Personne_activite"),
        (extraction(header=HEADER.replace("Identifiant PP", "Matricule")), "« rpps »"),
        (extraction("8|x"), "aucune ligne"),
    ],
)
def test_what_cannot_be_read_is_refused_in_french(content: bytes, words: str) -> None:
    with pytest.raises(ExtractionError) as refused:
        read(content, NOBODY)
    assert words in str(refused.value).replace("\u00a0", " ")


def test_an_integration_is_reported_and_searched(office: Pilot) -> None:
    told = office.post("/annuaire/integrations")
    assert (told["etat"], told["lues"], told["integrees"], told["rejetees"]) == ("INTEGRE", 2, 2, 0)
    assert office.get("/annuaire/integrations")["lignes"] == [told]
    (one,) = office.post("/annuaire/recherches", {"nom": "modele", "prenom": "elo"})["professionnels"]
    assert (one["rpps"], one["prenom"], one["telephone"]) == ("89990000021", "Éloi", None)
    assert office.post("/annuaire/recherches", {"rpps": "00000000000"})["professionnels"] == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, b""), (404, b"{}"), (200, b"<html>"), (200, extraction()[:150]), (200, extraction("8|x"))],
)
def test_a_failed_integration_is_reported_and_changes_nothing(
    office: Pilot, listed: Service, status: int, body: bytes
) -> None:
    office.post("/annuaire/integrations")
    user = office.post("/utilisateurs", {"rpps": "89990000013"})
    listed.answer = lambda asked: (status, "application/zip", body)
    told = office.post("/annuaire/integrations")
    assert told["etat"] == "ECHEC" and "reste en place" in told["message"] and told["integrees"] == 0
    assert len(office.get("/annuaire/integrations")["lignes"]) == 2
    assert len(office.post("/annuaire/recherches", {"rpps": "89990000013"})["professionnels"]) == 1
    assert office.get(f"/utilisateurs/{user['id']}") == user


def test_records_follow_the_directory_and_outlive_it(office: Pilot, listed: Service) -> None:
    office.post("/annuaire/integrations")
    patient = office.patient()
    user = office.post("/utilisateurs", {"rpps": "89990000013"})
    friend = office.post(f"/patients/{patient}/correspondants", {"rpps": "89990000021"})
    renamed = "8|89990000013|NOUVEAU|Camille|10|SM26|"
    listed.answer = lambda asked: (200, "application/zip", extraction(renamed))
    office.post("/annuaire/integrations")
    assert office.get(f"/utilisateurs/{user['id']}") == user | {"nom": "NOUVEAU"}
    assert office.get(f"/correspondants/{friend['id']}") == friend
    assert office.call("GET", f"/utilisateurs/{friend['id']}").status_code == 404


def test_who_is_not_in_the_directory_cannot_become_a_record(office: Pilot) -> None:
    refused = office.call("POST", "/utilisateurs", {"rpps": "89990000013"})
    assert refused.status_code == 409 and "annuaire" in refused.json()["erreur"]
    for body in ({"rpps": "1"}, {}, {"rpps": "89990000013", "nom": "X"}):
        assert office.call("POST", "/utilisateurs", body).status_code == 400
    for body in ({}, {"prenom": "Éloi"}):
        assert office.call("POST", "/annuaire/adresses", body).status_code == 400
        assert office.call("POST", "/annuaire/recherches", body).status_code == 400


def test_addresses_are_those_of_mssante_on_every_page(office: Pilot, listed: Service) -> None:
    secure = {"system": "email", "value": "a@un.mssante.test", "extension": MSSANTE}
    plain = {"system": "email", "value": "a@ordinaire.test"}

    def answer(asked: Any) -> tuple[int, str, bytes]:
        last = "_getpages" in asked.query
        entry = practitioner("89990000021", plain, {**secure, "value": "b@un.mssante.test"} if last else secure)
        links = [] if last else [{"relation": "next", "url": f"{listed.url}/fhir/v2?_getpages=1"}]
        return 200, "application/fhir+json", json.dumps({"entry": [entry], "link": links}).encode()

    listed.answer = answer
    told = office.post("/annuaire/adresses", {"rpps": "89990000021"})
    assert [one["adresse"] for one in told["adresses"]] == ["a@un.mssante.test", "b@un.mssante.test"]
    assert told["adresses"][0]["nom"] == "MODÈLE" and told["message"] is None
    first, second = listed.asked
    assert first.headers["esante-api-key"] == "la-cle" == second.headers["esante-api-key"]
    assert first.query["identifier"] == "89990000021"


def test_the_key_never_goes_to_another_address(office: Pilot, listed: Service) -> None:
    page = {"entry": [], "link": [{"relation": "next", "url": listed.url.replace("127.0.0.1", "localhost")}]}
    listed.answer = lambda asked: (200, "application/fhir+json", json.dumps(page).encode())
    assert office.post("/annuaire/adresses", {"nom": "X"})["adresses"] == []
    assert len(listed.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b""),
        (403, b"{}"),
        (200, b"[]"),
        (200, b"{"),
        (200, b'{"entry": [{}]}'),
        (200, b'{"entry": [{"resource": 1}]}'),
    ],
)
def test_a_directory_that_fails_gives_no_address_and_says_why(
    office: Pilot, listed: Service, status: int, body: bytes
) -> None:
    listed.answer = lambda asked: (status, "application/fhir+json", body)
    told = office.post("/annuaire/adresses", {"nom": "MODELE"})
    assert told["adresses"] == [] and told["message"].endswith(".")

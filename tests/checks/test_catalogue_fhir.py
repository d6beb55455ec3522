"""A laboratory's catalogue in FHIR: a green and a red example of each check."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conformance.checks import catalogue_fhir, fhir

NAME, SYSTEM = "LOINC_3.json", "https://laboratoire.test/codes"
CSV = "A1;Sodium;;mmol/L\r\nA2;Potassium;;mmol/L\r\n"


def analysis(code: str, label: str = "Sodium", system: str = SYSTEM, **more: Any) -> dict[str, Any]:
    coding = {"system": system, "code": code, "display": label}
    return {"resourceType": "ObservationDefinition", "id": code, "code": {"coding": [coding]}, **more}


def bundle(*resources: Any) -> list[fhir.Resource]:
    entries = [{"resource": one} for one in resources]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    found = fhir.read(NAME, text.encode())
    assert isinstance(found, list)
    return found


CHAPTERS: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "url": SYSTEM,
    "status": "active",
    "content": "complete",
    "concept": [{"code": "C1", "display": "Biochimie", "concept": [{"code": "C1-1", "display": "Ionogramme"}]}],
}


def told(findings: Any) -> list[str]:
    return [f"{one.message} {one.observed}" for one in findings]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CSV.encode(), "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 200_000, "JSON"),
        (b"[]", "pas une ressource"),
        (b'{"resourceType": 3}', "pas une ressource"),
    ],
)
def test_what_is_no_fhir_is_told(content: bytes, words: str) -> None:
    (found,) = fhir.read(NAME, content)
    assert words in str(found)


def test_a_file_beyond_measure_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir, "MAX_BYTES", 10)
    (found,) = fhir.read(NAME, json.dumps(CHAPTERS).encode())
    assert "démesuré" in str(found)


def test_sound_resources_pass_and_others_are_told() -> None:
    marked = fhir.read(NAME, b"\xef\xbb\xbf" + json.dumps(CHAPTERS).encode())
    assert isinstance(marked, list) and told(fhir.sound(NAME, marked)) == []
    green = bundle(analysis("A1", _id={"extension": []}), {"resourceType": "ActivityDefinition", "status": "active"})
    assert told(fhir.sound(NAME, green)) == []
    for wrong, words in (
        ({"resourceType": "Binary", "data": ""}, "décrivent un catalogue"),
        ({"resourceType": "ActivityDefinition"}, "status, obligatoire"),
        ({"resourceType": "ActivityDefinition", "status": "fini"}, "statut"),
        (analysis("A1", colonne_3="mmol/L"), "colonne_3 n’existe pas"),
        ({"resourceType": "ObservationDefinition"}, "code, obligatoire"),
        ("une ligne", "décrivent un catalogue"),
        (None, "décrivent un catalogue"),
    ):
        found = told(fhir.sound(NAME, bundle(wrong)))
        assert len(found) == 1 and words in found[0], found


def test_the_items_of_the_csv_file_are_all_there() -> None:
    def said(*resources: Any, **expected: str) -> list[str]:
        return told(catalogue_fhir.same_items(NAME, bundle(*resources), expected))

    assert said(analysis("A1"), analysis("A2"), A1="Sodium", A2="Potassium") == []
    assert catalogue_fhir.items([CHAPTERS])[1].code == "C1-1"
    named = {"resourceType": "ActivityDefinition", "title": "NFS", "identifier": [{"system": SYSTEM, "value": "E1"}]}
    assert said(named, E1="NFS") == []
    assert said({**named, "identifier": named["identifier"][0]}, E1="NFS") == []  # type: ignore[index]
    (found,) = said(analysis("A1"), A1="Sodium", A2="Potassium")
    assert "A2 du catalogue est absent" in found
    assert "pas de libellé" in said(analysis("A1", ""), A1="Sodium")[0]
    assert "quel système" in said(analysis("A1", system=""), A1="Sodium")[0]
    # A code of LOINC is nobody's own, even when it looks like one.
    assert "absent" in said(analysis("A1", system=fhir.LOINC), A1="Sodium")[0]
    for odd in ({"code": "A1"}, {"identifier": "A1"}, {"code": {"coding": "A1"}}, {"concept": {"code": "A1"}}):
        assert "absent" in said({"resourceType": "ActivityDefinition", **odd}, A1="Sodium")[0]


def test_loinc_bears_the_name_that_fhir_gives_it() -> None:
    assert told(catalogue_fhir.loinc_named(NAME, bundle(analysis("1-8", system=fhir.LOINC)))) == []
    for system in ("urn:oid:2.16.840.1.113883.6.1", "https://loinc.org", "LOINC"):
        (found,) = told(catalogue_fhir.loinc_named(NAME, bundle(analysis("1-8", system=system))))
        assert found.endswith(system)


def test_a_csv_file_in_disguise_is_seen() -> None:
    assert told(catalogue_fhir.no_csv(NAME, bundle(analysis("A1", purpose="a;b;c")))) == []
    encoded = base64.b64encode(CSV.encode()).decode()
    for where in ({"description": CSV}, {"description": encoded}, {"extension": [{"valueString": [CSV]}]}):
        (found,) = told(catalogue_fhir.no_csv(NAME, bundle(analysis("A1", **where))))
        assert "enveloppé" in found and "A1;Sodium" in found
    picture = base64.b64encode(bytes(range(256))).decode()
    assert told(catalogue_fhir.no_csv(NAME, bundle(analysis("A1", description=picture)))) == []
    assert told(catalogue_fhir.no_csv(NAME, bundle(analysis("A1", description="x" * 41)))) == []


def test_the_transcoding_names_both_systems() -> None:
    mapping = catalogue_fhir.concept_map(catalogue_fhir.items([CHAPTERS]), {"C1": "18719-5", "C1-1": "2951-2"})
    assert told(fhir.sound(NAME, [mapping])) == []
    (group,) = mapping["group"]
    assert (group["source"], group["target"]) == (SYSTEM, fhir.LOINC)
    assert [(one["code"], one["target"][0]["code"]) for one in group["element"]] == [
        ("C1", "18719-5"),
        ("C1-1", "2951-2"),
    ]

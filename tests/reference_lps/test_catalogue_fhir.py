"""The FHIR catalogue of the reference LPS is valid for a library that it does not use, and so is the bench's transcoding."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B import get_fhir_model_class

from conformance.checks import catalogue_fhir as check
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.laboratory import catalogue, catalogue_fhir

NONE: frozenset[str] = frozenset()
TODAY = datetime(2026, 1, 5, tzinfo=UTC)
CODED = "LOINC_4_transcodage_chapitres_20260105.json"


@pytest.mark.parametrize("listing", catalogue.LISTINGS)
def test_every_listing_is_valid_fhir(listing: str) -> None:
    name, content = catalogue_fhir.export(listing, TODAY, NONE)
    assert name.endswith("_20260105.json")
    resource = json.loads(content)
    held = [entry["resource"] for entry in resource.get("entry", ())]
    for one in (resource, *held):
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    assert len(check.items([resource, *held])) >= 9


def test_the_transcoding_of_the_bench_is_valid_and_taken() -> None:
    _, content = catalogue_fhir.export("chapitres", TODAY, NONE)
    mapping = check.concept_map(check.items([json.loads(content)]), {"C01": "18719-5", "C01-1": "2951-2"})
    get_fhir_model_class("ConceptMap").model_validate(mapping)
    given, report = catalogue_fhir.read(CODED, json.dumps(mapping).encode(), NONE)
    assert given == {"chapitres": {"C01": "18719-5"}, "sous_chapitres": {"C01-1": "2951-2"}} and report == []
    mapping["group"][0]["element"][0]["target"][0]["code"] = "00000-0"
    _, report = catalogue_fhir.read(CODED, json.dumps(mapping).encode(), NONE)
    assert [line["code"] for line in report] == ["00000-0"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("AUTRE.json", b"{}"),
        (CODED, b"C01;Biochimie"),
        (CODED, b'{"resourceType": "Bundle"}'),
        (CODED, b'{"resourceType": "ConceptMap", "group": [{"target": "http://loinc.org"}]}'),
        (CODED, b'{"resourceType": "ConceptMap", "group": 3}'),
        (CODED, b"[" * 100_000),
    ],
)
def test_what_is_no_transcoding_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(RefusalError):
        catalogue_fhir.read(name, content, NONE)

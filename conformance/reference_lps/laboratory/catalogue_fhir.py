"""The laboratory's catalogue in FHIR R4: chapters as a code system, examinations and analyses as definitions.

The LOINC codes given to them come back as a ConceptMap. Source: HL7, FHIR R4; Order Catalog implementation guide.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from conformance.reference_lps.errors import RefusalError

from .catalogue import ANALYSES, CHAPTERS, LISTINGS, SUBCHAPTERS, demand_of, judged
from .catalogue import export as export_csv

_LOCAL = "https://laboratoire.test/fhir/CodeSystem"
_LOINC = "http://loinc.org"
Resource = dict[str, Any]


def export(name: str, today: datetime, defects: frozenset[str]) -> tuple[str, bytes]:
    """The name and the bytes of a listing."""
    resource = {"chapitres": _chapters, "demandes": _demands, "resultats": _results}[name](today)
    if "loi-fhir-incomplete" in defects:
        key = "concept" if "concept" in resource else "entry"
        resource[key] = resource[key][:-1]
    if "loi-fhir-uncoded" in defects and name == "resultats":
        for entry in resource["entry"]:
            del entry["resource"]["code"]
    if "loi-fhir-wraps-csv" in defects:
        held = base64.b64encode(export_csv(name, today, frozenset())[1]).decode("ascii")
        resource = {**resource, "description": held} if name == "chapitres" else _bundle([_attached(held)], today)
    dated = f"{LISTINGS[name].prefix}_{today:%Y%m%d}.json"
    return dated, json.dumps(resource, ensure_ascii=False).encode("utf-8")


def _attached(held: str) -> Resource:
    return {"resourceType": "ActivityDefinition", "status": "active", "description": held}


def _chapters(today: datetime) -> Resource:
    inside: dict[str, list[Resource]] = {code: [] for code in CHAPTERS}
    for code, label in SUBCHAPTERS.items():
        inside[code[:3]].append({"code": code, "display": label})
    concepts = [{"code": code, "display": label, "concept": inside[code]} for code, label in CHAPTERS.items()]
    head = {"url": f"{_LOCAL}/chapitres", "status": "active", "content": "complete", "date": f"{today:%Y-%m-%d}"}
    return {"resourceType": "CodeSystem", **head, "title": "Chapitres du laboratoire", "concept": concepts}


def _demands(today: datetime) -> Resource:
    """One definition an examination, with the analyses that it asks for."""
    asked: dict[tuple[str, str], list[str]] = {}
    for line in ANALYSES:
        asked.setdefault(demand_of(line), []).append(line[0])
    return _bundle([_demand(code, label, analyses) for (code, label), analyses in asked.items()], today)


def _demand(code: str, label: str, analyses: list[str]) -> Resource:
    return {
        "resourceType": "ActivityDefinition",
        "id": code,
        "status": "active",
        "title": label,
        "kind": "ServiceRequest",
        "code": _coded("examens", code, label),
        "observationResultRequirement": [{"reference": f"ObservationDefinition/{one}"} for one in analyses],
    }


def _results(today: datetime) -> Resource:
    return _bundle([_analysis(line) for line in ANALYSES], today)


def _analysis(line: tuple[str, ...]) -> Resource:
    code, label, _, unit, *_ = line
    found: Resource = {"resourceType": "ObservationDefinition", "id": code, "code": _coded("analyses", code, label)}
    if unit:
        ucum = {"system": "http://unitsofmeasure.org", "code": unit}
        found |= {"permittedDataType": ["Quantity"], "quantitativeDetails": {"unit": {"coding": [ucum]}}}
    return found


def _coded(kind: str, code: str, label: str) -> Resource:
    return {"coding": [{"system": f"{_LOCAL}/{kind}", "code": code, "display": label}], "text": label}


def _bundle(resources: list[Resource], today: datetime) -> Resource:
    entries = [
        {"fullUrl": f"https://laboratoire.test/fhir/{one['resourceType']}/{one['id']}", "resource": one}
        if "id" in one
        else {"resource": one}
        for one in resources
    ]
    stamp = today.isoformat(timespec="seconds")
    return {"resourceType": "Bundle", "type": "collection", "timestamp": stamp, "entry": entries}


def read(name: str, content: bytes, defects: frozenset[str]) -> tuple[dict[str, dict[str, str]], list[dict[str, Any]]]:
    """The LOINC codes that a ConceptMap gives to each item, and the report of its import."""
    listing = next((one for one in LISTINGS.values() if name.startswith(f"{one.returned}_")), None)
    if listing is None:
        raise RefusalError(400, "Le nom du fichier ne commence pas par LOINC_4, LOINC_5 ou LOINC_6.")
    try:
        resource = json.loads(content)
    except (ValueError, RecursionError):
        resource = None
    if not isinstance(resource, dict) or resource.get("resourceType") != "ConceptMap":
        raise RefusalError(400, "Le fichier n’est pas un ConceptMap de FHIR en JSON.")
    given: dict[str, dict[str, str]] = {kind: {} for kind, _ in listing.items}
    report: list[dict[str, Any]] = []
    kinds = [kind for kind, _ in listing.items]
    for item, loinc, label in [] if "loi-fhir-import-ignored" in defects else _targets(resource):
        # A chapter and its parts come in one code system: a part is named after its chapter.
        kind = kinds[-1] if len(kinds) > 1 and item in SUBCHAPTERS else kinds[0]
        report += judged(given[kind].get(item), loinc, label, defects)
        given[kind].setdefault(item, loinc)
    return given, report


def _targets(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Each local code, the LOINC code given to it and its label."""
    try:
        for group in resource.get("group", ()):
            for element in group["element"] if group["target"] == _LOINC else ():
                for target in element["target"]:
                    yield str(element["code"]), str(target["code"]), str(target.get("display") or "")
    except (KeyError, TypeError, AttributeError):
        raise RefusalError(400, "Le ConceptMap n’a pas la forme attendue.") from None

"""A laboratory's catalogue in FHIR: the same items as its CSV files, each coded and named, and no CSV in disguise."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.fhir import LOINC, Resource
from conformance.model.finding import Finding, Location

_SOURCE = "REM, LOI/va1.10"
_LABELS = ("title", "name", "display", "preferredReportName", "description")


@dataclass(frozen=True, slots=True)
class Item:
    """A local code of the catalogue: the system that it belongs to (a URI, maybe empty) and its label."""

    system: str
    code: str
    label: str


def items(resources: list[Resource]) -> list[Item]:
    """Every local code that the resources define, wherever FHIR puts it; LOINC codes are not local."""
    found: list[Item] = []
    for one in resources:
        label = next((str(one[name]) for name in _LABELS if one.get(name)), "")
        if one.get("resourceType") == "CodeSystem":
            found += _concepts(str(one.get("url") or ""), one.get("concept"))
        code = one.get("code")
        codings = _dicts(code.get("coding")) if isinstance(code, dict) else []
        label = label or (str(code.get("text") or "") if isinstance(code, dict) else "")
        coded = [Item(str(c.get("system") or ""), str(c.get("code")), str(c.get("display") or label)) for c in codings]
        named = [Item(str(i.get("system") or ""), str(i.get("value")), label) for i in _dicts(one.get("identifier"))]
        found += [item for item in (*coded, *named) if item.system != LOINC]
    return found


def _concepts(system: str, concepts: object) -> Iterator[Item]:
    waiting = _dicts(concepts)
    while waiting:
        one = waiting.pop()
        yield Item(system, str(one.get("code")), str(one.get("display") or ""))
        waiting += _dicts(one.get("concept"))


def same_items(name: str, resources: list[Resource], expected: Mapping[str, str]) -> Iterator[Finding]:
    """Each item of the CSV file (its code, its label) is in the FHIR one, named and in a system of its own."""
    held: dict[str, list[Item]] = {}
    for item in items(resources):
        held.setdefault(item.code, []).append(item)
    for code, label in expected.items():
        if code not in held:
            yield _fault(
                name, f"L’élément {code} du catalogue est absent de son export FHIR.", f"{code} ({label})", "absent"
            )
        elif not any(item.label.strip() for item in held[code]):
            yield _fault(
                name, f"L’élément {code} n’a pas de libellé dans l’export FHIR.", label or "un libellé", "aucun"
            )
        elif not any(":" in item.system for item in held[code]):
            message = f"Le code {code} ne dit pas de quel système il vient."
            yield _fault(name, message, "system : un URI", ", ".join(item.system for item in held[code]) or "absent")


def loinc_named(name: str, resources: list[Resource]) -> Iterator[Finding]:
    """LOINC is named as FHIR names it, never by its OID nor by another address."""
    for system in sorted({system for one in resources for system in _systems(one)}):
        if system != LOINC and ("loinc" in system.lower() or system.endswith("2.16.840.1.113883.6.1")):
            yield _fault(name, "LOINC n’est pas désigné comme FHIR le désigne.", LOINC, system)


def no_csv(name: str, resources: list[Resource]) -> Iterator[Finding]:
    """No resource carries the lines of a CSV file, as text or in base64."""
    for text in (text for one in resources for text in _texts(one)):
        shown = _decoded(text)
        lines = [line for line in shown.splitlines() if line.count(";") >= 2]
        if len(lines) >= 2:
            message = "Un fichier CSV est enveloppé dans la ressource FHIR."
            yield _fault(name, message, "une ressource pour chaque élément du catalogue", lines[0][:80])
            return


def concept_map(found: list[Item], given: Mapping[str, str]) -> Resource:
    """The transcoding that gives each local code its LOINC code, as a ConceptMap of R4."""
    systems = {item.code: item.system for item in reversed(found) if ":" in item.system}
    groups: dict[str, list[dict[str, Any]]] = {}
    for code, loinc in given.items():
        target = {"code": loinc, "display": f"Libellé LOINC {loinc}", "equivalence": "equivalent"}
        groups.setdefault(systems[code], []).append({"code": code, "target": [target]})
    listed = [{"source": source, "target": LOINC, "element": elements} for source, elements in groups.items()]
    return {"resourceType": "ConceptMap", "status": "active", "title": "Transcodage d’essai", "group": listed}


def _systems(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from (str(one[name]) for name in ("system", "target") if isinstance(one.get(name), str))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _texts(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _decoded(text: str) -> str:
    if len(text) < 40 or not text.isascii() or any(sign.isspace() for sign in text[:40]):
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def _dicts(node: object) -> list[dict[str, Any]]:
    """The objects of a list; one alone counts as a list of one (R5 writes some identifiers so)."""
    values = node if isinstance(node, list) else [node]
    return [one for one in values if isinstance(one, dict)]


def _fault(name: str, message: str, expected: str, observed: str) -> Finding:
    return Finding(
        "loi.fhir",
        message,
        where=Location(name),
        expected=expected,
        observed=observed,
        fix="Décrire chaque élément du catalogue par une ressource FHIR, avec son code, son système et son libellé.",
        source=_SOURCE,
    )

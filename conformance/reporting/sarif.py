"""SARIF 2.1.0, for the code-scanning views of a forge: a requirement is a rule, a blocking finding a result.

The kinds are our verdicts: pass, fail, review (to examine), open (not verified) and notApplicable. A bench that failed is
a notification of the tool, never a result against the software. A waiver is a suppression.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance.model.finding import Severity
from conformance.model.verdict import Verdict
from conformance.reporting.text import clip, visible
from conformance.reporting.view import obligatory

Data = Mapping[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_KINDS = {
    Verdict.CONFORME: "pass",
    Verdict.NON_CONFORME: "fail",
    Verdict.A_EXAMINER: "review",
    Verdict.NON_VERIFIE: "open",
    Verdict.NON_APPLICABLE: "notApplicable",
    Verdict.ERREUR_BANC: "open",
}


def write_sarif(run: Data, target: Path) -> Path:
    """Write the log at ``target`` and give it back."""
    target.write_text(json.dumps(build(run), ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return target


def build(run: Data) -> dict[str, Any]:
    """The log as JSON values."""
    places = {requirement["id"]: place for place, requirement in enumerate(run["requirements"])}
    waivers = {one["scenario"]: one for one in run.get("waivers", ()) if one["state"] == "active"}
    results = [
        result
        for requirement in run["requirements"]
        for scenario in requirement["scenarios"]
        for result in _results(run, requirement, scenario, places[requirement["id"]], waivers.get(scenario["id"]))
    ]
    harness = run["harness"]
    driver = {
        "name": _text(harness["name"], 100),
        "version": _text(harness["version"], 100),
        "language": "fr",
        "rules": [_rule(requirement) for requirement in run["requirements"]],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "language": "fr",
                "automationDetails": {"id": _text(f"{run['profile']['id']}/{run['id']}", 300)},
                "invocations": [_invocation(run)],
                "results": results,
                "properties": {"verdict": run["verdict"]["global"], "profile": _text(run["profile"]["id"], 200)},
            }
        ],
    }


def _rule(requirement: Data) -> dict[str, Any]:
    return {
        "id": _text(requirement["id"], 200),
        "shortDescription": {"text": _text(requirement["title"], 500) or "—"},
        "fullDescription": {"text": _text(requirement["summary"], 2000) or "—"},
        "defaultConfiguration": {"level": "error" if obligatory(requirement) else "note"},
        "properties": {"tags": [_text(requirement["section"], 100), requirement["nature"]]},
    }


def _invocation(run: Data) -> dict[str, Any]:
    broken = [
        {"level": "error", "message": {"text": _text(f"{scenario['id']} : {scenario['reason'] or ''}", 2000)}}
        for requirement in run["requirements"]
        for scenario in requirement["scenarios"]
        if scenario["verdict"] == Verdict.ERREUR_BANC
    ]
    return {"executionSuccessful": not broken, "toolExecutionNotifications": broken}


def _results(run: Data, requirement: Data, scenario: Data, place: int, waiver: Data | None) -> Iterator[dict[str, Any]]:
    verdict = Verdict(scenario["verdict"])
    common = {
        "ruleId": _text(requirement["id"], 200),
        "ruleIndex": place,
        "kind": _KINDS[verdict],
        "properties": {
            "verdict": verdict.value,
            "mode": scenario["mode"],
            "proofs": [_text(proof["id"], 200) for proof in scenario["proofs"]],
        },
    }
    if waiver is not None:
        reason = f"{waiver['reason']} ({waiver['owner']}, {waiver['expires']})"
        common["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _text(reason, 1000)}]
    blocking = [one for one in scenario["findings"] if one["severity"] == Severity.ERROR]
    if verdict is not Verdict.NON_CONFORME:
        message = f"{scenario['id']} : {scenario['reason'] or scenario['title']}"
        yield common | {"level": "none", "message": {"text": _text(message, 2000)}, **_identity(run, scenario, "", 0)}
        return
    seen: dict[str, int] = {}
    for finding in blocking:
        rule = finding["rule"]
        seen[rule] = seen.get(rule, 0) + 1
        told = [f"{scenario['id']} : {finding['message']}"]
        told += [f"{name} : {finding[key]}" for name, key in (("attendu", "expected"), ("constaté", "observed"), ("corriger", "fix")) if finding.get(key)]  # fmt: skip
        level = "error" if obligatory(requirement) else "note"
        words = {"text": _text("\n".join(told), 4000)}
        yield common | {
            "level": level,
            "message": words,
            "locations": [_location(finding)],
            **_identity(run, scenario, rule, seen[rule]),
        }


def _identity(run: Data, scenario: Data, rule: str, rank: int) -> dict[str, Any]:
    """What a forge follows a result by, from one run to the next."""
    name = "/".join(part for part in (run["profile"]["id"], scenario["id"], rule, str(rank or "")) if part)
    return {"partialFingerprints": {"segurScenario/v1": _text(name, 500)}}


def _location(finding: Data) -> dict[str, Any]:
    where = finding.get("where") or {"source": "run.json"}
    # A piece is named as the vendor named it; quoted, it can be no address elsewhere.
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(visible(where["source"])[:400], safe="/")[:1500].lstrip("/") or "run.json"}}  # fmt: skip
    if "line" in where:
        physical["region"] = {"startLine": where["line"]} | (
            {"startColumn": where["column"]} if "column" in where else {}
        )
    place = {"physicalLocation": physical}
    logical = [_text(where[key], 500) for key in ("part", "path") if where.get(key)]
    return place | ({"logicalLocations": [{"fullyQualifiedName": name} for name in logical]} if logical else {})


def _text(value: str, limit: int) -> str:
    return clip(visible(value), limit)

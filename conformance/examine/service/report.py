"""Judgements told as a validation report of IHE Gazelle (validation service API, version 1)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import conformance
from conformance.examine.judgement import Judgement
from conformance.model.finding import Finding, Location, Severity

MODEL_VERSION = "0.1"
NAME = "segur-conformance"
_DISCLAIMER = (
    "Auto-évaluation : ni décision de référencement, ni certification, ni avis de l’Agence du numérique en santé."
)
_LEVELS = {
    Severity.ERROR: ("MANDATORY", "FAILED"),
    Severity.WARNING: ("RECOMMENDED", "FAILED"),
    # An information is no failure; UNDEFINED would outweigh the rest.
    Severity.INFO: ("PERMITTED", "PASSED"),
}


def report(
    profile: str, version: str, items: Sequence[Mapping[str, Any]], judged: Sequence[Judgement]
) -> dict[str, Any]:
    """The report about the items of a request, in their order. ``version``: that of the rules, here the pack's digest."""
    parts = [_sub_report(item, judgement) for item, judgement in zip(items, judged, strict=True)]
    counters = {name: sum(part["subCounters"][name] for part in parts) for name in _counters([], 0)}
    return {
        "modelVersion": MODEL_VERSION,
        "uuid": str(uuid.uuid4()),
        "dateTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "disclaimer": _DISCLAIMER,
        "validationMethod": {
            "validationServiceName": NAME,
            "validationServiceVersion": conformance.__version__,
            "validationProfileID": profile,
            "validationProfileVersion": version,
        },
        "overallResult": _worst(part["subReportResult"] for part in parts),
        "counters": counters,
        "reports": parts,
        "validationItems": list(items),
    }


def _sub_report(item: Mapping[str, Any], judgement: Judgement) -> dict[str, Any]:
    engine = [finding for finding in judgement.findings if finding.rule.endswith("/engine")]
    told = [_assertion(finding) for finding in judgement.findings if finding not in engine]
    part: dict[str, Any] = {
        "name": f"{item.get('itemId') or judgement.name} ({judgement.label})",
        "subReportResult": _result(judgement),
        "subCounters": _counters(told, len(engine)),
        # A report without any assertion would be shown as undefined.
        "assertionReports": told or [_assertion(Finding("file.clean", "Aucun constat.", Severity.INFO))],
    }
    if engine:
        part["unexpectedErrors"] = [{"name": finding.rule, "message": str(finding)} for finding in engine]
    return part


def _result(judgement: Judgement) -> str:
    """FAILED for an error; UNDEFINED when something was left unjudged: silence is never a success."""
    return "FAILED" if judgement.errors else "PASSED" if judgement.settled else "UNDEFINED"


def _worst(results: Iterable[str]) -> str:
    found = set(results)
    return next((each for each in ("FAILED", "UNDEFINED") if each in found), "PASSED")


def _assertion(finding: Finding) -> dict[str, Any]:
    priority, result = _LEVELS[finding.severity]
    said = {
        "assertionID": finding.rule,
        "assertionType": finding.rule.split("/")[0].split(".")[0],
        "description": "\n".join(_description(finding)),
        "subjectLocation": None if finding.where is None else _location(finding.where),
        "subjectValue": finding.excerpt or finding.observed,
        "priority": priority,
        "severity": finding.severity.value,
        "result": result,
    }
    return {name: value for name, value in said.items() if value}


def _description(finding: Finding) -> Iterator[str]:
    yield finding.message
    for name, value in (
        ("Attendu", finding.expected),
        ("Constaté", finding.observed),
        ("Corriger", finding.fix),
        ("Source", finding.source),
    ):
        if value is not None:
            yield f"{name} : {value}"


def _location(where: Location) -> str | None:
    """As Gazelle reads it: « line 3, column 7 », then the path."""
    parts = [] if where.line is None else [f"line {where.line}"]
    parts += [] if where.line is None or where.column is None else [f"column {where.column}"]
    parts += [] if where.part is None else [f"part: {where.part}"]
    parts += [] if where.path is None else [f"XPath: {where.path}"]
    return ", ".join(parts) or None


def _counters(told: Sequence[Mapping[str, Any]], unexpected: int) -> dict[str, int]:
    failed = [each["severity"] for each in told if each["result"] == "FAILED"]
    return {
        "numberOfAssertions": len(told),
        "numberOfFailedWithInfos": 0,
        "numberOfFailedWithWarnings": failed.count("WARNING"),
        "numberOfFailedWithErrors": failed.count("ERROR"),
        "numberOfUnexpectedErrors": unexpected,
    }

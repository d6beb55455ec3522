"""JUnit XML: one suite a section, one case a scenario, for the CI servers that read nothing else.

A scenario that cannot condemn (PRÉCONISATION or informative requirement) is never a failure here: a CI server would
turn the build red for it. Its verdict stays in the properties, and the case is skipped with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from conformance.model.finding import Severity
from conformance.model.verdict import Verdict
from conformance.reporting.text import clip, visible
from conformance.reporting.view import obligatory

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 20_000


def write_junit(run: Mapping[str, Any], target: Path) -> Path:
    """Write the file at ``target`` and give it back."""
    tree = ET.ElementTree(build(run))
    ET.indent(tree)
    tree.write(target, encoding="utf-8", xml_declaration=True)
    return target


def build(run: Mapping[str, Any]) -> ET.Element:
    """The ``testsuites`` element. Times are in seconds."""
    title = f"{run['software']['name']} {run['software']['version']} – {run['profile']['id']}"
    root = ET.Element("testsuites", {"name": _clean(title)})
    sections: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {}
    for requirement in run["requirements"]:
        rows = sections.setdefault(requirement["section"], [])
        rows.extend((requirement, scenario) for scenario in requirement["scenarios"])
    for section, rows in sections.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(section), "timestamp": _stamp(run["started"])})
        for requirement, scenario in rows:
            suite.append(_case(run, requirement, scenario))
        _total(suite, [scenario for _, scenario in rows])
    _total(root, [scenario for rows in sections.values() for _, scenario in rows])
    return root


def _case(run: Mapping[str, Any], requirement: Mapping[str, Any], scenario: Mapping[str, Any]) -> ET.Element:
    case = ET.Element(
        "testcase",
        {
            "classname": _clean(f"{run['profile']['id']}.{requirement['section']}"),
            "name": _clean(f"{scenario['id']} {scenario['title']}", 300),
            "time": f"{scenario['duration_s'] or 0:.3f}",
        },
    )
    properties = ET.SubElement(case, "properties")
    for name, value in (
        ("requirement", requirement["id"]),
        ("scenario", scenario["id"]),
        ("verdict", scenario["verdict"]),
        ("section", requirement["section"]),
        ("nature", "INFORMATIF" if requirement["informative"] else requirement["nature"]),
        ("mode", scenario["mode"]),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value, 300)})
    _outcome(case, requirement, scenario)
    return case


def _outcome(case: ET.Element, requirement: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
    verdict = scenario["verdict"]
    if verdict == Verdict.CONFORME:
        return
    kind, note = "skipped", ""
    if verdict == Verdict.NON_CONFORME:
        kind, note = ("failure", "") if obligatory(requirement) else ("skipped", " (ne condamne pas)")
    elif verdict == Verdict.ERREUR_BANC:
        kind = "error"
    message = _clean(f"{verdict}{note} : {scenario['reason'] or ''}", 1000)
    element = ET.SubElement(case, kind, {"message": message})
    if kind != "skipped":
        element.set("type", verdict)
        element.text = _clean("\n\n".join(_told(finding) for finding in scenario["findings"]), _LONGEST)


def _told(finding: Mapping[str, Any]) -> str:
    where = finding.get("where") or {}
    place = ", ".join(str(where[key]) for key in ("source", "part", "line", "path") if key in where)
    lines = [f"{Severity(finding['severity']).label} [{finding['rule']}] {finding['message']}"]
    named = (("où", place), ("attendu", finding.get("expected")), ("constaté", finding.get("observed")))
    lines += [f"  {name} : {value}" for name, value in (*named, ("corriger", finding.get("fix"))) if value]
    return "\n".join(lines)


def _total(element: ET.Element, scenarios: list[Mapping[str, Any]]) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for attribute, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(child) is not None for case in cases)))
    element.set("time", f"{sum(scenario['duration_s'] or 0 for scenario in scenarios):.3f}")


def _stamp(iso: str) -> str:
    """JUnit wants a date and time without zone or fraction."""
    return re.sub(r"(\.\d+)?(Z|[+-]\d\d:\d\d)?$", "", _clean(iso, 40))


def _clean(text: str, limit: int = 400) -> str:
    return _FORBIDDEN.sub("�", clip(visible(text), limit))

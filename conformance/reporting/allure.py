"""Allure results: one a scenario, with identifiers that outlive the name of the test.

Allure has four statuses and six verdicts do not fit in them: the label ``verdict`` and the message carry the real one.
The same run written twice gives the same files, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from allure_commons.model2 import Label, Link, Parameter, Status, StatusDetails, TestResult, TestStepResult
from attr import asdict

from conformance.model.verdict import Verdict
from conformance.reporting.allure_files import Attachments, write_side_files
from conformance.reporting.allure_history import earlier, told, waived, write_history
from conformance.reporting.text import clip, visible
from conformance.reporting.view import View, build

Data = Mapping[str, Any]

_SPACE = uuid.UUID("6f1f1d0e-8c4e-5b59-9d4e-2f6f0c5d7a10")
_STATUS = {
    Verdict.CONFORME: Status.PASSED,
    Verdict.NON_CONFORME: Status.FAILED,
    Verdict.ERREUR_BANC: Status.BROKEN,
}
_REPORT = "../rapport.html"
_PATTERNS = ("*-result.json", "*-container.json", "*-attachment*", "*-globals.json", "history/*")


def write_allure(run: Data, folder: Path, target: Path) -> Path:
    """Write the results of a run in the folder ``target`` and give it back.

    ``folder`` is the run's, whose blobs become attachments. Results left there by another run are removed.
    """
    target.mkdir(parents=True, exist_ok=True)
    for pattern in _PATTERNS:
        for old in target.glob(pattern):
            old.unlink()
    attachments, view, known = Attachments(folder, target), build(run), waived(run)
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            result = _result(run, requirement, scenario, attachments, view, known.get(scenario["id"]))
            data = asdict(result, filter=lambda _, value: bool(value) or value is False)
            text = json.dumps(_tame(data), ensure_ascii=False)
            (target / f"{result.uuid}-result.json").write_text(text, encoding="utf-8", newline="\n")
    write_side_files(run, target)
    write_history([(before, list(_past(before))) for before in earlier(run, folder)], target)
    return target


def _past(run: Data) -> Iterator[dict[str, Any]]:
    """The tests of an earlier run, as history holds them."""
    known = waived(run)
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            verdict, (start, stop) = Verdict(scenario["verdict"]), _times(scenario, run)
            message = told(verdict, scenario["reason"], known.get(scenario["id"]))
            yield {
                "historyId": stable_id(run["profile"]["id"], scenario["id"]),
                "fullName": visible(f"{run['profile']['id']}#{scenario['id']}"),
                "name": visible(clip(f"{scenario['id']} – {scenario['title']}", 300)),
                "status": str(_STATUS.get(verdict, Status.SKIPPED)),
                "message": visible(clip(message, 600)),
                "start": start,
                "stop": stop,
            }


def stable_id(profile: str, scenario: str) -> str:
    """The identifier Allure follows a scenario by, from one run to the next: of the profile and the official id alone."""
    return hashlib.md5(f"{profile}\0{scenario}".encode(errors="replace"), usedforsecurity=False).hexdigest()


def _result(
    run: Data, requirement: Data, scenario: Data, attachments: Attachments, view: View, waiver: Data | None
) -> TestResult:
    profile, verdict = run["profile"], Verdict(scenario["verdict"])
    identifier = stable_id(profile["id"], scenario["id"])
    start, stop = _times(scenario, run)
    message = told(verdict, scenario["reason"], waiver)
    return TestResult(
        uuid=str(uuid.uuid5(_SPACE, f"{visible(run['id'])}/{identifier}")),
        testCaseId=identifier,
        historyId=identifier,
        fullName=f"{profile['id']}#{scenario['id']}",
        titlePath=[profile["id"], requirement["section"], requirement["id"]],
        name=clip(f"{scenario['id']} – {scenario['title']}", 300),
        status=_STATUS.get(verdict, Status.SKIPPED),
        statusDetails=StatusDetails(
            known=waiver is not None or None, message=clip(message, 2000), trace=_trace(scenario) or None
        ),
        stage="finished",
        descriptionHtml=_description(requirement, scenario, waiver),
        labels=_labels(run, requirement, scenario),
        links=_links(requirement, scenario, view),
        parameters=[Parameter("mode de vérification", scenario["mode"], excluded=True)],
        steps=list(_steps(scenario, attachments, start)),
        attachments=[
            attached
            for piece in scenario["pieces"]
            if (attached := attachments.add(clip(f"Pièce {piece['name']}", 200), piece["sha256"], piece["size"]))
        ],
        start=start,
        stop=stop,
    )


def _times(scenario: Data, run: Data) -> tuple[int, int]:
    """Start and end in milliseconds; a scenario that was not played takes the run's start."""
    start = _milliseconds(scenario["started"]) or _milliseconds(run["started"]) or 0
    return start, start + round(1000 * (scenario["duration_s"] or 0))


def _milliseconds(iso: str | None) -> int | None:
    try:
        when = datetime.fromisoformat(iso or "")
        return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _labels(run: Data, requirement: Data, scenario: Data) -> list[Label]:
    profile = run["profile"]
    section = f"{requirement['section']} – {requirement['section_title']}"
    nature = "INFORMATIF" if requirement["informative"] else requirement["nature"]
    named = [
        ("epic", f"Vague {profile['wave']} – {profile['title']}"),
        ("feature", section),
        ("story", f"{requirement['id']} – {requirement['title']}"),
        ("parentSuite", profile["title"]),
        ("suite", section),
        ("subSuite", requirement["id"]),
        ("severity", {"EXIGENCE": "critical", "PRECONISATION": "minor"}.get(nature, "trivial")),
        ("requirement", requirement["id"]),
        ("verdict", scenario["verdict"]),
        ("as_id", scenario["id"]),
        ("framework", run["harness"]["name"]),
        *(("tag", tag) for tag in (scenario["verdict"], nature, scenario["method"], requirement["option"]) if tag),
    ]
    return [Label(name, clip(value, 300)) for name, value in named]


def _links(requirement: Data, scenario: Data, view: View) -> list[Link]:
    """To the requirement's place in the French report, and to where its replay command is written."""
    links = [
        Link(
            "tms",
            f"{_REPORT}#{view.anchor['exigence ' + requirement['id']]}",
            clip(f"Exigence {requirement['id']}", 120),
        )
    ]
    sheet = view.sheet_of.get(scenario["id"])
    if scenario["replay"]:
        place = sheet.number if sheet else view.anchor["scenario " + scenario["id"]]
        links.append(Link("link", f"{_REPORT}#{place}", clip(f"Rejouer : {scenario['replay']}", 300)))
    return links


def _description(requirement: Data, scenario: Data, waiver: Data | None) -> str:
    rows = [
        f"Dérogation jusqu’au {waiver['expires']}, {waiver['owner']} : {waiver['reason']}" if waiver else "",
        requirement["summary"],
        requirement["reason"],
        f"Rejouer : {scenario['replay']}" if scenario["replay"] else "",
    ]
    proofs = [f"Preuve {proof['id']} ({proof['state']}) : {proof['title']}" for proof in scenario["proofs"]]
    return "".join(f"<p>{escape(clip(visible(row), 1500))}</p>" for row in (*rows, *proofs) if row)


def _trace(scenario: Data) -> str:
    """The findings as text, the first fifty."""
    lines = []
    for finding in scenario["findings"][:50]:
        where = finding.get("where") or {}
        lines.append(f"{finding['severity']} [{finding['rule']}] {clip(finding['message'], 600)}")
        place = ", ".join(str(where[key]) for key in ("source", "part", "line", "path") if key in where)
        named = (("où", place), ("attendu", finding.get("expected")), ("constaté", finding.get("observed")))
        lines += [
            f"  {name} : {clip(value, 400)}" for name, value in (*named, ("corriger", finding.get("fix"))) if value
        ]
    left = len(scenario["findings"]) - 50
    return "\n".join([*lines, f"… et {left} autres constats" if left > 0 else ""]).strip()


def _steps(scenario: Data, attachments: Attachments, start: int) -> Iterator[TestStepResult]:
    for step in scenario["steps"]:
        at = _milliseconds(step["at"]) or start
        yield TestStepResult(name=clip(step["name"], 300), status=Status.PASSED, stage="finished", start=at, stop=at)
    for exchange in scenario["exchanges"]:
        at = _milliseconds(exchange["at"]) or start
        yield TestStepResult(
            name=clip(f"Échange {exchange['number']} : {exchange['channel']} {exchange['operation']}", 300),
            status=Status.PASSED,
            stage="finished",
            parameters=[Parameter(clip(name, 80), clip(value, 400)) for name, value in _known(exchange)],
            attachments=[
                attached
                for name, side in (("Requête", exchange["request"]), ("Réponse", exchange["response"]))
                if side
                and (attached := attachments.add(clip(f"{name} {side['start']}", 200), side["blob"], side["size"]))
            ],
            start=at,
            stop=at,
        )


def _known(exchange: Data) -> Iterator[tuple[str, str]]:
    yield from exchange["facts"].items()
    if tls := exchange["tls"]:
        yield "TLS", f"{tls['version']}, {tls['cipher']}"
        yield "certificat client", tls["client"] or "aucun"
    if exchange["response"] is None:
        yield "réponse", "aucune"


def _tame(value: Any) -> Any:
    """The same data with every string made visible, so that no page can be disordered by it."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {key: _tame(item) for key, item in value.items()}
    return [_tame(item) for item in value] if isinstance(value, list) else value

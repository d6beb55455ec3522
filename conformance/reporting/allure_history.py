"""What Allure calls history: the runs of the same software and profile that ended before, in its two formats.

Made again at each report from the ``run.json`` of the runs beside it, so that nothing accumulates and nothing is counted
twice. Allure 2 reads ``history.json`` and ``history-trend.json``, Allure 3 ``history.jsonl``; formats read from
allure-commandline 2.46 and ``@allurereport/core`` 3.18 (``dist/history.js``, ``dist/store/convert.js``).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.model.verdict import Verdict
from conformance.reporting.text import clip, visible

Data = Mapping[str, Any]
Test = Mapping[str, Any]

MOST = 10
"""Runs remembered, the last ones."""
FOLDER = "history"
_SPACE = uuid.UUID("3b0c4a1e-2a53-5a0a-8d8e-6f5d2b7c9e41")
_STATUSES = ("failed", "broken", "passed", "skipped", "unknown")


def earlier(run: Data, folder: Path) -> list[Data]:
    """The runs beside this one that ended before it, of the same vendor and profile, oldest first."""
    from conformance.reporting import ReportError, load

    found: list[Data] = []
    for path in sorted(folder.resolve().parent.glob("*/run.json"), reverse=True):
        if path.parent == folder.resolve() or len(found) == MOST:
            continue
        try:
            other = load(path)
        except ReportError:
            continue  # of another version of the harness, or damaged: the report does without it
        same = other["vendor"]["id"] == run["vendor"]["id"] and other["profile"]["id"] == run["profile"]["id"]
        if same and other["finished"] < run["finished"]:
            found.append(other)
    return sorted(found, key=lambda other: str(other["finished"]))


def write_history(points: Sequence[tuple[Data, Sequence[Test]]], target: Path) -> None:
    """Write the history of ``points`` (a run and its tests, oldest first) in the results folder ``target``.

    A test has ``historyId``, ``fullName``, ``name``, ``status``, ``message``, ``start`` and ``stop`` in milliseconds.
    """
    if not points:
        return
    folder = target / FOLDER
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(_point(run, tests), ensure_ascii=False) for run, tests in points]
    files = {
        "history.jsonl": "".join(f"{line}\n" for line in lines),
        "history.json": json.dumps(_items(points), ensure_ascii=False),
        "history-trend.json": json.dumps([_trend(run, tests, place) for place, (run, tests) in _last_first(points)], ensure_ascii=False),
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _last_first(points: Sequence[tuple[Data, Sequence[Test]]]) -> Iterator[tuple[int, tuple[Data, Sequence[Test]]]]:
    yield from reversed(list(enumerate(points, start=1)))


def _point(run: Data, tests: Sequence[Test]) -> dict[str, Any]:
    """A run as a line of Allure 3."""
    results = {_third(test["historyId"]): _line(test) for test in tests}
    return {
        "uuid": str(uuid.uuid5(_SPACE, visible(run["id"]))),
        "name": _name(run),
        "timestamp": max((test["stop"] for test in tests), default=0),
        "knownTestCaseIds": [key.partition(".")[0] for key in results],
        "testResults": results,
        "metrics": {},
        "url": "",
    }


def _line(test: Test) -> dict[str, Any]:
    return {
        **{name: test[name] for name in ("name", "fullName", "status", "message", "start", "stop")},
        "id": test["historyId"],
        "duration": test["stop"] - test["start"],
        "labels": [],
        "url": "",
        "historyId": _third(test["historyId"]),
        "reportLinks": [],
    }


def _third(identifier: str) -> str:
    """The identifier that Allure 3 makes of a test without parameters, from the one that we give."""
    return f"{_md5(identifier)}.{_md5('')}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _items(points: Sequence[tuple[Data, Sequence[Test]]]) -> dict[str, Any]:
    """Every test with its past statuses, the last first, as Allure 2 keeps them."""
    items: dict[str, list[dict[str, Any]]] = {}
    for _, (run, tests) in _last_first(points):
        for test in tests:
            time = {"start": test["start"], "stop": test["stop"], "duration": test["stop"] - test["start"]}
            entry = {
                "uid": _md5(f"{run['id']}{test['historyId']}"),
                "status": test["status"],
                "statusDetails": test["message"],
                "time": time,
            }
            items.setdefault(test["historyId"], []).append(entry)
    return {
        name: {"statistic": _counted(entry["status"] for entry in entries), "items": entries}
        for name, entries in items.items()
    }


def _trend(run: Data, tests: Sequence[Test], place: int) -> dict[str, Any]:
    return {"data": _counted(test["status"] for test in tests), "buildOrder": place, "reportName": _name(run)}


def _counted(statuses: Iterator[str]) -> dict[str, int]:
    known = Counter(statuses)
    return {status: known[status] for status in _STATUSES} | {"total": sum(known.values())}


def _name(run: Data) -> str:
    return visible(
        f"{clip(run['software']['name'], 120)} {clip(run['software']['version'], 60)} – {clip(run['id'], 120)}"
    )


def waived(run: Data) -> dict[str, Data]:
    """The waivers in force, by their scenario: Allure’s known issues."""
    return {one["scenario"]: one for one in run.get("waivers", ()) if one["state"] == "active"}


def told(verdict: Verdict, reason: str | None, waiver: Data | None) -> str:
    """A verdict as Allure’s message, which its categories read."""
    known = "" if waiver is None else f" (sous dérogation jusqu’au {waiver['expires']})"
    return f"{verdict}{known} : {reason or ''}".rstrip(" :")

"""What the terminal says once a run is over: the verdict, the counts, the coverage, where the reports are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.cli.view import columns, counted
from conformance.model.verdict import Verdict

_FILES = ("rapport.html", "rapport.pdf", "run.json", "allure-results", "allure-report", "junit.xml")
_GRAVE = (Verdict.NON_CONFORME.value, Verdict.ERREUR_BANC.value)
_SHOWN = 20


def summary(run: Mapping[str, Any], folder: Path) -> str:
    """The French summary of a run.json."""
    return "\n".join(("", *_verdict(run), "", *_coverage(run), *_faults(run), *_warnings(run), "", *_reports(folder)))


def _verdict(run: Mapping[str, Any]) -> Iterator[str]:
    verdict = run["verdict"]
    profile = run["profile"]
    yield f"{run['software']['name']} {run['software']['version']} — {profile['title']} ({profile['status_label']})"
    yield f"{verdict['global'].replace('_', ' ')} : {verdict['sentence']}"
    counts = [(known, run["counts"].get(known.value, 0)) for known in reversed(Verdict)]
    yield "  " + "   ".join(f"{known.symbol} {known.label} {number}" for known, number in counts)


def _coverage(run: Mapping[str, Any]) -> Iterator[str]:
    coverage = run["coverage"]
    total = coverage["total"]
    yield "Couverture des scénarios du profil"
    rows = [
        (label, f"{coverage[key]}/{total}")
        for key, label in (
            ("automatic", "vérifié automatiquement"),
            ("evidence", "sur preuve"),
            ("attestation", "sur attestation"),
            ("not_verified", "non vérifié"),
            ("not_applicable", "non applicable"),
        )
    ]
    yield columns(rows, "  ")


def _faults(run: Mapping[str, Any]) -> Iterator[str]:
    """What has to be mended first, informative scenarios left out; the report has the rest."""
    faults = [
        scenario
        for requirement in run["requirements"]
        for scenario in requirement["scenarios"]
        if scenario["verdict"] in _GRAVE and not requirement["informative"]
    ]
    if not faults:
        return
    yield ""
    yield "À corriger"
    for scenario in faults[:_SHOWN]:
        yield f"  {Verdict(scenario['verdict']).symbol} {scenario['id']}  {' '.join(scenario['reason'].split())}"
    if len(faults) > _SHOWN:
        yield f"  … et {counted(len(faults) - _SHOWN, 'autre scénario', 'autres scénarios')}, voir le rapport"


def _warnings(run: Mapping[str, Any]) -> Iterator[str]:
    if run["warnings"]:
        yield ""
    for warning in run["warnings"]:
        yield f"Attention : {warning}"


def _reports(folder: Path) -> Iterator[str]:
    for name in _FILES:
        if (folder / name).exists():
            yield f"  {folder / name}"

"""The matrix of requirements, scenarios and verdicts as CSV, for a spreadsheet or a script."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.reporting.text import clip, visible

HEAD = ("profil", "section", "exigence", "scénario", "nature", "méthode", "mode", "verdict", "constats bloquants", "motif", "durée (s)")  # fmt: skip


def write_matrix(run: Mapping[str, Any], target: Path) -> Path:
    """Write the file at ``target`` and give it back: UTF-8 with its mark, semicolons, as French spreadsheets expect."""
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEAD)
        writer.writerows([inert(value) for value in row] for row in rows(run))
    return target


def rows(run: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """One row a scenario, in the order of the run."""
    for requirement in run["requirements"]:
        nature = "INFORMATIF" if requirement["informative"] else requirement["nature"]
        for scenario in requirement["scenarios"]:
            blocking = sum(finding["severity"] == "ERROR" for finding in scenario["findings"])
            yield (
                run["profile"]["id"], requirement["section"], requirement["id"], scenario["id"], nature,
                scenario["method"], scenario["mode"], scenario["verdict"], blocking, scenario["reason"] or "",
                scenario["duration_s"] if scenario["duration_s"] is not None else "",
            )  # fmt: skip


def inert(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula, on one line."""
    text = " ".join(clip(visible(str(value)), 4000).split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not isinstance(value, int | float) else text

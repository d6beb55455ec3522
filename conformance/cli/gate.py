"""``gate``: let a recorded run through, or not: waivers, baseline, exit codes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance.cli.codes import FailOn, filtered
from conformance.cli.french import Command


@click.command("gate", cls=Command, short_help="Laisse passer une exécution, ou non : dérogations, référence.")
@click.argument("run", metavar="EXÉCUTION")
@click.option("--waivers", metavar="FICHIER", type=click.Path(path_type=Path), help="Dérogations, en YAML.")
@click.option("--baseline", metavar="EXÉCUTION", help="Exécution de référence : ses écarts sont connus.")
@click.option("--fail-on", type=FailOn(), metavar="CODES", default="1,3,4", show_default=True, help=(
    "Codes qui mettent le processus en échec ; « aucun » pour aucun."
))  # fmt: skip
def command(run: str, waivers: Path | None, baseline: str | None, fail_on: frozenset[int]) -> int:
    """Juge de nouveau, sans rien rejouer, si une exécution passe.

    EXÉCUTION est un dossier de reports/…, ou « dernier ». Une dérogation a un responsable, un motif et une échéance ;
    échue, ou devenue sans objet, elle est refusée (code 2). Une non-conformité que la référence a déjà ne compte pas.
    """
    from conformance.cli.choose import recorded_run
    from conformance.reporting import ReportError, load

    path = recorded_run(run) / "run.json"
    try:
        document = load(path)
        reference = None if baseline is None else load(recorded_run(baseline) / "run.json")
    except ReportError as problem:
        raise click.ClickException(str(problem)) from None
    if waivers is not None:
        waive(document, waivers)
    return told(document, reference, fail_on)


def waive(document: dict[str, Any], path: Path) -> None:
    """Put the waivers of a file in a run, as they stand today. Raises DataError when they are ill-written."""
    from conformance.reporting.gate import load_waivers, settle

    document["waivers"] = settle(load_waivers(path), document, datetime.now(UTC).date())


def told(document: dict[str, Any], reference: dict[str, Any] | None, fail_on: frozenset[int]) -> int:
    """Print what the gate says; gives the exit code."""
    from conformance.cli.view import say
    from conformance.reporting.gate import gate

    found = gate(document, reference)
    for line in found.lines():
        say(line)
    say(f"Passage : code {found.code}" + ("" if found.code else ", rien de nouveau"))
    return filtered(found.code, fail_on)

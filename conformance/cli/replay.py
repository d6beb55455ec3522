"""``replay``: judge a recorded run again, without the software."""

from __future__ import annotations

import click

from conformance.cli.codes import FailOn
from conformance.cli.french import Command
from conformance.cli.run import VIEWS


@click.command("replay", cls=Command, short_help="Juge de nouveau une exécution enregistrée.")
@click.argument("run", metavar="EXÉCUTION")
@click.option("--run-dir", metavar="DOSSIER", help="Où écrire le nouveau jugement (défaut : reports/…).")
@click.option("--fail-on", type=FailOn(), metavar="CODES", default="1,3,4", show_default=True, help=(
    "Codes qui mettent le processus en échec ; « aucun » pour aucun."
))  # fmt: skip
@click.option("--view", type=click.Choice(VIEWS), default="auto", show_default=True, help="Ce que montre le terminal.")
@click.option("--report/--no-report", default=True, help="Écrire les rapports, ou seulement run.json.")
def command(run: str, run_dir: str | None, fail_on: frozenset[int], view: str, report: bool) -> int:
    """Juge de nouveau une exécution enregistrée : mêmes octets, mêmes verdicts.

    EXÉCUTION est un dossier de reports/…, ou « dernier ».
    """
    from conformance.cli.choose import recorded_run
    from conformance.cli.session import Playing, play
    from conformance.runs import RunRequest

    request = RunRequest(replay=str(recorded_run(run, played=True)), folder=run_dir)
    return play(request, Playing(None, view, fail_on, report))

"""``report``: write a run’s reports again, from its run.json alone."""

from __future__ import annotations

import click

from conformance.cli.french import Command


@click.command("report", cls=Command, short_help="Écrit de nouveau les rapports d’une exécution.")
@click.argument("run", metavar="EXÉCUTION")
@click.option("--format", "formats", multiple=True, metavar="FORMAT", help=(
    "html, pdf, junit, allure, allure-html… (répétable ; défaut : tous ceux qui ne demandent rien d’autre)."
))  # fmt: skip
@click.option("--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help=(
    "Langue du HTML et du PDF ; ce que l’exécution contient reste en français."
))  # fmt: skip
@click.option(
    "--install", is_flag=True, help="Installer d’abord, par npm, la commande Allure qu’il faut à allure-html."
)
def command(run: str, formats: tuple[str, ...], language: str, install: bool) -> None:
    """Écrit de nouveau les rapports d’une exécution, à partir de son run.json.

    EXÉCUTION est un dossier de reports/…, ou « dernier ».
    """
    from conformance.cli.choose import recorded_run
    from conformance.cli.view import say
    from conformance.reporting import DEFAULT, ReportError, report

    if install:
        from conformance.reporting.allure_html import install as install_allure

        say(install_allure().message)
    try:
        for path in report(recorded_run(run) / "run.json", formats or DEFAULT, say, language):
            say(f"  {path}")
    except ReportError as problem:
        raise click.ClickException(str(problem)) from None

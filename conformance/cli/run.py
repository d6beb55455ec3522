"""``run``: play the suites on a software, or judge the files it handed in."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.codes import FailOn
from conformance.cli.french import Command

VIEWS = ("auto", "live", "lignes", "pytest")


@click.command("run", cls=Command, short_help="Joue les scénarios sur un logiciel, écrit le rapport.")
@click.option("--vendor", metavar="FICHIER", help="Configuration de l’éditeur : fichier, ou nom de vendor_configs/.")
@click.option("--profile", metavar="ID", help="Profil, par exemple wave1/doctors (défaut : celui de l’éditeur).")
@click.option(
    "--driver", type=click.Choice(["http", "dossier"]), help="Pilote à employer au lieu de celui de l’éditeur."
)
@click.option("--dossier", metavar="DOSSIER", help="Dossier de preuves, ou de fichiers à juger.")
@click.option("--requirement", "ids", multiple=True, metavar="ID", help="Exigence ou scénario (répétable).")
@click.option("--section", "sections", multiple=True, metavar="SECTION", help="Section, par exemple INS (répétable).")
@click.option(
    "--method", "methods", multiple=True, metavar="MÉTHODE", help="live, artefact, evidence ou attestation (répétable)."
)
@click.option("--failed", is_flag=True, help="Seulement ce qui n’était pas conforme la dernière fois.")
@click.option("--resume", metavar="DOSSIER", help="Reprendre une exécution interrompue ; « dernier » pour la dernière.")
@click.option("--run-dir", metavar="DOSSIER", help="Où écrire cette exécution (défaut : reports/…).")
@click.option("--seed", type=int, metavar="N", help="Graine des identités inventées.")
@click.option("-n", "--workers", metavar="N", help="Nombre de processus, ou « auto ».")
@click.option("--fail-on", type=FailOn(), metavar="CODES", default="1,3,4", show_default=True, help=(
    "Codes qui mettent le processus en échec ; « aucun » pour aucun."
))  # fmt: skip
@click.option("--view", type=click.Choice(VIEWS), default="auto", show_default=True, help="Ce que montre le terminal.")
@click.option("--smoke", is_flag=True, help="Une poignée de scénarios qui touchent à tout, en moins d’une minute.")
@click.option("--waivers", type=click.Path(path_type=Path), metavar="FICHIER", help="Dérogations, en YAML.")
@click.option("--baseline", metavar="EXÉCUTION", help="Exécution de référence : ses non-conformités sont connues.")
@click.option("--report/--no-report", default=True, help="Écrire les rapports, ou seulement run.json.")
def command(
    vendor: str | None,
    profile: str | None,
    driver: str | None,
    dossier: str | None,
    ids: tuple[str, ...],
    sections: tuple[str, ...],
    methods: tuple[str, ...],
    failed: bool,
    resume: str | None,
    run_dir: str | None,
    seed: int | None,
    workers: str | None,
    fail_on: frozenset[int],
    view: str,
    smoke: bool,
    waivers: Path | None,
    baseline: str | None,
    report: bool,
) -> int:
    """Joue les scénarios d’un profil sur un logiciel et écrit le rapport de conformité."""
    from conformance.cli.choose import recorded_run
    from conformance.cli.session import Playing, play
    from conformance.runs import RunRequest

    _check_workers(workers)
    request = RunRequest(
        vendor=vendor,
        profile=profile,
        driver=driver,
        dossier=dossier,
        ids=_smoke(vendor, profile) if smoke else ids,
        sections=sections,
        methods=methods,
        failed=failed,
        resume=None if resume is None else str(recorded_run(resume, played=True)),
        folder=run_dir,
        seed=seed,
    )
    known = None if baseline is None else recorded_run(baseline, played=True)
    return play(request, Playing(workers, view, fail_on, report, waivers, known))


def _smoke(vendor: str | None, profile: str | None) -> tuple[str, ...]:
    from conformance.cli.choose import chosen_plan
    from conformance.cli.smoke import smoke

    return smoke(chosen_plan(vendor, profile))


def _check_workers(workers: str | None) -> None:
    if workers is not None and workers not in ("auto", "logical") and not workers.isdecimal():
        raise click.BadParameter(f"« {workers} » : un nombre de processus, ou « auto »", param_hint="« -n »")

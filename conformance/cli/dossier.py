"""``dossier``: lay a dossier of proofs out, follow it, look into its pieces, record reviews, pack it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.codes import CHOICES, INCOMPLETE, FailOn, filtered
from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.dossier.status import Status
    from conformance.model.plan import Plan

_ALL = frozenset(CHOICES)
_folder = click.argument("folder", metavar="DOSSIER", type=click.Path(file_okay=False, path_type=Path))
_profile = click.option("--profile", metavar="ID", help="Profil (défaut : celui de dossier.yaml, puis de l’éditeur).")
_vendor = click.option(
    "--vendor", metavar="FICHIER", help="Configuration de l’éditeur (défaut : celle de dossier.yaml)."
)
_json = click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
_fail_on = click.option(
    "--fail-on", type=FailOn(), default=_ALL, show_default="1,3,4", help="Codes qui mettent le processus en échec."
)


@click.group(
    "dossier",
    subcommand_metavar="COMMANDE [ARGUMENTS]…",
    short_help="Prépare, suit et remet le dossier de preuves.",
)
def command() -> None:
    """Prépare, suit, fait examiner et remet le dossier de preuves, rangé par section et N° preuve."""


@command.command("init", cls=Command, short_help="Crée l’arborescence, avec une notice par preuve.")
@_folder
@click.option("--profile", metavar="ID", help="Profil, par exemple wave1/doctors (défaut : celui de l’éditeur).")
@click.option("--vendor", metavar="FICHIER", help="Configuration de l’éditeur : fichier, ou nom de vendor_configs/.")
def init(folder: Path, profile: str | None, vendor: str | None) -> int:
    """Crée un dossier par preuve attendue, avec LISEZ-MOI.txt : que montrer, ce qui est accepté ou refusé.

    Rien de ce qui existe n’est changé : relancez-la après avoir déclaré une option.
    """
    from conformance.cli.view import counted, say
    from conformance.dossier.settings import Settings, write_settings
    from conformance.dossier.tree import lay_out

    plan = _plan(folder, profile, vendor)
    folder.mkdir(parents=True, exist_ok=True)
    laid = lay_out(plan, folder)
    config = Path(plan.vendor.file) if plan.vendor.file else None
    write_settings(folder, Settings(_named(plan, profile), config))
    kept = f", {counted(laid.kept, 'déjà là', 'déjà là')}" if laid.kept else ""
    say(f"{folder} : {counted(laid.written, 'preuve attendue préparée', 'preuves attendues préparées')}{kept}.")
    say(f"Déposez vos pièces, puis : segur-conformance dossier status {folder}")
    return 0


@command.command("status", cls=Command, short_help="Dit ce qui est là, manque, est refusé, ancien, examiné.")
@_folder
@_profile
@_vendor
@_json
@_fail_on
def status(folder: Path, profile: str | None, vendor: str | None, as_json: bool, fail_on: frozenset[int]) -> int:
    """Compare le dossier aux preuves attendues, par section.

    Sortie 0 si chaque scénario obligatoire est accepté par une personne, 1 si l’un est déclaré ou jugé non conforme, 4
    s’il reste à fournir ou à examiner.
    """
    from conformance.cli.dossier_text import status_text
    from conformance.cli.view import say

    found = _status(folder, profile, vendor)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        say(status_text(found))
    return filtered(found.exit_code, fail_on)


@command.command("check", cls=Command, short_help="Examine chaque pièce en profondeur.")
@_folder
@_profile
@_vendor
@_json
@_fail_on
def check(folder: Path, profile: str | None, vendor: str | None, as_json: bool, fail_on: frozenset[int]) -> int:
    """Examine chaque pièce : vidéos, images, PDF, journaux, liens, attestations, et matricules d’apparence réelle.

    Sortie 1 si une attestation répond « Non », 4 si une pièce ne peut pas servir ou s’il n’y en a aucune, 0 sinon.
    """
    from conformance.cli.dossier_text import check_code, check_json, check_text
    from conformance.cli.view import say

    found = _status(folder, profile, vendor)
    if as_json:
        click.echo(json.dumps(check_json(found), ensure_ascii=False, indent=1))
    else:
        say(check_text(found))
    return filtered(check_code(found), fail_on)


@command.command("review", cls=Command, short_help="Enregistre la décision d’une personne sur une preuve.")
@_folder
@click.argument("proof", metavar="PREUVE")
@click.option("--accept", "decision", flag_value="ACCEPTED", help="La preuve est acceptée.")
@click.option("--complement", "decision", flag_value="COMPLEMENT", help="Un complément est demandé.")
@click.option("--refuse", "decision", flag_value="REFUSED", help="La preuve est refusée.")
@click.option("--by", required=True, metavar="NOM", help="La personne qui décide.")
@click.option("--reason", required=True, metavar="MOTIF", help="Pourquoi, en une phrase.")
@_profile
@_vendor
def review(
    folder: Path,
    proof: str,
    decision: str | None,
    by: str,
    reason: str,
    profile: str | None,
    vendor: str | None,
) -> int:
    """Ajoute une ligne à revues.jsonl : qui, quand, quoi, pourquoi, et l’empreinte des pièces examinées.

    Rien n’y est jamais effacé : la dernière décision compte, tant que les pièces n’ont pas changé.
    """
    from conformance.cli.view import counted, say
    from conformance.dossier.reading import said
    from conformance.dossier.reviewing import review as record
    from conformance.model.review import Decision

    if decision is None:
        raise click.UsageError("dites la décision : --accept, --complement ou --refuse")
    plan = _plan(folder, profile, vendor)
    made = record(folder, plan, proof, Decision[decision], by, reason)
    say(f"{made.proof} : {said(made)}, sur {counted(len(made.pieces), 'pièce')}.")
    return 0


@command.command("pack", cls=Command, short_help="Écrit le zip à remettre, avec son index.")
@_folder
@click.option(
    "--output", metavar="ZIP", type=click.Path(dir_okay=False, path_type=Path), help="Défaut : DOSSIER.zip, à côté."
)
@click.option(
    "--run", "run_folder", metavar="EXÉCUTION", help="Reprendre les verdicts d’une exécution, ou « dernier »."
)
@click.option("--force", is_flag=True, help="Écrire même si une pièce montre un matricule d’apparence réelle.")
@_profile
@_vendor
def pack(
    folder: Path, output: Path | None, run_folder: str | None, force: bool, profile: str | None, vendor: str | None
) -> int:
    """Écrit le zip des pièces et index.xlsx : les 14 colonnes de l’export Convergence, puis verdict, fichier, empreinte.

    Le même dossier donne toujours les mêmes octets. Les fichiers rangés sous aucun numéro attendu sont laissés de côté.
    """
    from conformance.cli.dossier_text import judged_by, leaks
    from conformance.cli.view import counted, say
    from conformance.dossier.pack import pack as write

    found = _status(folder, profile, vendor)
    shown = leaks(found)
    if shown and not force:
        say("Rien n’est écrit : des pièces montrent un matricule d’apparence réelle.", error=True)
        say("\n".join(f"  {line}" for line in shown), error=True)
        say("Refaites-les avec une identité de test, ou ajoutez --force si chacun est bien inventé.", error=True)
        return INCOMPLETE
    target = output or folder.resolve().with_name(f"{folder.resolve().name}.zip")
    packed = write(found, target, judged_by(run_folder, found) if run_folder else {})
    say(f"{packed.path} : {counted(packed.pieces, 'pièce')} et index.xlsx")
    say(f"SHA-256 : {packed.sha256}")
    for name in packed.left_out:
        say(f"Laissé de côté, aucun numéro attendu : {name}")
    return 0


def _named(plan: Plan, profile: str | None) -> str:
    """The profile as it can be asked for again, from any folder: a shipped one by its id, another by its path."""
    asked = profile or plan.vendor.profile or plan.profile.id
    return str(Path(asked).resolve()) if asked.endswith((".yaml", ".yml")) else asked


def _plan(folder: Path, profile: str | None, vendor: str | None) -> Plan:
    from conformance.cli.choose import chosen_plan
    from conformance.dossier.settings import read_settings

    known = read_settings(folder)
    config = vendor or (str(known.vendor) if known.vendor else None)
    # A vendor named on the command line brings its own profile, unless one is named too.
    return chosen_plan(config, profile or (known.profile if vendor is None else None))


def _status(folder: Path, profile: str | None, vendor: str | None) -> Status:
    from conformance.dossier.status import status as told
    from conformance.drivers.dossier import Dossier

    return told(_plan(folder, profile, vendor), Dossier.open(folder))

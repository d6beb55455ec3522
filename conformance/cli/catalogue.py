"""``catalogue``: import the agency's list, proof-read ours, explain one requirement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date as calendar_date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.codes import CONFORMING, NON_CONFORMING, USAGE
from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.catalogue.importing import Imported
    from conformance.model.finding import Finding

_SHOWN = 40
"""Lines of one kind shown in a text; --json gives them all."""


@click.group(
    "catalogue",
    subcommand_metavar="COMMANDE [ARGUMENTS]…",
    short_help="Importe la liste officielle, relit le catalogue, explique une exigence.",
)
def command() -> None:
    """Importe la liste de l’Agence, relit le catalogue, explique une exigence."""


@command.command("import", cls=Command, short_help="Lit un classeur REM de l’Agence et dit ce qu’il change.")
@click.argument("workbook", metavar="CLASSEUR", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile", metavar="ID", help="Profil, par exemple wave2/doctors (défaut : celui qui ressemble le plus)."
)
@click.option("--write", is_flag=True, help="Écrire la liste importée ; les profils la lisent ensuite.")
@click.option(
    "--overlay",
    metavar="DOSSIER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier des listes importées (défaut : SEGUR_CATALOGUE, sinon celui des données de l’utilisateur).",
)
@click.option("--sheet", metavar="FEUILLE", help="Feuille à lire, s’il y en a plusieurs.")
@click.option("--column", "columns", multiple=True, metavar="CHAMP=TITRE", help="Titre d’une colonne (répétable).")
@click.option("--version", "edition", default="", metavar="TEXTE", help="Version de la liste, si le classeur la tait.")
@click.option("--date", "day", default="", metavar="AAAA-MM-JJ", help="Date de la liste, si le classeur la tait.")
@click.option("--partial", is_flag=True, help="Écrire malgré des lignes en erreur ou une liste incomplète.")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
def import_command(
    workbook: Path,
    profile: str | None,
    write: bool,
    overlay: Path | None,
    sheet: str | None,
    columns: tuple[str, ...],
    edition: str,
    day: str,
    partial: bool,
    as_json: bool,
) -> int:
    """Lit un classeur REM ou Convergence de l’Agence, et montre ce qu’il change au profil.

    Rien n’est écrit sans --write, et jamais dans le projet : les textes officiels restent dans les données de
    l’utilisateur. Sortie 2 si des lignes sont en erreur.
    """
    from conformance.catalogue.importing import Wanted, read_list, write_list
    from conformance.cli.view import say

    _check_date(day)
    renamed = dict(_renamed(columns))
    imported = read_list(workbook, Wanted(profile, sheet, renamed, edition, day, overlay))
    written = None
    if write:
        written = write_list(imported, overlay, partial=partial)
    if as_json:
        click.echo(json.dumps(_import_json(imported, written), ensure_ascii=False, indent=1))
    else:
        say("\n".join(_import_text(imported)))
        say(_next(imported, written, overlay))
    return USAGE if imported.errors and not partial else CONFORMING


def _check_date(day: str) -> None:
    if day:
        try:
            calendar_date.fromisoformat(day)
        except ValueError:
            raise click.BadParameter(f"« {day} » : une date, par exemple 2026-06-08", param_hint="« --date »") from None


def _renamed(columns: Iterable[str]) -> Iterator[tuple[str, str]]:
    for pair in columns:
        name, mark, title = pair.partition("=")
        if not mark or not title.strip():
            raise click.BadParameter(f"« {pair} » : écrivez champ=titre", param_hint="« --column »")
        yield name.strip(), title.strip()


def _import_json(imported: Imported, written: Path | None) -> dict[str, Any]:
    overlay = imported.overlay
    return {
        "profile": overlay.profile,
        "source": overlay.to_json()["source"],
        "requirements": len(overlay.requirements),
        "matched": imported.matched,
        "changes": [change.to_json() for change in imported.changes],
        "findings": [finding.to_json() for finding in imported.findings],
        "written": None if written is None else str(written),
    }


def _import_text(imported: Imported) -> Iterator[str]:
    from conformance.catalogue.difference import KINDS
    from conformance.cli.view import counted

    overlay, profile = imported.overlay, imported.profile
    source = overlay.source
    told = ", ".join(part for part in (source.version and f"version {source.version}", source.date) if part)
    yield f"{source.file}, feuille « {source.sheet} »{f' ({told})' if told else ''}, SHA-256 {source.sha256}"
    scenarios = sum(len(entry.scenarios) for entry in overlay.requirements)
    proofs = sum(len(one.proofs) for entry in overlay.requirements for one in entry.scenarios)
    yield (
        f"{counted(len(overlay.requirements), 'exigence lue', 'exigences lues')}, {counted(scenarios, 'scénario')}, "
        f"{counted(proofs, 'preuve')}"
    )
    yield f"Profil {profile.id} : {imported.matched} des {len(profile.requirements)} exigences y sont énoncées"
    if imported.previous is None:
        yield "Première importation pour ce profil : les textes ne sont comparés à aucun autre"
    else:
        former = imported.previous.source
        yield f"Importation précédente : {former.file}, {former.imported}"
    for kind, title in KINDS.items():
        lines = [change for change in imported.changes if change.kind == kind]
        if lines:
            yield ""
            yield f"{title} : {len(lines)}"
            shown = [f"  {one.id}{_also(one.id, one.ours)}  {one.detail}".rstrip() for one in lines]
            yield from _clipped(shown)
    yield from _findings(imported.findings)


def _also(name: str, ours: tuple[str, ...]) -> str:
    others = [one for one in ours if one != name]
    return f" ({', '.join(others)})" if others else ""


def _clipped(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  … et {len(lines) - _SHOWN} de plus (--json les donne toutes)"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    from conformance.model.finding import Severity

    kinds: dict[Severity, list[str]] = {severity: [] for severity in Severity}
    for finding in findings:
        where = f"{finding.where} : " if finding.where is not None else ""
        told = f"  {where}{finding.message}"
        told += f" (attendu : {finding.expected})" if finding.expected else ""
        kinds[finding.severity].append(told + (f" — {finding.observed}" if finding.observed else ""))
    for severity, lines in kinds.items():
        if lines:
            yield ""
            yield f"{severity.label} : {len(lines)}"
            yield from _clipped(lines)


def _next(imported: Imported, written: Path | None, overlay: Path | None) -> str:
    if written is None:
        return "\nRien n’est écrit. Ajoutez --write pour que le profil lise cette liste."
    told = f"\nListe écrite dans {written} : {imported.profile.id} est maintenant « liste officielle importée »."
    if overlay is not None:
        told += f"\nPour que les profils la lisent : SEGUR_CATALOGUE={overlay}"
    return told


@command.command("lint", cls=Command, short_help="Relit le catalogue : numéros en double, scénarios sans preuve…")
@click.option("--profile", "profiles", multiple=True, metavar="ID", help="Ne relire que ce profil (répétable).")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
def lint_command(profiles: tuple[str, ...], as_json: bool) -> int:
    """Relit le catalogue : preuves en double, scénarios sans preuve ou sans test, identifiants à deux sens, options mortes.

    Sortie 1 si une erreur est trouvée.
    """
    from conformance.catalogue.lint import lint
    from conformance.cli.tests_map import read_tests
    from conformance.cli.view import counted, say
    from conformance.model.finding import Severity
    from conformance.model.profile import load_catalogue, load_options, load_profile, profile_ids

    loaded = [load_profile(name, official=False) for name in (profiles or profile_ids())]
    catalogue = list(load_catalogue().values())
    options = load_options()
    if profiles:
        asked = {one.id: one for profile in loaded for one in (*profile.requirements, *profile.informative)}
        catalogue = list(asked.values())
        options = {slug: option for profile in loaded for slug, option in profile.options.items()}
    findings = lint(catalogue, loaded, options, read_tests())
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        lines = [f"{f.severity.label} [{f.rule}] {f.message}" + (f" ({f.where})" if f.where else "") for f in findings]
        errors = sum(finding.severity is Severity.ERROR for finding in findings)
        warnings = sum(finding.severity is Severity.WARNING for finding in findings)
        told = f"{counted(errors, 'erreur')}, {counted(warnings, 'avertissement')}"
        total = f"{counted(len(catalogue), 'exigence')}, {counted(len(loaded), 'profil')} : {told}."
        say("\n".join([*lines, "", total]))
    return NON_CONFORMING if any(finding.severity is Severity.ERROR for finding in findings) else CONFORMING


@command.command("show", cls=Command, short_help="Explique une exigence : texte, méthode, scénarios, preuves, tests.")
@click.argument("name", metavar="ID")
@click.option("--profile", metavar="ID", help="Telle que ce profil la demande.")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
def show_command(name: str, profile: str | None, as_json: bool) -> None:
    """Explique une exigence. ID : son identifiant, celui d’un de ses scénarios ou d’une de ses preuves."""
    from conformance.catalogue.explain import explain
    from conformance.cli.tests_map import read_tests
    from conformance.cli.view import say

    told = explain(name, profile).to_json(read_tests())
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        say("\n".join(_show_text(told)))


def _show_text(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['id']}  {told['title']}"
    yield ""
    yield told["summary"]
    yield ""
    yield f"Section : {told['section']} ({told['section_title']})"
    yield f"Nature : {told['nature']}"
    option = told["option"]
    condition = "pour tous" if option is None else f"option {option['slug']} ({option['title']})"
    yield f"Condition : {condition}"
    yield f"Méthode : {told['method_label']} ; automatisable : {_AUTOMATABLE.get(told['automatable'], told['automatable'])}"
    yield f"Pourquoi : {told['reason']}"
    yield ""
    for scenario in told["scenarios"]:
        yield f"Scénario {scenario['id']}  {scenario['title']} ({scenario['method_label']})"
        yield from (f"  preuve {proof['id']} ({proof['kind']})  {proof['title']}" for proof in scenario["proofs"])
        yield from (f"  test {test}" for test in scenario["tests"])
    if told["protocol"] is not None:
        yield ""
        for key, title in (("show", "Montrer"), ("accepted", "Accepté"), ("refused", "Refusé")):
            yield f"{title} : {told['protocol'][key]}"
    yield ""
    for profile in told["profiles"]:
        aside = ", pour information" if profile["informative"] else ""
        changed = f", change : {', '.join(profile['overrides'])}" if profile["overrides"] else ""
        yield f"Profil {profile['id']} ({profile['status']}{aside}{changed})"
    if not told["profiles"]:
        yield "Aucun profil ne la demande."
    if told["written_in"]:
        yield f"Écrite dans {told['written_in']}"
    for profile, text in told["official"].items():
        yield ""
        yield f"Texte officiel importé ({profile}) :"
        yield text


_AUTOMATABLE = {"yes": "oui", "partly": "en partie", "no": "non"}

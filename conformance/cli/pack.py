"""``pack``: add the agency's pack of content rules, list those kept, look at them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.codes import CONFORMING, INCOMPLETE, NON_CONFORMING
from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.model.finding import Finding
    from conformance.validation.registry import Entry, Registry

_json = click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")


@click.group(
    "pack",
    subcommand_metavar="COMMANDE [ARGUMENTS]…",
    short_help="Enregistre et vérifie le pack de règles CDA de l’Agence.",
)
def command() -> None:
    """Enregistre, liste et vérifie les packs de règles de contenu CDA de l’Agence.

    Les packs sont rangés dans les données de l’utilisateur, ou dans le dossier que nomme SEGUR_PACKS. La variable
    SEGUR_CI_SIS_PACK, quand elle donne un dossier, l’emporte sur eux.
    """


@command.command("add", cls=Command, short_help="Enregistre un pack depuis un dossier, un zip ou un dépôt git.")
@click.argument("source", metavar="DOSSIER|ZIP|URL")
@click.option("--name", metavar="NOM", help="Nom du pack (défaut : celui de sa source).")
@click.option("--revision", metavar="RÉV", help="Branche, étiquette ou commit d’un dépôt git.")
@click.option("--digest", metavar="SHA256", help="Empreinte exigée : refuse tout autre contenu.")
@_json
def add_command(source: str, name: str | None, revision: str | None, digest: str | None, as_json: bool) -> int:
    """Copie un pack (ansforge/TestContenuCDA-3-0), l’épingle par son empreinte et dit ses défauts.

    Le dernier pack enregistré est celui qui juge ; check --pack en choisit un autre. Les défauts cités sont ceux du pack,
    jamais ceux de vos documents.
    """
    from conformance.cli.view import say
    from conformance.validation.pack_store import add

    added = add(source, name, revision, digest)
    if as_json:
        told = _entry_json(added.entry, current=True) | {
            "folder": str(added.folder),
            "known": added.known,
            "findings": [finding.to_json() for finding in added.findings],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return CONFORMING
    entry = added.entry
    say("\n".join(_findings(added.findings)))
    say(f"Pack « {entry.name} » {'déjà enregistré' if added.known else 'enregistré'} : {added.folder}")
    say(f"  empreinte : sha256 {entry.digest}" + (f"\n  commit : {entry.revision}" if entry.revision else ""))
    say("Il juge désormais les documents CDA (commandes check et run).")
    return CONFORMING


@command.command("list", cls=Command, short_help="Liste les packs enregistrés.")
@_json
def list_command(as_json: bool) -> int:
    """Liste les packs enregistrés ; celui qui juge est marqué d’une étoile. Sortie 4 s’il n’y en a aucun."""
    import os

    from conformance.cli.view import say
    from conformance.validation.registry import read_registry
    from conformance.validation.xsd import PACK_VARIABLE

    registry = read_registry()
    imposed = os.environ.get(PACK_VARIABLE, "").strip()
    if as_json:
        told = [_entry_json(entry, current=entry.name == registry.current) for entry in registry.entries]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        lines = [_line(registry, entry, starred=not imposed) for entry in registry.entries]
        if imposed:
            lines.append(f"* {PACK_VARIABLE} l’emporte : {imposed}")
        say("\n".join(lines or [f"Aucun pack enregistré dans {registry.folder}. Ajoutez-en un : pack add."]))
    return CONFORMING if registry.entries or imposed else INCOMPLETE


@command.command("verify", cls=Command, short_help="Compare les packs à leur empreinte et dit leurs défauts.")
@click.argument("name", metavar="[NOM]", required=False)
@_json
def verify_command(name: str | None, as_json: bool) -> int:
    """Recalcule l’empreinte de chaque pack (ou de NOM) et liste ses défauts.

    Sortie 1 si les fichiers d’un pack ont changé depuis son enregistrement, 4 s’il n’y a aucun pack, 0 sinon : les défauts
    que le pack avait déjà n’y changent rien.
    """
    from conformance.cli.view import say
    from conformance.validation.pack_store import verify
    from conformance.validation.registry import read_registry

    registry = read_registry()
    entries = registry.entries if name is None else (registry.find(name),)
    told = [(entry, list(verify(registry, entry))) for entry in entries]
    spoilt = [entry for entry, findings in told if any(finding.rule == "pack.unusable" for finding in findings)]
    if as_json:
        shown = [
            _entry_json(entry, current=entry.name == registry.current)
            | {"intact": entry not in spoilt, "findings": [finding.to_json() for finding in findings]}
            for entry, findings in told
        ]
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for entry, findings in told:
            say("\n".join(_findings(findings)))
            state = "modifié depuis son enregistrement" if entry in spoilt else "intact"
            say(f"{'✗' if entry in spoilt else '✓'} {entry.name} : {state} (sha256 {entry.digest})")
        if not told:
            say(f"Aucun pack enregistré dans {registry.folder}. Ajoutez-en un : pack add.")
    return NON_CONFORMING if spoilt else CONFORMING if told else INCOMPLETE


def _entry_json(entry: Entry, *, current: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(entry) | {"current": current}


def _line(registry: Registry, entry: Entry, *, starred: bool) -> str:
    mark = "*" if starred and entry.name == registry.current else " "
    from_git = f", commit {entry.revision[:12]}" if entry.revision else ""
    return f"{mark} {entry.name}  sha256 {entry.digest[:16]}  ajouté le {entry.added[:10]}  ({entry.source}{from_git})"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    from conformance.cli.view import counted

    known = list(findings)
    for finding in known:
        where = f" ({finding.where})" if finding.where else ""
        detail = " ; ".join(
            f"{name} : {value}"
            for name, value in (("attendu", finding.expected), ("constaté", finding.observed))
            if value
        )
        yield f"  {finding.severity.label} [{finding.rule}] {finding.message}{where}" + (
            f"\n    {detail}" if detail else ""
        )
    if known:
        yield f"{counted(len(known), 'défaut')} du pack lui-même."

"""``check``: judge files by themselves, whatever they are, without a software nor a profile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.codes import BENCH, CONFORMING, INCOMPLETE, NON_CONFORMING
from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.examine import Judgement, Rules, Told

KINDS = ("cda", "pdf", "xdm", "xds", "mail", "hl7", "zip")
FORMATS = ("text", "json", "junit", "html")
_MANY = 4
_NAME_SHOWN = 40


@click.command("check", cls=Command, short_help="Juge des fichiers, quels qu’ils soient.")
@click.argument("paths", nargs=-1, metavar="FICHIER…", type=click.Path(exists=True, path_type=Path))
@click.option("--as", "as_kind", type=click.Choice(KINDS), help="Juger comme ce type, quel que soit le contenu.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Sortie.")
@click.option(
    "--pack", metavar="NOM|DOSSIER", help="Pack de l’Agence à employer (défaut : le dernier ajouté, pack add)."
)
@click.option("--volet", metavar="ID", help="Volet imposé aux CDA : VAC_2023.01, ou son templateId racine^extension.")
@click.option(
    "--workers", type=click.IntRange(1, 32), metavar="N", default=2, show_default=True,
    help="Processus qui se partagent les documents, au plus, quand ils sont nombreux.",
)  # fmt: skip
@click.option("--serve", is_flag=True, help="Juger ce qu’on lui envoie par HTTP (API de validation Gazelle).")
@click.option("--host", metavar="ADRESSE", default="127.0.0.1", show_default=True, help="Avec --serve : où écouter.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8089,
    show_default=True,
    help="Avec --serve ; 0 : un port libre.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1, 3600),
    metavar="S",
    default=60.0,
    show_default=True,
    help="Secondes par document.",
)
def command(
    paths: tuple[Path, ...],
    as_kind: str | None,
    form: str,
    pack: str | None,
    volet: str | None,
    workers: int,
    serve: bool,
    host: str,
    port: int,
    timeout: float,
) -> int:
    """Juge des fichiers : CDA, PDF, archive XDM, métadonnées XDS, courriel, HL7 v2, dossier ou zip de tout cela.

    Sortie 1 si une erreur est trouvée, 3 si le moteur a échoué, 4 si rien n’a pu être jugé ou si un palier qui devait
    l’être ne l’a pas été, 0 sinon.
    """
    if not paths and not serve:
        raise click.UsageError("Il manque l’argument « FICHIER… » : des fichiers à juger, ou --serve.")
    if paths and serve:
        raise click.UsageError("--serve juge ce qu’on lui envoie : il ne va pas avec des fichiers.")
    rules = _rules(pack, volet)
    if serve:
        return _serve(rules, host, port, workers, timeout)
    from conformance.examine import examine_all

    files = [(str(path), path) for path in _files(paths)]
    with (
        _progress(files, as_kind) as told,
        closing(examine_all(files, as_kind, rules, workers=workers, timeout=timeout, told=told)) as judgements,
    ):
        judged = list(judgements)
    if form == "text":
        from conformance.cli.view import say

        say("\n".join(_as_text(judged)))
    else:
        from conformance.cli import check_formats

        click.echo(getattr(check_formats, f"as_{form}")(judged))
    return exit_code(judged)


def _serve(rules: Rules, host: str, port: int, workers: int, timeout: float) -> int:
    from conformance.cli.view import say
    from conformance.examine.service import Service, serve

    def ready(address: str) -> None:
        say(f"Service de validation : {address} (Ctrl-C pour arrêter)")
        if host not in ("127.0.0.1", "::1", "localhost"):
            say("Attention : il est ouvert au réseau, sans authentification ni chiffrement.", error=True)
        sys.stdout.flush()

    if rules.volet is not None:
        raise click.UsageError("--volet ne va pas avec --serve : le client choisit son profil.")
    serve(Service(rules, host=host, workers=workers, timeout=timeout), port, ready)
    return CONFORMING


def _rules(pack: str | None, volet: str | None) -> Rules:
    """The pack and the volet asked for; a mistake in either is told before anything is judged."""
    from conformance.examine import USUAL, Rules

    if pack is None and volet is None:
        return USUAL
    from conformance.model.finding import Finding
    from conformance.validation.packs import open_pack
    from conformance.validation.registry import read_registry
    from conformance.validation.volets import name_of, near

    folder = None
    if pack is not None:
        registry = read_registry()
        folder = Path(pack) if Path(pack).is_dir() else registry.path(registry.find(pack))
    opened = open_pack(folder)
    if isinstance(opened, Finding):
        raise click.UsageError(opened.message + (f" {opened.fix}" if opened.fix else ""))
    if volet is None:
        return Rules(opened.folder)
    name = name_of(opened, volet)
    if name is None:
        known = near(opened, volet)
        hint = (
            f"Vouliez-vous dire {' ou '.join(f'« {each} »' for each in known)} ?" if known else "Aucun n’y ressemble."
        )
        raise click.BadParameter(f"« {volet} » n’est pas un volet du pack. {hint}", param_hint="« --volet »")
    return Rules(opened.folder, name)


@contextmanager
def _progress(files: Sequence[tuple[str, Path]], as_kind: str | None) -> Iterator[Told | None]:
    """A bar on a terminal, out of the standard output: it moves by bytes and counts the documents, members of zips included."""
    from conformance.examine import load

    if not sys.stderr.isatty() or (total := load(files, as_kind)).documents < _MANY:
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from conformance.reporting.text import size

    columns = (
        BarColumn(),
        TextColumn(
            "{task.fields[done]}/{task.fields[documents]} documents, {task.fields[read]} sur {task.fields[size]}"
        ),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(
            "",
            total=max(total.size, 1),
            done=0,
            documents=total.documents,
            read=size(0),
            size=size(total.size),
            name="",
        )
        counted = [0, 0]

        def told(name: str, octets: int) -> None:
            counted[0] += 1
            counted[1] += octets
            shown = escape(Path(name).name[:_NAME_SHOWN])
            bar.update(task, completed=counted[1], done=counted[0], read=size(counted[1]), name=shown)

        yield told


def exit_code(judged: Iterable[Judgement]) -> int:
    """1 for an error anywhere, 3 for a failure of the engine, 4 when something that should be judged was not, 0 otherwise."""
    known = list(judged)
    if any(judgement.errors for judgement in known):
        return NON_CONFORMING
    if any(judgement.failed for judgement in known):
        return BENCH
    whole = all(judgement.settled or not judgement.judged for judgement in known)
    return CONFORMING if whole and any(judgement.judged for judgement in known) else INCOMPLETE


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for inside in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in inside.relative_to(path).parts)
            if inside.is_file() and not hidden and inside.resolve().is_relative_to(path.resolve()):
                yield inside


def _as_text(judged: list[Judgement]) -> Iterator[str]:
    from conformance.cli.view import counted

    for judgement in judged:
        yield f"{judgement.symbol} {judgement.name}  ({judgement.label})"
        for finding in judgement.findings:
            yield "  " + str(finding).replace("\n", "\n  ")
    wrong = sum(bool(judgement.errors) for judgement in judged)
    failed = sum(judgement.failed and not judgement.errors for judgement in judged)
    partly = sum(judgement.symbol == "○" and judgement.judged for judgement in judged)
    aside = sum(judgement.symbol == "○" and not judgement.judged for judgement in judged)
    counts = [f"{len(judged) - wrong - aside - failed - partly} sans erreur", f"{wrong} avec erreur"]
    counts += [f"{counted(partly, 'jugé')} en partie"] if partly else []
    counts += [f"{counted(failed, 'échec')} du moteur"] if failed else []
    yield ""
    yield f"{counted(len(judged), 'fichier')} : {', '.join([*counts, counted(aside, 'non jugé', 'non jugés')])}."

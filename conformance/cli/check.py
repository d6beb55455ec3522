"""``check``: judge files by themselves, whatever they are, without a software nor a profile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.codes import BENCH, CONFORMING, INCOMPLETE, NON_CONFORMING
from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.examine import Judgement

KINDS = ("cda", "pdf", "xdm", "xds", "mail", "hl7", "zip")
FORMATS = ("text", "json", "junit", "html")
_MANY = 4


@click.command("check", cls=Command, short_help="Juge des fichiers, quels qu’ils soient.")
@click.argument("paths", nargs=-1, required=True, metavar="FICHIER…", type=click.Path(exists=True, path_type=Path))
@click.option("--as", "as_kind", type=click.Choice(KINDS), help="Juger comme ce type, quel que soit le contenu.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Sortie.")
@click.option(
    "--workers", type=click.IntRange(1, 32), metavar="N", default=2, show_default=True,
    help="Processus qui se partagent les documents, à partir de quatre et si le pack de l’Agence est là.",
)  # fmt: skip
def command(paths: tuple[Path, ...], as_kind: str | None, form: str, workers: int) -> int:
    """Juge des fichiers : CDA, PDF, archive XDM, métadonnées XDS, courriel, HL7 v2, dossier ou zip de tout cela.

    Sortie 1 si une erreur est trouvée, 3 si le moteur a échoué, 4 si rien n’a pu être jugé ou si un palier qui devait
    l’être ne l’a pas été, 0 sinon.
    """
    from conformance.examine import examine_all

    files = [(str(path), path) for path in _files(paths)]
    with closing(examine_all(files, as_kind, workers=workers)) as judgements:
        judged = list(_shown(judgements, len(files)))
    if form == "text":
        from conformance.cli.view import say

        say("\n".join(_as_text(judged)))
    else:
        from conformance.cli import check_formats

        click.echo(getattr(check_formats, f"as_{form}")(judged))
    return exit_code(judged)


def _shown(judgements: Iterator[Judgement], total: int) -> Iterator[Judgement]:
    """The same, with a progress bar on a terminal; it stays out of the standard output."""
    if total < _MANY or not sys.stderr.isatty():
        yield from judgements
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(judgements, total=total)


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

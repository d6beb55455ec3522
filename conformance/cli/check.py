"""``check``: judge files by themselves, whatever they are, without a software nor a profile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.codes import CONFORMING, INCOMPLETE, NON_CONFORMING
from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.examine import Judgement

KINDS = ("cda", "pdf", "xdm", "xds", "mail", "hl7", "zip")


@click.command("check", cls=Command, short_help="Juge des fichiers, quels qu’ils soient.")
@click.argument("paths", nargs=-1, required=True, metavar="FICHIER…", type=click.Path(exists=True, path_type=Path))
@click.option("--as", "as_kind", type=click.Choice(KINDS), help="Juger comme ce type, quel que soit le contenu.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Sortie."
)
def command(paths: tuple[Path, ...], as_kind: str | None, form: str) -> int:
    """Juge des fichiers : CDA, PDF, archive XDM, métadonnées XDS, courriel, HL7 v2, dossier ou zip de tout cela.

    Sortie 1 si une erreur est trouvée, 4 si rien n’a pu être jugé, 0 sinon.
    """
    from conformance.cli.view import say
    from conformance.examine import examine

    judged = [examine(str(path), path, as_kind) for path in _files(paths)]
    if form == "json":
        click.echo(json.dumps([_as_json(judgement) for judgement in judged], ensure_ascii=False, indent=1))
    else:
        say("\n".join(_as_text(judged)))
    return exit_code(judged)


def exit_code(judged: Iterable[Judgement]) -> int:
    """1 for an error anywhere, 4 when nothing could be judged, 0 otherwise."""
    known = list(judged)
    if any(judgement.errors for judgement in known):
        return NON_CONFORMING
    return CONFORMING if any(judgement.judged for judgement in known) else INCOMPLETE


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for inside in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in inside.relative_to(path).parts)
            if inside.is_file() and not hidden and inside.resolve().is_relative_to(path.resolve()):
                yield inside


def _as_json(judgement: Judgement) -> dict[str, Any]:
    return {
        "name": judgement.name,
        "kind": judgement.kind,
        "label": judgement.label,
        "sha256": judgement.sha256,
        "size": judgement.size,
        "judged": judgement.judged,
        "findings": [finding.to_json() for finding in judgement.findings],
    }


def _as_text(judged: list[Judgement]) -> Iterator[str]:
    from conformance.cli.view import counted

    for judgement in judged:
        yield f"{judgement.symbol} {judgement.name}  ({judgement.label})"
        for finding in judgement.findings:
            yield "  " + str(finding).replace("\n", "\n  ")
    wrong = sum(bool(judgement.errors) for judgement in judged)
    aside = sum(not judgement.judged and not judgement.errors for judgement in judged)
    yield ""
    yield (
        f"{counted(len(judged), 'fichier')} : {len(judged) - wrong - aside} sans erreur, "
        f"{wrong} avec erreur, {counted(aside, 'non jugé', 'non jugés')}."
    )

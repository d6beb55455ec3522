"""``diff``: what changed between two runs, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.reporting.compare import Change


@click.command("diff", cls=Command, short_help="Compare deux exécutions, et dit la cause de chaque changement.")
@click.argument("before", metavar="EXÉCUTION1")
@click.argument("after", metavar="EXÉCUTION2")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FICHIER", help="Écrire une page HTML.")
def command(before: str, after: str, as_json: bool, html: Path | None) -> None:
    """Compare deux exécutions : chaque changement avec sa cause, le logiciel, une règle, une donnée ou le banc.

    Les EXÉCUTIONS sont des dossiers de reports/…, ou « dernier » pour la plus récente.
    """
    from conformance.cli.choose import recorded_run
    from conformance.cli.view import say
    from conformance.reporting import ReportError, load
    from conformance.reporting.compare import compare, same_profile

    try:
        old, new = (load(recorded_run(name) / "run.json") for name in (before, after))
    except ReportError as problem:
        raise click.ClickException(str(problem)) from None
    changes = compare(old, new)
    if html is not None:
        from conformance.reporting.html import render_diff

        html.write_text(render_diff(old, new, changes), encoding="utf-8", newline="\n")
        say(f"  {html}")
    elif as_json:
        told = {"before": old["id"], "after": new["id"], "changes": [change.to_json() for change in changes]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        say("\n".join(_as_text(old, new, changes, warned=not same_profile(old, new))))


def _as_text(
    old: Mapping[str, Any], new: Mapping[str, Any], changes: Sequence[Change], *, warned: bool
) -> Iterator[str]:
    from conformance.cli.view import columns, counted
    from conformance.reporting.compare import CAUSES

    for name, run in (("de", old), ("à ", new)):
        yield f"{name} {run['id']}  {run['software']['name']} {run['software']['version']}, {run['verdict']['global']}"
    if warned:
        yield "Attention : ces deux exécutions ne jugent pas le même profil ; « delta » compare deux profils."
    yield ""
    if not changes:
        yield "Rien n’a changé."
        return
    causes = Counter(change.cause for change in changes)
    yield (
        counted(len(changes), "changement")
        + " : "
        + ", ".join(f"{CAUSES[cause]} {number}" for cause, number in causes.items())
    )
    yield columns(
        [
            (_SIGNS[change.direction], change.scenario, _verdict(change.before), "→", _verdict(change.after), CAUSES[change.cause],
             change.why + (f" [{' '.join(change.findings[:6])}]" if change.findings else ""))
            for change in changes
        ],
        "  ",
    )  # fmt: skip


_SIGNS = {"better": "+", "worse": "-", "other": "="}


def _verdict(value: str | None) -> str:
    from conformance.model.verdict import Verdict

    return "absent" if value is None else Verdict(value).label

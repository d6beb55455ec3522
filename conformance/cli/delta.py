"""``delta``: what changes from one profile to another, and which proofs still hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.catalogue.delta import Delta, Line


@click.command("delta", cls=Command, short_help="Compare deux profils, et dit quelles preuves refaire.")
@click.argument("start", metavar="PROFIL1")
@click.argument("end", metavar="PROFIL2")
@click.option("--all", "everything", is_flag=True, help="Montrer aussi les exigences inchangées.")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
def command(start: str, end: str, everything: bool, as_json: bool) -> None:
    """Compare deux profils, par exemple wave1/doctors et wave2/doctors.

    Dit les exigences nouvelles, retirées, reprises, reformulées, celles dont la méthode, la nature ou la condition
    change ; puis, preuve par preuve, ce qui reste valable et ce qui est à refaire.
    """
    from conformance.catalogue.crosswalk import load_crosswalk
    from conformance.catalogue.delta import delta
    from conformance.cli.view import say
    from conformance.model.profile import load_profile

    found = delta(load_profile(start), load_profile(end), load_crosswalk())
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        say("\n".join(_as_text(found, everything=everything)))


def _as_text(found: Delta, *, everything: bool) -> Iterator[str]:
    from conformance.catalogue.crosswalk import STATUSES
    from conformance.catalogue.delta import GROUPS, PROOFS

    for profile in (found.start, found.end):
        yield f"{profile.title} ({profile.id}, {profile.status_label})"
    yield ""
    for group, title in GROUPS.items():
        lines = found.groups[group]
        if not lines:
            continue
        yield f"{title} : {len(lines)}"
        if group != "unchanged" or everything:
            yield from (_line(line) for line in lines)
        yield ""
    if found.dropped:
        yield f"Exigences publiées de la vague 1 que rien ne reprend : {len(found.dropped)}"
        yield from (f"  {name}  {STATUSES[status]}" for name, status in found.dropped)
        yield ""
    for group, title in PROOFS.items():
        numbers = found.proofs[group]
        yield f"Preuves — {title.lower()} : {len(numbers)}"
        if group != "valid" or everything:
            yield from (f"  {number}" for number in numbers)


def _line(line: Line) -> str:
    origins = ", ".join(name for name, _ in line.origins)
    told = f"  {line.id}  {line.title}"
    told += f" — {line.detail}" if line.detail else ""
    return told + (f" [vague 1 : {origins}]" if origins else "")

"""``coverage``: how much of a profile a machine judges, and the way from each requirement to its tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from conformance.cli.french import Command

_SHARES = {
    "automatic": "automatique",
    "evidence": "preuve",
    "attestation": "attestation",
    "not_applicable": "non applicable",
}


@click.command("coverage", cls=Command, short_help="Dit ce qu’une machine juge, et par quels tests.")
@click.option("--vendor", metavar="FICHIER", help="Configuration de l’éditeur : fichier, ou nom de vendor_configs/.")
@click.option("--profile", metavar="ID", help="Profil, par exemple wave1/doctors (défaut : celui de l’éditeur).")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
@click.option(
    "--output", metavar="FICHIER", type=click.Path(dir_okay=False, path_type=Path), help="Écrire dans ce fichier."
)
def command(vendor: str | None, profile: str | None, as_json: bool, output: Path | None) -> None:
    """Dit ce qui est jugé par une machine, sur preuve ou sur attestation : exigence → scénario → preuves → tests."""
    from conformance.cli.choose import chosen_plan
    from conformance.cli.plan import scenario_rows
    from conformance.cli.view import say

    plan = chosen_plan(vendor, profile)
    titles = {item.requirement.id: item.requirement.title for item in plan.items}
    reasons = {item.requirement.id: " ".join(item.requirement.reason.split()) for item in plan.items}
    document = coverage(plan.profile.id, scenario_rows(plan), titles, reasons)
    text = json.dumps(document, ensure_ascii=False, indent=1) if as_json else as_text(document)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8", newline="\n")
        say(f"Couverture écrite dans {output}")
    elif as_json:
        click.echo(text)
    else:
        say(text)


def coverage(
    profile: str, rows: list[dict[str, Any]], titles: dict[str, str], reasons: dict[str, str]
) -> dict[str, Any]:
    """The coverage statement of a plan: shares in all and by section, each requirement down to its tests, what is left."""
    sections: dict[str, list[dict[str, Any]]] = {}
    requirements: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        sections.setdefault(row["section"], []).append(row)
        requirements.setdefault(row["requirement"], []).append(row)
    return {
        "profile": profile,
        **_shares(rows),
        "sections": [{"section": section, **_shares(its)} for section, its in sections.items()],
        "requirements": [
            {
                "id": name,
                "title": titles[name],
                "scenarios": [
                    {"id": row["id"], "share": _share(row), "proofs": row["proofs"], "tests": row["tests"]}
                    for row in its
                ],
            }
            for name, its in requirements.items()
        ],
        # A scenario meant for a machine that no test judges yet is told, not hidden among the others.
        "automatic_without_test": [
            row["id"]
            for row in rows
            if row["method"] in ("live", "artefact") and not row["tests"] and row["applicable"]
        ],
        "left_to_persons": [
            {"id": name, "scenarios": left, "whole": len(left) == len(its), "reason": reasons[name]}
            for name, its in requirements.items()
            if (left := [row["id"] for row in its if row["applicable"] and not row["tests"]])
        ],
    }


def _share(row: dict[str, Any]) -> str:
    if not row["applicable"]:
        return "not_applicable"
    if row["tests"]:
        return "automatic"
    return "attestation" if row["method"] == "attestation" else "evidence"


def _shares(rows: list[dict[str, Any]]) -> dict[str, int]:
    shares = [_share(row) for row in rows]
    return {"total": len(rows)} | {share: shares.count(share) for share in _SHARES}


def as_text(document: dict[str, Any]) -> str:
    """The statement for a terminal."""
    from conformance.cli.view import columns

    head = ("section", "total", *_SHARES.values())
    table = [head]
    for section in (*document["sections"], document):
        name = section.get("section", "ensemble")
        table.append((name, str(section["total"]), *(str(section[share]) for share in _SHARES)))
    lines = [columns(table), ""]
    for requirement in document["requirements"]:
        lines.append(f"{requirement['id']}  {requirement['title']}")
        for scenario in requirement["scenarios"]:
            means = [
                *(f"preuve {proof}" for proof in scenario["proofs"]),
                *(f"test {test}" for test in scenario["tests"]),
            ]
            lines.append(f"  {scenario['id']}  {_SHARES[scenario['share']]}")
            lines += [f"    {mean}" for mean in means]
    lines += ["", "Laissés à une personne, avec le motif\u00a0:"]
    for left in document["left_to_persons"]:
        which = "" if left["whole"] else f" ({', '.join(left['scenarios'])})"
        lines.append(f"  {left['id']}{which}  {left['reason']}")
    if document["automatic_without_test"]:
        lines += ["", f"Prévus pour une machine et sans test : {', '.join(document['automatic_without_test'])}"]
    return "\n".join(lines)

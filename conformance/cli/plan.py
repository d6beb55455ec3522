"""``plan``: what would be judged, how, and by what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.french import Command

if TYPE_CHECKING:
    from conformance.model.plan import Plan


@click.command("plan", cls=Command, short_help="Liste les scénarios et ce qui les juge.")
@click.option("--vendor", metavar="FICHIER", help="Configuration de l’éditeur : fichier, ou nom de vendor_configs/.")
@click.option("--profile", metavar="ID", help="Profil, par exemple wave1/doctors (défaut : celui de l’éditeur).")
@click.option("--requirement", "ids", multiple=True, metavar="ID", help="Exigence ou scénario (répétable).")
@click.option("--section", "sections", multiple=True, metavar="SECTION", help="Section, par exemple INS (répétable).")
@click.option("--method", "methods", multiple=True, metavar="MÉTHODE", help="live, artefact, evidence ou attestation.")
@click.option("--json", "as_json", is_flag=True, help="Écrire du JSON.")
def command(
    vendor: str | None,
    profile: str | None,
    ids: tuple[str, ...],
    sections: tuple[str, ...],
    methods: tuple[str, ...],
    as_json: bool,
) -> None:
    """Liste les scénarios d’un profil, ce qui les juge, et pourquoi certains ne s’appliquent pas."""
    from conformance.cli.choose import chosen_plan
    from conformance.cli.view import say

    plan = _narrowed(chosen_plan(vendor, profile), ids, sections, methods)
    rows = scenario_rows(plan)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        say(_as_text(plan, rows))


def _narrowed(plan: Plan, ids: tuple[str, ...], sections: tuple[str, ...], methods: tuple[str, ...]) -> Plan:
    from dataclasses import replace

    from conformance.model.plan import Selection
    from conformance.runs import methods_named

    selection = Selection(ids, sections, methods_named(methods))
    selection.check(plan)
    return replace(plan, items=tuple(item for item in plan.items if selection.takes(item)))


def scenario_rows(plan: Plan) -> list[dict[str, Any]]:
    """Every scenario of a plan with what judges it: its tests, or the dossier."""
    from conformance.cli.tests_map import read_tests

    tests = read_tests()
    return [
        {
            "id": item.scenario.id,
            "requirement": item.requirement.id,
            "section": item.requirement.section,
            "title": item.scenario.title,
            "nature": item.requirement.nature.value,
            "informative": item.informative,
            "option": item.requirement.option,
            "method": item.scenario.method.value,
            "method_label": item.scenario.method.label,
            "tests": list(tests.get(item.scenario.id, ())),
            "proofs": [proof.id for proof in item.scenario.proofs],
            "applicable": item.excluded is None,
            "reason": item.excluded,
        }
        for item in plan.items
    ]


def _as_text(plan: Plan, rows: list[dict[str, Any]]) -> str:
    from conformance.cli.view import columns, counted

    titles = {item.requirement.section: item.requirement.section_title for item in plan.items}
    lines = [f"{plan.profile.title} ({plan.profile.id}, {plan.profile.status_label})"]
    for section, title in titles.items():
        lines += ["", title, ""]
        shown = [
            (row["id"], row["method_label"], _judge(row), row["title"]) for row in rows if row["section"] == section
        ]
        lines.append(columns(shown, "  "))
    applicable = [row for row in rows if row["applicable"]]
    by_test = sum(bool(row["tests"]) for row in applicable)
    total = f"{counted(len(rows), 'scénario')}, dont {counted(len(applicable), 'applicable')}"
    lines += ["", f"{total} : {by_test} jugés par un test, {len(applicable) - by_test} sur dossier."]
    return "\n".join(lines)


def _judge(row: dict[str, Any]) -> str:
    if not row["applicable"]:
        return f"non applicable : {row['reason']}"
    return ", ".join(test.partition("suites/")[2] or test for test in row["tests"]) or "dossier"

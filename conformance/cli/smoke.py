"""A handful of scenarios that touch everything once: enough to know within a minute that the chain works."""

from __future__ import annotations

from conformance.cli.tests_map import read_tests
from conformance.model.plan import Plan

MOST = 12
"""Scenarios of a smoke run, at most."""


def smoke(plan: Plan) -> tuple[str, ...]:
    """One obligatory automated scenario a section and a file of tests, in the profile's order."""
    tests = read_tests()
    kept: dict[tuple[str, str], str] = {}
    for item in plan.items:
        if item.obligatory and item.scenario.id in tests and item.scenario.method.automatic:
            module = tests[item.scenario.id][0].partition("::")[0]
            kept.setdefault((item.requirement.section, module), item.scenario.id)
    # Every section first, then the other files: the limit never leaves a section out before it has one scenario.
    first = list({section: name for (section, _), name in reversed(kept.items())}.values())[::-1]
    return tuple(dict.fromkeys((*first, *kept.values())))[:MOST]

"""Proof-reading the catalogue: numbers used twice, scenarios that nothing proves, ids under two meanings, leftovers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.model.finding import Finding, Location, Severity
from conformance.model.official import base
from conformance.model.profile import Option, Profile
from conformance.model.requirement import Requirement

Tests = Mapping[str, Sequence[str]]
"""The tests of each scenario."""


def lint(
    catalogue: Iterable[Requirement], profiles: Iterable[Profile], options: Mapping[str, Option], tests: Tests
) -> tuple[Finding, ...]:
    """Everything there is to say of the catalogue and of these profiles, errors first."""
    known, loaded = list(catalogue), list(profiles)
    found = [
        *_by_requirement(known, tests),
        *_meanings(known),
        *_overrides(known, loaded),
        *_shared_scenarios(known),
        *(finding for profile in loaded for finding in _proofs_of(profile)),
        *_leftovers(known, loaded, options),
    ]
    order = list(Severity)
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: order.index(finding.severity)))


def _by_requirement(requirements: Iterable[Requirement], tests: Tests) -> Iterator[Finding]:
    for requirement in requirements:
        for scenario in requirement.scenarios:
            if not scenario.proofs:
                yield _finding(
                    "lint.sans-preuve", f"le scénario « {scenario.id} » n’a aucune preuve", _place(requirement)
                )
            if scenario.method.automatic and not tests.get(scenario.id):
                told = f"le scénario « {scenario.id} » est prévu pour une machine ({scenario.method.label}) et n’a aucun test"
                yield _finding("lint.sans-test", told, _place(requirement))


def _meanings(requirements: Iterable[Requirement]) -> Iterator[Finding]:
    """Ids that are one number for the agency, or differ by their punctuation alone."""
    numbers: dict[str, list[Requirement]] = {}
    looks: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        numbers.setdefault(base(requirement.id), []).append(requirement)
        looks.setdefault(re.sub(r"[\W_]", "", base(requirement.id)).casefold(), []).append(requirement)
    for number, several in numbers.items():
        if len(several) > 1:
            told = f"« {number} » a {len(several)} sens : {_names(several)}"
            yield _finding("lint.deux-sens", told, _place(several[1]))
    for several in looks.values():
        if len({base(requirement.id) for requirement in several}) > 1:
            told = f"{_names(several)} ne diffèrent que par la ponctuation ou la casse"
            yield _finding("lint.graphie", told, _place(several[1]))


def _overrides(requirements: Iterable[Requirement], profiles: Iterable[Profile]) -> Iterator[Finding]:
    catalogue = {requirement.id: requirement for requirement in requirements}
    reworded: dict[str, list[str]] = {}
    for profile in profiles:
        for requirement in (*profile.requirements, *profile.informative):
            first = catalogue.get(requirement.id)
            if first is not None and requirement.title != first.title and requirement.summary != first.summary:
                reworded.setdefault(requirement.id, []).append(profile.id)
    for name, where in reworded.items():
        told = f"« {name} » a un autre titre et un autre résumé dans {', '.join(where)}"
        yield _finding("lint.deux-sens", told, _place(catalogue[name]), Severity.INFO)


def _shared_scenarios(requirements: Iterable[Requirement]) -> Iterator[Finding]:
    owners: dict[str, Requirement] = {}
    for requirement in requirements:
        for scenario in requirement.scenarios:
            first = owners.setdefault(scenario.id, requirement)
            if first.id != requirement.id:
                told = f"le scénario « {scenario.id} » est porté par {first.id} et {requirement.id}"
                yield _finding("lint.scenario", told, _place(requirement))


def _proofs_of(profile: Profile) -> Iterator[Finding]:
    """A number is one place of the dossier: within a profile, one proof alone may bear it."""
    owners: dict[str, str] = {}
    for requirement, scenario in profile.scenarios():
        for proof in scenario.proofs:
            first = owners.setdefault(proof.id, scenario.id)
            if first != scenario.id:
                told = f"la preuve « {proof.id} » est demandée par {first} et {scenario.id} ({profile.id})"
                yield _finding("lint.preuve", told, _place(requirement), Severity.ERROR)
        numbers = [proof.id for proof in scenario.proofs]
        for name in dict.fromkeys(name for name in numbers if numbers.count(name) > 1):
            told = f"la preuve « {name} » est écrite deux fois dans {scenario.id} ({profile.id})"
            yield _finding("lint.preuve", told, _place(requirement), Severity.ERROR)


def _leftovers(
    requirements: Iterable[Requirement], profiles: Sequence[Profile], options: Mapping[str, Option]
) -> Iterator[Finding]:
    listed = {one.id for profile in profiles for one in (*profile.requirements, *profile.informative)}
    asked = {one.option for profile in profiles for one in (*profile.requirements, *profile.informative)}
    for requirement in requirements:
        asked.add(requirement.option)
        if requirement.id not in listed:
            told = f"« {requirement.id} » n’est dans aucun profil"
            yield _finding("lint.orpheline", told, _place(requirement), Severity.INFO)
    for slug in options:
        if slug not in asked:
            yield _finding("lint.option", f"l’option « {slug} » ne sert à aucune exigence", Location("options.yaml"))


def _names(requirements: Iterable[Requirement]) -> str:
    return ", ".join(f"« {requirement.id} » ({requirement.title})" for requirement in requirements)


def _place(requirement: Requirement) -> Location:
    return Location(requirement.file or "liste officielle", requirement.line or None)


def _finding(rule: str, message: str, where: Location, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(rule, message, severity, where)

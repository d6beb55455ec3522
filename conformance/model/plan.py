"""The plan: a profile seen through what a vendor declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model.profile import Profile, load_catalogue, load_options
from conformance.model.requirement import Method, Nature, Requirement, Scenario
from conformance.model.vendor import Vendor
from conformance.model.yamlfile import DataError, closest


@dataclass(frozen=True, slots=True)
class Planned:
    """One scenario to run. ``excluded`` is the French reason why it does not apply, None when it does."""

    requirement: Requirement
    scenario: Scenario
    informative: bool
    excluded: str | None

    @property
    def binding(self) -> bool:
        """Whether the profile makes it an obligation, applicable or not."""
        return not self.informative and self.requirement.nature is Nature.EXIGENCE

    @property
    def obligatory(self) -> bool:
        """Whether its verdict weighs in the global one."""
        return self.binding and self.excluded is None


@dataclass(frozen=True, slots=True)
class Plan:
    """Every scenario of a profile, in order, for one vendor."""

    profile: Profile
    vendor: Vendor
    items: tuple[Planned, ...]

    def find(self, scenario_id: str) -> Planned | None:
        """The planned scenario of that id, None when the profile has none."""
        return next((item for item in self.items if item.scenario.id == scenario_id), None)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked to run: ids (requirement or scenario), sections, methods; empty means everything."""

    ids: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()

    def takes(self, item: Planned) -> bool:
        """Whether the scenario is asked for."""
        names = (item.requirement.id, item.scenario.id)
        return (
            (not self.ids or any(name in self.ids for name in names))
            and (not self.sections or item.requirement.section in self.sections)
            and (not self.methods or item.scenario.method in self.methods)
        )

    def check(self, plan: Plan) -> None:
        """Raise DataError for an id or a section the plan does not have, or a selection that takes nothing."""
        known = {name for item in plan.items for name in (item.requirement.id, item.scenario.id)}
        _refuse_unknown("exigence ou scénario", self.ids, known, plan)
        _refuse_unknown("section", self.sections, {item.requirement.section for item in plan.items}, plan)
        if not any(self.takes(item) for item in plan.items):
            hint = "les options de sélection se cumulent : une exigence hors des sections demandées n’est pas retenue"
            raise DataError(plan.profile.id, "aucun scénario ne répond à la sélection", hint=hint)


def _refuse_unknown(what: str, asked: Iterable[str], known: set[str], plan: Plan) -> None:
    for name in asked:
        if name not in known:
            raise DataError(plan.profile.id, f"{what} inconnu(e) « {name} »", hint=closest(name, known))


def build_plan(profile: Profile, vendor: Vendor) -> Plan:
    """Apply the vendor's declarations to the profile.

    Raises DataError when the vendor declares an option or a non-applicability that no profile knows; what another profile
    knows is left out, since one configuration may serve several profiles.
    """
    options = load_options()
    for option in sorted(vendor.options):
        if option not in options:
            hint = closest(option, options)
            raise DataError(vendor.file, f"option inconnue « {option} »", allowed=", ".join(options), hint=hint)
    items = tuple(
        Planned(
            requirement,
            scenario,
            requirement in profile.informative,
            _exclusion(profile, vendor, requirement, scenario),
        )
        for requirement, scenario in profile.scenarios()
    )
    requirements = [*load_catalogue().values(), *(item.requirement for item in items)]
    known = {name for one in requirements for name in (one.id, *(scenario.id for scenario in one.scenarios))}
    for name in vendor.not_applicable:
        if name not in known:
            raise DataError(vendor.file, f"« {name} » n’est dans aucun profil", hint=closest(name, known))
    return Plan(profile, vendor, items)


def _exclusion(profile: Profile, vendor: Vendor, requirement: Requirement, scenario: Scenario) -> str | None:
    if requirement.option is not None and requirement.option not in vendor.options:
        return f"option « {profile.options[requirement.option].title} » non déclarée par l’éditeur"
    for name in (scenario.id, requirement.id):
        if name in vendor.not_applicable:
            return f"déclaré non applicable par l’éditeur : {vendor.not_applicable[name]}"
    return None

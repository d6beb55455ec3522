"""One requirement in full: what is asked, how it is proven, by what, for whom, and its official wording when imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model.official import tails
from conformance.model.profile import Option, Profile, load_catalogue, load_options, load_profile, profile_ids
from conformance.model.requirement import Requirement
from conformance.model.yamlfile import DataError, closest


@dataclass(frozen=True, slots=True)
class Use:
    """A profile that takes the requirement up. ``fields`` are those that it words otherwise."""

    profile: str
    informative: bool
    fields: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A requirement, the profiles that take it up, and the official wordings imported, by profile."""

    requirement: Requirement
    option: Option | None
    uses: tuple[Use, ...]
    official: Mapping[str, str]

    def to_json(self, tests: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Plain JSON values."""
        one = self.requirement
        return {
            "id": one.id,
            "section": one.section,
            "section_title": one.section_title,
            "title": one.title,
            "summary": one.summary,
            "nature": one.nature.value,
            "option": None if self.option is None else {"slug": self.option.slug, "title": self.option.title},
            "method": one.method.value,
            "method_label": one.method.label,
            "automatable": one.automatable,
            "reason": one.reason,
            "protocol": None
            if one.protocol is None
            else {"show": one.protocol.show, "accepted": one.protocol.accepted, "refused": one.protocol.refused},
            "scenarios": [
                {
                    "id": scenario.id,
                    "title": scenario.title,
                    "method": scenario.method.value,
                    "method_label": scenario.method.label,
                    "proofs": [{"id": p.id, "kind": p.kind, "title": p.title} for p in scenario.proofs],
                    "tests": list(tests.get(scenario.id, ())),
                }
                for scenario in one.scenarios
            ],
            "profiles": [
                {"id": use.profile, "informative": use.informative, "overrides": list(use.fields), "status": use.status}
                for use in self.uses
            ],
            "written_in": f"{one.file}:{one.line}" if one.file else None,
            "official": dict(self.official),
        }


def explain(name: str, profile_id: str | None = None) -> Explained:
    """The requirement of that id, or the one that bears that scenario or proof; in a profile when one is named.

    Official prefixes are read (SC., LGC.…). Raises DataError for an id that nothing bears, with a suggestion.
    """
    profiles = [load_profile(one) for one in profile_ids()]
    catalogue = load_catalogue()
    pool = {one.id: one for profile in profiles for one in _all(profile)} | dict(catalogue)
    if profile_id is not None:
        pool = {one.id: one for one in _all(load_profile(profile_id))}
    requirement = _find(name, pool)
    uses = tuple(_uses(requirement.id, profiles, catalogue))
    official = {
        profile.id: one.official
        for profile in profiles
        for one in _all(profile)
        if one.id == requirement.id and one.official is not None
    }
    option = None if requirement.option is None else load_options().get(requirement.option)
    return Explained(requirement, option, uses, official)


def _all(profile: Profile) -> tuple[Requirement, ...]:
    return (*profile.requirements, *profile.informative)


def _find(name: str, pool: Mapping[str, Requirement]) -> Requirement:
    for tail in tails(name):
        if tail in pool:
            return pool[tail]
        for requirement in pool.values():
            for scenario in requirement.scenarios:
                if scenario.id == tail or any(proof.id == tail for proof in scenario.proofs):
                    return requirement
    folded = {one.casefold(): one for one in pool}
    if name.casefold() in folded:
        return pool[folded[name.casefold()]]
    raise DataError(
        "catalogue", f"ni exigence, ni scénario, ni preuve ne s’appelle « {name} »", hint=closest(name, pool)
    )


def _uses(name: str, profiles: Sequence[Profile], catalogue: Mapping[str, Requirement]) -> Iterator[Use]:
    first = catalogue.get(name)
    for profile in profiles:
        found = next((one for one in _all(profile) if one.id == name), None)
        if found is not None:
            fields = () if first is None else _differing(first, found)
            yield Use(profile.id, found in profile.informative, fields, profile.status_label)


_FIELDS = ("title", "summary", "nature", "method", "automatable", "reason", "option", "scenarios", "protocol")


def _differing(first: Requirement, other: Requirement) -> tuple[str, ...]:
    return tuple(name for name in _FIELDS if getattr(first, name) != getattr(other, name))

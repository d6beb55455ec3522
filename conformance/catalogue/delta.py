"""From one profile to another: what is new, gone, changed, taken up under another list, and which proofs still hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue.crosswalk import STATUSES, Crosswalk
from conformance.catalogue.text import fingerprint
from conformance.model.official import base
from conformance.model.profile import Profile
from conformance.model.requirement import Proof, Requirement, Scenario

GROUPS = {
    "new": "Nouvelles",
    "withdrawn": "Retirées",
    "restated": "Reprises de la vague 1 sans être écrites dans la liste d’arrivée, à confirmer sur la liste officielle",
    "reworded": "Reformulées",
    "meaning": "Même numéro, autre sens",
    "method": "Méthode changée",
    "nature": "Nature changée",
    "option": "Condition changée",
    "weight": "Passées de l’information à l’obligation, ou l’inverse",
    "unchanged": "Inchangées",
}
PROOFS = {
    "valid": "Restent valables",
    "review": "Valables si la liste officielle confirme la reprise",
    "redo": "À refaire",
    "make": "À produire",
    "dropped": "Plus demandées",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement in a group, and what there is to say of it."""

    id: str
    title: str
    detail: str = ""
    origins: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, without the empty ones."""
        told: dict[str, Any] = {"id": self.id, "title": self.title}
        if self.detail:
            told["detail"] = self.detail
        if self.origins:
            told["wave1"] = [{"id": name, "status": status} for name, status in self.origins]
        return told


@dataclass(slots=True)
class Delta:
    """Two profiles compared. ``dropped``: published wave 1 ids that nothing takes up, and why."""

    start: Profile
    end: Profile
    groups: dict[str, list[Line]] = field(default_factory=lambda: {name: [] for name in GROUPS})
    proofs: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PROOFS})
    dropped: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "from": {"id": self.start.id, "status": self.start.status},
            "to": {"id": self.end.id, "status": self.end.status},
            "counts": {name: len(lines) for name, lines in self.groups.items()},
            "groups": {name: [line.to_json() for line in lines] for name, lines in self.groups.items()},
            "proofs": self.proofs,
            "wave1_not_taken_up": [{"id": name, "status": status} for name, status in self.dropped],
        }


def delta(start: Profile, end: Profile, crosswalk: Crosswalk) -> Delta:
    """Compare two profiles, obligatory and recommended lines; informative ones count only when they change side."""
    found = Delta(start, end)
    before = {one.id: one for one in start.requirements}
    after = {one.id: one for one in end.requirements}
    shown = {one.id for one in (*start.informative, *end.informative)}
    waves = start.wave == 1 and end.wave == 2
    for name, requirement in before.items():
        origins = crosswalk.origins(start.rem, base(name)) if waves else ()
        if name in after:
            _common(found, requirement, after[name], crosswalk, origins)
        elif waves and any(status in ("approved", "redirected") for _, status in origins):
            _put(found, "restated", requirement, origins=origins)
            found.proofs["review"] += _numbers(requirement)
        else:
            _gone(found, requirement, origins, informative=name in shown)
    for name, requirement in after.items():
        if name not in before:
            group, detail = ("weight", "devient obligatoire") if name in shown else ("new", _needs(requirement))
            _put(found, group, requirement, detail)
            found.proofs["make"] += _numbers(requirement)
    found.dropped = crosswalk.dropped(start.rem) if waves else ()
    _settle(found.proofs)
    return found


def _common(
    found: Delta, before: Requirement, after: Requirement, crosswalk: Crosswalk, origins: tuple[tuple[str, str], ...]
) -> None:
    meaning = found.start.wave != found.end.wave and before.id in crosswalk.new_meaning.get(found.end.rem, ())
    reworded = list(_reworded(before, after))
    groups = {
        "meaning": "le numéro est gardé, la liste publiée lui donne un autre sens" if meaning else "",
        "reworded": ", ".join(reworded),
        "method": " ; ".join(_methods(before, after)),
        "nature": "" if before.nature is after.nature else f"{before.nature} → {after.nature}",
        "option": ""
        if before.option == after.option
        else f"{before.option or 'pour tous'} → {after.option or 'pour tous'}",
    }
    for group, detail in groups.items():
        if detail:
            _put(found, group, after, detail, origins)
    if not any(groups.values()):
        _put(found, "unchanged", after, origins=origins)
    _proofs(found.proofs, before, after, redo=meaning or bool(reworded))


def _reworded(before: Requirement, after: Requirement) -> Iterator[str]:
    if before.title != after.title:
        yield "titre"
    if before.summary != after.summary:
        yield "résumé"
    if before.official and after.official and fingerprint(before.official) != fingerprint(after.official):
        yield "énoncé officiel"
    former = {scenario.id: scenario.title for scenario in before.scenarios}
    for scenario in after.scenarios:
        if scenario.id in former and scenario.title != former[scenario.id]:
            yield f"scénario {scenario.id}"


def _methods(before: Requirement, after: Requirement) -> Iterator[str]:
    former = {scenario.id: scenario.method for scenario in before.scenarios}
    changed = [one for one in after.scenarios if former.get(one.id, one.method) is not one.method]
    for scenario in changed:
        yield f"{scenario.id} : {former[scenario.id].label} → {scenario.method.label}"
    if not changed and before.method is not after.method:
        yield f"{before.method.label} → {after.method.label}"


def _proofs(proofs: dict[str, list[str]], before: Requirement, after: Requirement, *, redo: bool) -> None:
    former, now = _by_number(before), _by_number(after)
    for number, (scenario, proof) in now.items():
        if number not in former:
            proofs["make"].append(number)
            continue
        old_scenario, old = former[number]
        same = (old_scenario.id, old_scenario.method, old.kind, old.title) == (
            scenario.id,
            scenario.method,
            proof.kind,
            proof.title,
        )
        proofs["valid" if same and not redo else "redo"].append(number)
    proofs["dropped"] += [number for number in former if number not in now]


def _gone(found: Delta, requirement: Requirement, origins: tuple[tuple[str, str], ...], *, informative: bool) -> None:
    if informative:
        _put(found, "weight", requirement, "n’est plus montrée que pour information", origins)
    else:
        reasons = dict.fromkeys(STATUSES[status] for _, status in origins)
        _put(found, "withdrawn", requirement, ", ".join(reasons), origins)
    found.proofs["dropped"] += _numbers(requirement)


def _settle(proofs: dict[str, list[str]]) -> None:
    """A number stands in one group: what must be redone or made wins over what is dropped elsewhere."""
    seen: set[str] = set()
    for group in ("redo", "valid", "make", "review", "dropped"):
        proofs[group] = [number for number in dict.fromkeys(proofs[group]) if number not in seen]
        seen.update(proofs[group])


def _by_number(requirement: Requirement) -> Mapping[str, tuple[Scenario, Proof]]:
    return {proof.id: (scenario, proof) for scenario in requirement.scenarios for proof in scenario.proofs}


def _numbers(requirement: Requirement) -> list[str]:
    return [proof.id for scenario in requirement.scenarios for proof in scenario.proofs]


def _needs(requirement: Requirement) -> str:
    return f"{requirement.nature.value.lower()}, {requirement.method.label}"


def _put(
    found: Delta,
    group: str,
    requirement: Requirement,
    detail: str = "",
    origins: tuple[tuple[str, str], ...] = (),
) -> None:
    found.groups[group].append(Line(requirement.id, requirement.title, detail, origins))

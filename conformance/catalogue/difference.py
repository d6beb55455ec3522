"""What an imported list changes: against the profile as shipped, and against the list imported before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from conformance.catalogue.text import fingerprint
from conformance.model.official import Official, Overlay, plain_word, states, tails
from conformance.model.overlay import GENERAL, nature_of, options_of
from conformance.model.profile import Option, Profile
from conformance.model.requirement import Requirement

KINDS = {
    "unknown": "Nouvelles, inconnues du catalogue",
    "known": "Nouvelles pour ce profil, connues du catalogue",
    "withdrawn": "Retirées : au profil, absentes de la liste",
    "reworded": "Reformulées depuis la dernière importation",
    "scenarios": "Scénarios ou preuves changés depuis la dernière importation",
    "gone": "Disparues depuis la dernière importation",
    "appeared": "Apparues depuis la dernière importation",
    "moved": "Déplacées dans une autre section ou un autre chapitre",
    "nature": "Nature différente",
    "option": "Profil conditionnel différent",
    "numbering": "Scénarios numérotés autrement qu’au catalogue",
    "crosswalk": "Rapprochées par la table de reprise de la vague 1",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its kind, the official id (ours when the list has none), our ids, what differs."""

    kind: str
    id: str
    ours: tuple[str, ...] = ()
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "ours": list(self.ours)}


def changes(
    overlay: Overlay,
    previous: Overlay | None,
    profile: Profile,
    catalogue: Mapping[str, Requirement],
    options: Mapping[str, Option],
) -> tuple[Change, ...]:
    """Every difference, in the order of KINDS. ``profile`` is the one shipped, without any list laid over it."""
    found = [*_against_profile(overlay, profile, catalogue, options)]
    if previous is not None:
        found += _against_previous(overlay, previous)
    order = list(KINDS)
    return tuple(sorted(dict.fromkeys(found), key=lambda change: order.index(change.kind)))


def _against_profile(
    overlay: Overlay, profile: Profile, catalogue: Mapping[str, Requirement], options: Mapping[str, Option]
) -> Iterator[Change]:
    own = {one.id: one for one in profile.requirements}
    asked = overlay.by_ours()
    for name, requirement in own.items():
        if name not in asked:
            yield Change("withdrawn", name, (name,), requirement.title)
    for entry in overlay.requirements:
        if not entry.ours:
            yield Change("unknown", entry.id, (), entry.chapter)
        for name in entry.ours:
            requirement = own.get(name) or catalogue[name]
            if name not in own:
                yield Change("known", entry.id, (name,), requirement.title)
            yield from _one(entry, requirement, options, alone=len(asked[name]) == 1)


def _one(entry: Official, ours: Requirement, options: Mapping[str, Option], *, alone: bool) -> Iterator[Change]:
    if not states(entry.id, ours.id):
        yield Change("crosswalk", entry.id, (ours.id,), ours.title)
        return
    if entry.section and plain_word(entry.section) != plain_word(ours.section):
        yield Change("moved", entry.id, (ours.id,), f"{ours.section} → {entry.section}")
    nature = nature_of(entry.nature)
    if nature is not None and nature is not ours.nature:
        yield Change("nature", entry.id, (ours.id,), f"{ours.nature} → {nature}")
    if alone and entry.profile:
        general = plain_word(entry.profile) == GENERAL
        slug = None if general else options_of(entry, options) or entry.profile
        if slug != ours.option:
            yield Change("option", entry.id, (ours.id,), f"{ours.option or 'aucun'} → {slug or 'aucun'}")
    theirs = {tail for scenario in entry.scenarios if scenario.id for tail in tails(scenario.id)}
    added = [s.id for s in entry.scenarios if s.id and not set(tails(s.id)) & {one.id for one in ours.scenarios}]
    lost = [one.id for one in ours.scenarios if one.id not in theirs and one.id != ours.id]
    if theirs and (lost or (added and ours.scenarios[0].id != ours.id)):
        told = [f"en plus : {', '.join(added)}" if added else "", f"en moins : {', '.join(lost)}" if lost else ""]
        yield Change("numbering", entry.id, (ours.id,), " ; ".join(part for part in told if part))


def _against_previous(overlay: Overlay, previous: Overlay) -> Iterator[Change]:
    now, before = _keyed(overlay), _keyed(previous)
    for key in before.keys() - now.keys():
        yield Change("gone", key[0], before[key].ours)
    for key, entry in now.items():
        former = before.get(key)
        if former is None:
            yield Change("appeared", entry.id, entry.ours)
            continue
        if fingerprint(entry.statement) != fingerprint(former.statement):
            yield Change("reworded", entry.id, entry.ours, f"ligne {entry.row}")
        if (told := _place(former)) != (new := _place(entry)):
            yield Change("moved", entry.id, entry.ours, f"{told or 'aucun'} → {new or 'aucun'}")
        if names := _scenarios_changed(former, entry):
            yield Change("scenarios", entry.id, entry.ours, ", ".join(names))


def _keyed(overlay: Overlay) -> dict[tuple[str, str], Official]:
    return {(entry.id, plain_word(entry.profile)): entry for entry in overlay.requirements}


def _place(entry: Official) -> str:
    return " › ".join(" ".join(part.split()) for part in (entry.section, entry.chapter) if part)


def _scenarios_changed(former: Official, entry: Official) -> list[str]:
    def content(one: Official) -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
        return {
            scenario.id: (fingerprint(scenario.text), tuple((p.id, fingerprint(p.text)) for p in scenario.proofs))
            for scenario in one.scenarios
        }

    before, now = content(former), content(entry)
    return sorted(name or "sans numéro" for name in before.keys() | now.keys() if before.get(name) != now.get(name))

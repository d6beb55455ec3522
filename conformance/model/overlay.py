"""An imported list laid over a profile: what the agency asks for, judged by what the project knows how to judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.model.official import Official, OfficialProof, Overlay, plain_word, states, tails
from conformance.model.requirement import Method, Nature, Proof, Protocol, Requirement, Scenario

if TYPE_CHECKING:
    from conformance.model.profile import Option, Profile

GENERAL = "general"


def nature_of(text: str) -> Nature | None:
    """EXIGENCE or PRECONISATION as the sheet writes them, None when it says neither."""
    word = plain_word(text)
    return next((nature for nature in Nature if word.startswith(nature.value.casefold())), None)


def options_of(entry: Official, options: Mapping[str, Option]) -> str | None:
    """The short name of the option that the entry's « Profil » names, None when none of ours bears that name."""
    wanted = plain_word(entry.profile)
    return next((slug for slug, option in options.items() if plain_word(option.title) == wanted), None)


def with_official(
    profile: Profile, overlay: Overlay, catalogue: Mapping[str, Requirement], options: Mapping[str, Option]
) -> Profile:
    """The profile as the imported list has it.

    What the list no longer asks for is run for information and weighs no more; what it asks for and the profile did not
    is added, from the catalogue when it is written there, else to be proven on file. Nature, conditions, scenarios and
    proof numbers follow the list; the project's own titles and methods stay.
    """
    asked = overlay.by_ours()
    known = {one.id: one for one in (*profile.requirements, *profile.informative)}
    names = [one.id for one in profile.requirements if one.id in asked]
    names += [name for name in asked if name not in names and name in known]
    taken = {scenario.id for one in known.values() for scenario in one.scenarios}
    selected = [_laid_over(known[name], asked[name], options, taken) for name in names]
    for name in (name for name in asked if name not in known and name in catalogue):
        names.append(name)
        selected.append(_laid_over(_free(catalogue[name], taken), asked[name], options, taken))
    bare = [entry for entry in overlay.requirements if not any(name in names for name in entry.ours)]
    selected += _unknown(bare, set(known) | set(names), options, taken)
    kept = {one.id for one in selected}
    informative = tuple(one for one in known.values() if one.id not in kept)
    slugs = {one.option for one in (*selected, *informative)}
    return replace(
        profile,
        status="official",
        requirements=tuple(selected),
        informative=informative,
        options={slug: option for slug, option in options.items() if slug in slugs},
        sources=(str(overlay.source), *profile.sources),
    )


def _laid_over(
    requirement: Requirement, entries: list[Official], options: Mapping[str, Option], taken: set[str]
) -> Requirement:
    natures = [nature for entry in entries if (nature := nature_of(entry.nature)) is not None]
    # An entry that only the crosswalk links to ours numbers its scenarios in the former way: they are ours already.
    same = [entry for entry in entries if states(entry.id, requirement.id)]
    asked = [(scenario.id, scenario.proofs) for entry in same for scenario in entry.scenarios]
    return replace(
        requirement,
        official="\n\n".join(dict.fromkeys(entry.statement for entry in entries)),
        nature=Nature.EXIGENCE if Nature.EXIGENCE in natures else natures[0] if natures else requirement.nature,
        option=_option(requirement, entries, options),
        scenarios=tuple(_scenarios(requirement, asked, taken)),
    )


def _free(requirement: Requirement, taken: set[str]) -> Requirement:
    """A requirement of the catalogue that joins the profile, without the scenarios another one bears already."""
    free = tuple(scenario for scenario in requirement.scenarios if scenario.id not in taken)
    free = free or (Scenario(requirement.id, requirement.title, _by_hand(requirement)),)
    taken.update(scenario.id for scenario in free)
    return replace(requirement, scenarios=free)


def _option(requirement: Requirement, entries: list[Official], options: Mapping[str, Option]) -> str | None:
    words = {plain_word(entry.profile) for entry in entries if entry.profile}
    if GENERAL in words:
        return None
    slugs = {options_of(entry, options) for entry in entries if entry.profile}
    return slugs.pop() if len(slugs) == 1 and None not in slugs else requirement.option


def _scenarios(
    requirement: Requirement, asked: Iterable[tuple[str, tuple[OfficialProof, ...]]], taken: set[str]
) -> Iterator[Scenario]:
    """Ours, each with the proof numbers that the list adds to it, then those that the list alone has."""
    added: dict[str, list[OfficialProof]] = {}
    ours = {scenario.id for scenario in requirement.scenarios}
    alone = len(ours) == 1 and requirement.id in ours
    for name, proofs in asked:
        own = requirement.id if alone else next((tail for tail in tails(name) if tail in ours), name)
        added.setdefault(own, []).extend(proofs)
    for scenario in requirement.scenarios:
        yield replace(scenario, proofs=_proofs(scenario.proofs, added.pop(scenario.id, [])))
    for name, left in added.items():
        if name and name not in taken:
            taken.add(name)
            yield Scenario(name, f"Scénario {name} de la liste officielle", _by_hand(requirement), _proofs((), left))


def _by_hand(requirement: Requirement) -> Method:
    return Method.ATTESTATION if requirement.method is Method.ATTESTATION else Method.EVIDENCE


def _proofs(ours: tuple[Proof, ...], official: Iterable[OfficialProof]) -> tuple[Proof, ...]:
    found = {proof.id: proof for proof in ours}
    for proof in official:
        if not any(tail in found for tail in tails(proof.id)):
            found[proof.id] = Proof(proof.id, kind_of(proof.text), f"Preuve {proof.id} de la liste officielle")
    return tuple(found.values())


_KINDS = (
    ("video", "video"),
    ("capture", "capture"),
    ("copie d ecran", "capture"),
    ("attestation", "declaration"),
    ("declaration", "declaration"),
    ("agrement", "approval"),
    ("homologation", "approval"),
    ("autorisation cnda", "approval"),
    ("lien", "link"),
    ("url", "link"),
    ("log", "log"),
    ("trace", "log"),
)


def kind_of(text: str) -> str:
    """The kind of a proof told by its official text; ``document`` accepts nearly everything, so it is the default."""
    words = f" {plain_word(text)} "
    return next((kind for word, kind in _KINDS if f" {word}" in words), "document")


def _unknown(
    entries: Iterable[Official], ids: set[str], options: Mapping[str, Option], taken: set[str]
) -> Iterator[Requirement]:
    """What the list asks for and the project does not know: bare requirements, to be proven on file."""
    groups: dict[str, list[Official]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    for name, group in groups.items():
        if name in ids:
            continue
        section = name.rpartition(".")[0] or name
        title = f"Exigence {name}, que seule la liste officielle énonce"
        bare = Requirement(
            id=name,
            section=section,
            section_title=group[0].chapter or section,
            title=title,
            summary=f"L’énoncé se lit dans la liste importée : catalogue show {name}.",
            nature=Nature.EXIGENCE,
            method=Method.EVIDENCE,
            automatable="no",
            reason="Aucun contrôle n’est encore écrit pour cette exigence : elle se prouve sur dossier.",
            scenarios=(),
            protocol=_PROTOCOL,
        )
        laid = _laid_over(bare, group, options, taken)
        if not laid.scenarios:
            asked = [proof for entry in group for scenario in entry.scenarios for proof in scenario.proofs]
            laid = replace(laid, scenarios=(Scenario(name, title, Method.EVIDENCE, _proofs((), asked)),))
        yield laid


_PROTOCOL = Protocol(
    show="Ce que demandent le scénario et les preuves de la liste officielle, avec la version candidate du logiciel.",
    accepted="Chaque preuve demandée, complète et lisible, rangée sous son numéro.",
    refused="Une preuve d’une autre version, d’un autre produit, ou qui ne montre pas tout le scénario.",
)

"""From an official id to ours: as it is written, then without its prefixes, then through the wave 1 crosswalk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from conformance.catalogue.crosswalk import Crosswalk
from conformance.model.finding import Finding, Location, Severity
from conformance.model.official import Official, base, plain_word, tails
from conformance.model.profile import Profile
from conformance.model.requirement import Requirement
from conformance.model.yamlfile import DataError

_SHARED = "SC."


def matched(
    entries: Sequence[Official],
    profile: Profile,
    catalogue: Mapping[str, Requirement],
    crosswalk: Crosswalk,
    source: Location,
) -> tuple[tuple[Official, ...], tuple[Finding, ...]]:
    """The entries with our ids, the profile's own first, then the rest of the catalogue; and what is ambiguous."""
    own = _index((*profile.requirements, *profile.informative))
    elsewhere = _index(catalogue.values())
    titles = {slug: option.title for slug, option in profile.options.items()}
    found = [replace(entry, ours=_ours(entry, own, elsewhere, crosswalk, titles)) for entry in entries]
    return _without_rivals(found, source)


def _index(requirements: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    index: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        index.setdefault(base(requirement.id), []).append(requirement)
    return index


def _ours(
    entry: Official,
    own: Mapping[str, list[Requirement]],
    elsewhere: Mapping[str, list[Requirement]],
    crosswalk: Crosswalk,
    titles: Mapping[str, str],
) -> tuple[str, ...]:
    published = crosswalk.approved(entry.id)
    if through := tuple(name for name in published if name in own):
        return through
    for known in (own, elsewhere):
        for tail in tails(entry.id):
            # A published wave 1 id such as LGC.DOC.01 is not the wave 2 DOC.01 of another list.
            if tail in known and not (published and tail != entry.id):
                return (_chosen(entry, known[tail], titles),)
    return ()


def _chosen(entry: Official, candidates: list[Requirement], titles: Mapping[str, str]) -> str:
    """Among requirements under one number, the one for the entry's « Profil », else the general one."""
    wanted = plain_word(entry.profile)
    for requirement in candidates:
        if requirement.option and plain_word(titles.get(requirement.option, "")) == wanted:
            return requirement.id
    return next((one.id for one in candidates if one.option is None), candidates[0].id)


def _without_rivals(found: list[Official], source: Location) -> tuple[tuple[Official, ...], tuple[Finding, ...]]:
    """Two official ids, alike but for their prefix, are two requirements: one of them is ours at most."""
    claims: dict[str, list[str]] = {}
    for entry in found:
        for name in entry.ours:
            if base(name) in tails(entry.id) and entry.id not in claims.setdefault(name, []):
                claims[name].append(entry.id)
    findings: list[Finding] = []
    losers: set[str] = set()
    for name, rivals in claims.items():
        if len(rivals) > 1:
            first = min(rivals, key=lambda rival: (rival != base(name), not rival.startswith(_SHARED)))
            losers |= set(rivals) - {first}
            told = f"{' et '.join(rivals)} ont le même numéro sans leur préfixe ; {first} est notre {name}"
            where = replace(source, line=next(entry.row for entry in found if entry.id in losers))
            findings.append(Finding("import.ambigu", told, Severity.WARNING, where))
    return tuple(replace(entry, ours=()) if entry.id in losers else entry for entry in found), tuple(findings)


def guess_profile(entries: Sequence[Official], profiles: Sequence[Profile], crosswalk: Crosswalk) -> Profile:
    """The profile whose ids the list shares most. Raises DataError when none stands out."""
    shares = sorted(((_alike(entries, profile, crosswalk), profile.id) for profile in profiles), reverse=True)
    (best, name), (second, _) = shares[0], shares[1] if len(shares) > 1 else (0.0, "")
    if best < 0.2 or best - second < 0.05:
        known = ", ".join(f"{one} ({share:.0%})" for share, one in shares[:4])
        raise DataError("classeur", f"le profil ne se devine pas : {known}", hint="précisez --profile")
    return next(profile for profile in profiles if profile.id == name)


def _alike(entries: Sequence[Official], profile: Profile, crosswalk: Crosswalk) -> float:
    own = {base(one.id) for one in profile.requirements}
    theirs = {
        next((name for name in (*crosswalk.approved(entry.id), *tails(entry.id)) if name in own), entry.id)
        for entry in entries
    }
    return len(own & theirs) / len(own | theirs)

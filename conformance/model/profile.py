"""A profile: which requirements a dispositif (profession × wave) asks for, selected and overridden, never copied."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.model.official import Overlay, overlay_path, read_overlay
from conformance.model.overlay import with_official
from conformance.model.requirement import Method, Nature, Proof, Protocol, Requirement, Scenario
from conformance.model.yamlfile import DataError, closest, line_of, read_yaml

PROFILES = Path(__file__).resolve().parent.parent / "profiles"
STATUSES = {
    "official": "liste officielle importée",
    "draft-2023": "projet public de 2023",
    "provisional": "provisoire, aucune liste publiée",
}
_ID_LINE = re.compile(r"^\s*-\s+(?:\{\s*)?id:\s*[\"']?([^\"',}]+?)[\"']?\s*(?:[,}#].*)?$")


@dataclass(frozen=True, slots=True)
class Option:
    """A conditional profile of the agency (médecin traitant, centre de santé…), declared or not by a vendor."""

    slug: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """The requirements of one dispositif. ``informative`` ones are run and shown apart, and never weigh.

    ``documents`` gives the type (LOINC) of the document that plays each part in a scenario: ``main``, ``prescription``,
    ``letter``; a part that the profession does not play is absent.

    ``status`` says how far the list can be trusted (see STATUSES); ``digest`` is the SHA-256 of all the files read.
    """

    id: str
    title: str
    profession: str
    wave: int
    rem: str
    status: str
    options: Mapping[str, Option]
    requirements: tuple[Requirement, ...]
    informative: tuple[Requirement, ...]
    documents: Mapping[str, str]
    sources: tuple[str, ...]
    digest: str

    def scenarios(self) -> Iterator[tuple[Requirement, Scenario]]:
        """Every scenario with its requirement, in the profile's order, the informative ones last."""
        for requirement in (*self.requirements, *self.informative):
            for scenario in requirement.scenarios:
                yield requirement, scenario

    @property
    def status_label(self) -> str:
        """The French words for the status, printed on the report's cover."""
        return STATUSES[self.status]


def profile_ids() -> list[str]:
    """The profiles shipped, such as ``wave1/doctors``."""
    folders = sorted(folder for folder in PROFILES.iterdir() if folder.is_dir() and folder.name.startswith("wave"))
    return [f"{folder.name}/{file.stem}" for folder in folders for file in sorted(folder.glob("*.yaml"))]


def load_profile(profile_id: str, *, official: bool = True) -> Profile:
    """Load a shipped profile by id, or one from a path to a YAML file, as the official list has it when one was imported.

    ``official=False`` gives the profile as shipped. Raises DataError when the profile, a requirement it selects, or the
    imported list does not exist or is ill-written.
    """
    path = Path(profile_id) if profile_id.endswith((".yaml", ".yml")) else PROFILES / f"{profile_id}.yaml"
    if not path.is_file():
        known = profile_ids()
        hint = closest(profile_id, known)
        raise DataError(path, f"le profil « {profile_id} » n’existe pas", allowed=", ".join(known), hint=hint)
    files: list[Path] = []
    data = _read_with_parents(path, files)
    profile = _build(path, data, files)
    overlay = read_overlay(profile.id) if official else None
    if overlay is None:
        return profile
    digest = hashlib.sha256(profile.digest.encode() + overlay_path(profile.id).read_bytes()).hexdigest()
    return replace(made_official(profile, overlay), digest=digest)


def made_official(profile: Profile, overlay: Overlay) -> Profile:
    """The profile as an imported list has it. Raises DataError when two of its requirements bear one scenario."""
    laid = with_official(profile, overlay, load_catalogue(), load_options())
    _refuse_shared_scenarios(overlay_path(profile.id), (*laid.requirements, *laid.informative))
    return laid


def _read_with_parents(path: Path, files: list[Path]) -> dict[str, Any]:
    if path in files:
        raise DataError(path, "ce profil s’étend lui-même", hint="retirez-le de « extends »")
    files.append(path)
    data: dict[str, Any] = read_yaml(path, "profile")
    merged: dict[str, Any] = {"select": [], "inform": [], "overrides": {}, "documents": {}}
    for parent in data.get("extends", []):
        inherited = _read_with_parents(PROFILES / f"{parent}.yaml", files)
        merged["select"] += [name for name in inherited["select"] if name not in merged["select"]]
        merged["inform"] += inherited["inform"]
        merged["overrides"] |= inherited["overrides"]
        merged["documents"] |= inherited["documents"]
    _refuse_duplicates(path, data)
    dropped = set(data.get("drop", []))
    own = data.get("select", [])
    merged["select"] = [name for name in merged["select"] if name not in dropped and name not in own] + own
    informed = dict.fromkeys([*merged["inform"], *data.get("inform", [])])
    merged["inform"] = [name for name in informed if name not in dropped and name not in merged["select"]]
    merged["overrides"] |= data.get("overrides") or {}
    merged["documents"] |= data.get("documents", {})
    return {**data, **merged}


def _refuse_duplicates(path: Path, data: Mapping[str, Any]) -> None:
    for key in ("select", "inform"):
        seen: set[str] = set()
        for index, name in enumerate(data.get(key, [])):
            if name in seen:
                line = line_of(path.read_text(encoding="utf-8"), [key, index])
                raise DataError(
                    path, f"« {name} » est sélectionnée deux fois", line=line, hint="gardez une seule ligne"
                )
            seen.add(name)


def _build(path: Path, data: dict[str, Any], files: list[Path]) -> Profile:
    catalogue = load_catalogue()
    known = load_options()

    def pick(name: str, key: str) -> Requirement:
        if name not in catalogue:
            line = line_of(path.read_text(encoding="utf-8"), [key, data[key].index(name)])
            raise DataError(path, f"exigence inconnue « {name} »", line=line, hint=closest(name, catalogue))
        requirement = _override(catalogue[name], data["overrides"].get(name, {}))
        if requirement.option and requirement.option not in known:
            hint = closest(requirement.option, known)
            raise DataError(
                path, f"« {name} » dépend de l’option « {requirement.option} », absente d’options.yaml", hint=hint
            )
        return requirement

    for name in data["overrides"]:
        if name not in (*data["select"], *data["inform"]):
            raise DataError(
                path, f"« {name} » est redéfinie sans être sélectionnée", hint=closest(name, data["select"])
            )
    selected = tuple(pick(name, "select") for name in data["select"])
    informative = tuple(pick(name, "inform") for name in data["inform"])
    _refuse_shared_scenarios(path, (*selected, *informative))
    asked = {requirement.option for requirement in (*selected, *informative)}
    used = {PROFILES / requirement.file for requirement in (*selected, *informative)}
    return Profile(
        id=data["profile"],
        title=data["title"],
        profession=data["profession"],
        wave=data["wave"],
        rem=data["rem"],
        status=data["status"],
        options={slug: option for slug, option in known.items() if slug in asked},
        requirements=selected,
        informative=informative,
        documents=data["documents"],
        sources=tuple(data.get("sources", [])),
        digest=_digest([*files, *sorted(used)]),
    )


def _refuse_shared_scenarios(path: Path, requirements: tuple[Requirement, ...]) -> None:
    owners: dict[str, str] = {}
    for requirement in requirements:
        for scenario in requirement.scenarios:
            if scenario.id in owners:
                raise DataError(
                    path, f"le scénario « {scenario.id} » est porté par {owners[scenario.id]} et {requirement.id}"
                )
            owners[scenario.id] = requirement.id


def _override(requirement: Requirement, fields: Mapping[str, Any]) -> Requirement:
    changes: dict[str, Any] = dict(fields)
    if "nature" in changes:
        changes["nature"] = Nature(changes["nature"])
    if "protocol" in changes:
        changes["protocol"] = Protocol(**changes["protocol"])
    method = Method(changes.get("method", requirement.method))
    if "scenarios" in changes:
        changes["scenarios"] = _scenarios(changes["scenarios"], method)
    if "method" in changes:
        changes["method"] = method
    if "method" in changes and "scenarios" not in fields:
        changes["scenarios"] = tuple(
            replace(scenario, method=method) if scenario.method is requirement.method else scenario
            for scenario in requirement.scenarios
        )
    return replace(requirement, **changes) if changes else requirement


def _digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()


@cache
def load_options() -> Mapping[str, Option]:
    """The conditional profiles that the agency's lists know, by short name."""
    data: dict[str, Any] = read_yaml(PROFILES / "options.yaml", "options")
    return {slug: Option(slug, **fields) for slug, fields in data.items()}


@cache
def load_catalogue() -> Mapping[str, Requirement]:
    """Every requirement shipped, by id. Raises DataError for an id written twice."""
    catalogue: dict[str, Requirement] = {}
    for file in sorted((PROFILES / "requirements").glob("*.yaml")):
        data = read_yaml(file, "requirements")
        lines = _id_lines(file)
        for entry in data["requirements"]:
            requirement = _requirement(entry, data, file, lines)
            if requirement.id in catalogue:
                first = catalogue[requirement.id]
                raise DataError(file, f"« {requirement.id} » est déjà écrite dans {first.file}", line=requirement.line)
            catalogue[requirement.id] = requirement
    return catalogue


def _id_lines(file: Path) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if found := _ID_LINE.match(line):
            lines.setdefault(found[1], number)
    return lines


def _scenarios(items: Iterable[Mapping[str, Any]], method: Method) -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            id=item["id"],
            title=item["title"],
            method=Method(item.get("method", method)),
            proofs=tuple(Proof(**proof) for proof in item.get("proofs", [])),
        )
        for item in items
    )


def _requirement(entry: dict[str, Any], section: dict[str, Any], file: Path, lines: dict[str, int]) -> Requirement:
    method = Method(entry["method"])
    scenarios = _scenarios(entry.get("scenarios", []), method)
    protocol = entry.get("protocol")
    return Requirement(
        id=entry["id"],
        section=section["section"],
        section_title=section["title"],
        title=entry["title"],
        summary=entry["summary"].strip(),
        nature=Nature(entry["nature"]),
        method=method,
        automatable=entry["automatable"],
        reason=entry["reason"].strip(),
        scenarios=scenarios or (Scenario(entry["id"], entry["title"], method),),
        option=entry.get("option"),
        protocol=None if protocol is None else Protocol(**protocol),
        file=file.relative_to(PROFILES).as_posix(),
        line=lines.get(entry["id"], 0),
    )

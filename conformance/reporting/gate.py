"""The gate of a pipeline: which non-conformities are known, waived for a time or there already, and which are not.

A verdict is never touched here. A waiver has an owner, a reason and an end; once ended, or once the scenario conforms, it
fails the gate until somebody takes it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from conformance.model.verdict import Verdict
from conformance.model.yamlfile import DataError, read_yaml
from conformance.reporting.view import obligatory

Data = Mapping[str, Any]

_MENDED = frozenset({Verdict.CONFORME, Verdict.NON_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Waiver:
    """A known deviation: the scenario, who answers for it, why, and the last day on which it holds."""

    scenario: str
    owner: str
    reason: str
    expires: date


@dataclass(slots=True)
class Gate:
    """What the gate says. ``code`` is the exit code: 1 for a new non-conformity, 2 for a waiver to take out, 3, 4 or 0."""

    code: int
    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    waived: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The French sentences, gravest first."""
        for words, names in (
            ("Non-conformité nouvelle", self.new),
            ("Dérogation à retirer ou à revoir", self.stale),
            ("Non-conformité connue de la référence", self.known),
            ("Non-conformité sous dérogation", self.waived),
        ):
            yield from (f"{words} : {name}" for name in names)


def load_waivers(path: Path) -> list[Waiver]:
    """Read a file of waivers. Raises DataError when it is ill-written, or waives one scenario twice."""
    found: dict[str, Waiver] = {}
    for place, one in enumerate(read_yaml(path, "waivers")["waivers"], start=1):
        try:
            expires = date.fromisoformat(str(one["expires"]))
        except ValueError:
            raise DataError(
                path, f"dérogation n° {place} : « {one['expires']} » n’est pas une date", hint="écrivez 2027-01-31"
            ) from None
        if one["scenario"] in found:
            raise DataError(path, f"deux dérogations pour le scénario {one['scenario']}", hint="gardez-en une")
        found[one["scenario"]] = Waiver(one["scenario"], one["owner"], one["reason"], expires)
    return list(found.values())


def settle(waivers: Sequence[Waiver], run: Data, today: date) -> list[dict[str, Any]]:
    """The waivers as ``run.json`` holds them, each with its state on that day."""
    verdicts = {scenario["id"]: scenario["verdict"] for _, scenario in _scenarios(run)}
    return [
        {**asdict(one), "expires": one.expires.isoformat(), "state": _state(one, verdicts.get(one.scenario), today)}
        for one in waivers
    ]


def _state(waiver: Waiver, verdict: str | None, today: date) -> str:
    if verdict is None:
        return "unknown"
    if verdict in _MENDED:
        return "unneeded"
    return "expired" if today > waiver.expires else "active"


def gate(run: Data, baseline: Data | None = None) -> Gate:
    """Judge a run that holds its waivers, against a baseline when there is one.

    A non-conformity is known when the baseline has it with at least the same broken rules.
    """
    states = {one["scenario"]: one["state"] for one in run.get("waivers", ())}
    before = {} if baseline is None else {scenario["id"]: scenario for _, scenario in _scenarios(baseline)}
    found = Gate(0, stale=[_stale(one) for one in run.get("waivers", ()) if one["state"] in ("expired", "unneeded")])
    left: set[str] = set()
    for requirement, scenario in _scenarios(run):
        if not obligatory(requirement):
            continue
        name = scenario["id"]
        if scenario["verdict"] != Verdict.NON_CONFORME:
            left.add(scenario["verdict"])
        elif states.get(name) == "active":
            found.waived.append(name)
        elif name in before and _known(scenario, before[name]):
            found.known.append(name)
        else:
            found.new.append(name)
    found.code = _code(run, found, left)
    return found


def _code(run: Data, found: Gate, left: set[str]) -> int:
    if found.new:
        return 1
    if found.stale:
        return 2
    if Verdict.ERREUR_BANC in left:
        return 3
    if left & {Verdict.A_EXAMINER, Verdict.NON_VERIFIE}:
        return 4
    # A run of a part of the profile never ends conforming, whatever its scenarios say.
    if not found.waived and not found.known:
        return int(run["verdict"]["exit_code"])
    return 0 if run.get("whole", True) else 4


def _known(now: Data, before: Data) -> bool:
    return before["verdict"] == Verdict.NON_CONFORME and _broken(now) <= _broken(before)


def _broken(scenario: Data) -> set[str]:
    return {finding["rule"] for finding in scenario["findings"] if finding["severity"] == "ERROR"}


def _stale(waiver: Data) -> str:
    why = "échue" if waiver["state"] == "expired" else "sans objet, le scénario n’est plus en écart"
    return f"{waiver['scenario']}, {why} ({waiver['owner']}, {waiver['expires']})"


def _scenarios(run: Data) -> Iterator[tuple[Data, Data]]:
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            yield requirement, scenario

"""Two runs compared, scenario by scenario: what changed, and what made it change.

A cause is told with its reason, and is the most certain of those that the two runs allow: the same recorded bytes judged
otherwise can only be a rule; a bench that failed says nothing of the software; pieces that changed are data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from conformance.model.verdict import Verdict

Data = Mapping[str, Any]

CAUSES = {"software": "logiciel", "rule": "règle", "data": "donnée", "bench": "banc"}
"""The four causes and their French names."""
_REASONS = {
    "profile": ("rule", "le profil n’a plus les mêmes scénarios"),
    "partial": ("data", "l’une des deux exécutions est restreinte à une partie du profil"),
    "bench": ("bench", "le banc a failli dans l’une des deux exécutions : elle ne dit rien du logiciel"),
    "options": ("data", "les options déclarées ont changé"),
    "condition": ("rule", "la condition d’application a changé"),
    "same-bytes": ("rule", "les mêmes octets sont jugés autrement"),
    "decision": ("data", "la décision d’une personne a changé"),
    "pieces": ("data", "les pièces du dossier ont changé"),
    "unseen": ("data", "l’une des deux exécutions n’a pas joué ce scénario"),
    "version": ("software", "la version ou le livrable a changé"),
    "version-and-rules": ("software", "la version ou le livrable a changé ; les règles aussi, rejouez l’ancien enregistrement pour trancher"),
    "profile-changed": ("rule", "le profil a changé"),
    "tool": ("rule", "l’outil de contrôle a changé"),
    "seed": ("data", "les identités d’essai ont changé (graine)"),
    "unstable": ("software", "ni version, ni règle, ni donnée n’a changé : comportement variable, ou livrable changé sans le dire"),
}  # fmt: skip
REASONS = tuple(why for _, why in _REASONS.values())
"""Every reason, in French."""
_RANK = {verdict.value: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Change:
    """A scenario whose verdict, or whose blocking findings, differ. ``before`` or ``after`` is None where it is absent.

    ``findings`` are the rules that appeared (``+``) or went away (``-``).
    """

    scenario: str
    title: str
    before: str | None
    after: str | None
    cause: str
    why: str
    findings: tuple[str, ...] = ()

    @property
    def direction(self) -> str:
        """``better``, ``worse`` or ``other``, by the gravity of the two verdicts."""
        if self.before is None or self.after is None or self.before == self.after:
            return "other"
        if Verdict.NON_APPLICABLE in (self.before, self.after):
            return "other"
        return "better" if _RANK[self.after] > _RANK[self.before] else "worse"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "findings": list(self.findings), "direction": self.direction}


def compare(before: Data, after: Data) -> list[Change]:
    """Every change from one run to another, in the order of the second; what only the first has comes last."""
    old, new = dict(_scenarios(before)), dict(_scenarios(after))
    found = [_change(name, old.get(name), new.get(name), before, after) for name in (*new, *(set(old) - set(new)))]
    places = {name: place for place, name in enumerate((*new, *(name for name in old if name not in new)))}
    return sorted((change for change in found if change is not None), key=lambda change: places[change.scenario])


def same_profile(before: Data, after: Data) -> bool:
    """Whether the two runs judge the same profile; others compare poorly (``delta`` compares profiles)."""
    return bool(before["profile"]["id"] == after["profile"]["id"])


def _scenarios(run: Data) -> Iterator[tuple[str, Data]]:
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            yield scenario["id"], scenario


def _change(name: str, old: Data | None, new: Data | None, before: Data, after: Data) -> Change | None:
    verdicts = tuple(None if one is None else one["verdict"] for one in (old, new))
    rules = _rules(old), _rules(new)
    moved = (
        *(f"+{rule}" for rule in sorted(rules[1] - rules[0])),
        *(f"-{rule}" for rule in sorted(rules[0] - rules[1])),
    )
    if verdicts[0] == verdicts[1] and not moved:
        return None
    known = new or old or {}
    cause, why = _REASONS[_cause(old, new, before, after)]
    return Change(name, known["title"], verdicts[0], verdicts[1], cause, why, moved)


def _rules(scenario: Data | None) -> set[str]:
    findings = () if scenario is None else scenario["findings"]
    return {finding["rule"] for finding in findings if finding["severity"] == "ERROR"}


def _cause(old: Data | None, new: Data | None, before: Data, after: Data) -> str:
    """The key of the reason. The order goes from what is certain to what is left."""
    if old is None or new is None:
        return "profile" if before["profile"]["digest"] != after["profile"]["digest"] else "partial"
    if Verdict.ERREUR_BANC in (old["verdict"], new["verdict"]):
        return "bench"
    if Verdict.NON_APPLICABLE in (old["verdict"], new["verdict"]):
        return "condition" if _options(before) == _options(after) else "options"
    if old.get("reviews", []) != new.get("reviews", []):
        return "decision"
    if (evidence := _evidence(new)) and evidence == _evidence(old):
        return "same-bytes"
    if {"preuve", "attestation"} & {old["mode"], new["mode"]}:
        return "pieces"
    if _never_played(old) or _never_played(new):
        return "unseen"
    judged = _judged(before) != _judged(after)
    if before["software"] != after["software"]:
        return "version-and-rules" if judged else "version"
    if judged:
        return "profile-changed" if before["profile"]["digest"] != after["profile"]["digest"] else "tool"
    return "unstable" if before["harness"]["seed"] == after["harness"]["seed"] else "seed"


def _judged(run: Data) -> tuple[Any, ...]:
    """What judges: the profile and the tool."""
    return run["profile"]["digest"], run["harness"]["version"], run["harness"]["commit"]


def _options(run: Data) -> set[str]:
    return {option["slug"] for option in run["profile"]["options"] if option["declared"]}


def _evidence(scenario: Data) -> set[str]:
    """The SHA-256 of everything that was looked at."""
    found = {piece["sha256"] for piece in scenario["pieces"]}
    for exchange in scenario["exchanges"]:
        found |= {message["blob"] for message in (exchange["request"], exchange["response"]) if message}
    return found


def _never_played(scenario: Data) -> bool:
    return bool(scenario["mode"] == "aucun" and not scenario["started"])

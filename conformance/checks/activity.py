"""The export behind a dashboard, recounted from what the simulated services saw (REM, section TBB)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model.finding import Finding, Location

DONE, FAILED = "REUSSITE", "ECHEC"
_SOURCE = "REM, section TBB"
_WORDS = {
    "dmp": "dépôts au DMP",
    "mss-professionnel": "envois aux professionnels",
    "mss-patient": "envois aux patients",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A deposit or a sending that took place: its channel, its outcome, whether the INS was qualified, its type."""

    channel: str
    outcome: str
    qualified: bool
    type_code: str

    def __str__(self) -> str:
        ins = "INS qualifiée" if self.qualified else "INS non qualifiée"
        return f"{_WORDS.get(self.channel, self.channel)}, {self.outcome}, {ins}, type {self.type_code}"


Counts = Counter[tuple[Any, ...]]


def counted(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    attempts: Sequence[Attempt],
    *,
    by_type: bool = False,
) -> Iterator[Finding]:
    """Between two exports, the totals grew by those attempts and no other."""
    grown = _totals(after, by_type=by_type)
    grown.subtract(_totals(before, by_type=by_type))
    due = Counter(_key(one.channel, one.outcome, one.qualified, one.type_code, by_type=by_type) for one in attempts)
    for key in sorted({*due, *grown}, key=str):
        if grown[key] != due[key]:
            channel, outcome, qualified, kind = (*key, "")[:4]
            told = Attempt(str(channel), str(outcome), bool(qualified), str(kind or "tous"))
            yield _fault(f"Le compte est faux\u00a0: {told}.", str(due[key]), str(grown[key]))


def masked(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], expected: int) -> Iterator[Finding]:
    """The share of masked documents grew by so many."""
    grown = sum(_number(line, "masques") for line in after) - sum(_number(line, "masques") for line in before)
    if grown != expected:
        yield _fault("Le détail des documents masqués est faux ou absent.", str(expected), str(grown))


def dated(lines: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Each line tells its month (``AAAA-MM``) and its structure."""
    for rank, line in enumerate(lines, start=1):
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(line.get("mois"))):
            yield _fault(f"La ligne {rank} n’a pas de mois.", "AAAA-MM", str(line.get("mois")))
        if not line.get("structure"):
            yield _fault(f"La ligne {rank} n’est pas rattachée à une structure.", "le FINESS de la structure", "absent")


def _totals(lines: Sequence[Mapping[str, Any]], *, by_type: bool) -> Counts:
    totals: Counts = Counter()
    for line in lines:
        key = _key(line.get("canal"), line.get("issue"), line.get("ins_qualifiee"), line.get("type"), by_type=by_type)
        totals[key] += _number(line, "nombre")
    return totals


def _key(channel: object, outcome: object, qualified: object, kind: object, *, by_type: bool) -> tuple[Any, ...]:
    return (channel, outcome, qualified, kind) if by_type else (channel, outcome, qualified)


def _number(line: Mapping[str, Any], name: str) -> int:
    value = line.get(name)
    return value if isinstance(value, int) else 0


def _fault(message: str, expected: str, observed: str) -> Finding:
    return Finding(
        "tbb.compte",
        message,
        where=Location("extraction d’activité"),
        expected=expected,
        observed=observed,
        fix="Compter chaque tentative une fois, à son canal, à son issue et à son mois.",
        source=_SOURCE,
    )

"""The ways a scenario can end, as exceptions that carry their verdict.

They derive from BaseException so that an ``except Exception`` in the code under a test cannot swallow a verdict:

    Outcome
    ├── NonConforming   NON_CONFORME    raised by ``require`` with every finding
    ├── ToReview        A_EXAMINER      something is there, a person must judge it
    ├── NotRun          NON_VERIFIE     nothing to look at
    ├── NotApplicable   NON_APPLICABLE
    ├── Accepted        CONFORME        a named person accepted the evidence
    └── BenchFault      ERREUR_BANC     our own fault

Anything else that a test raises is our own fault too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from conformance.model.finding import Finding, Severity
from conformance.model.verdict import Verdict

_Read = TypeVar("_Read")


class Outcome(BaseException):
    """A scenario has ended with ``verdict``; ``reason`` is a French sentence."""

    verdict: ClassVar[Verdict]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NonConforming(Outcome):
    """The software breaks the requirement; ``findings`` says how, all of it."""

    verdict = Verdict.NON_CONFORME

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        left = len(errors) - 1
        more = f" (et {left} autre{'s' if left > 1 else ''} constat{'s' if left > 1 else ''})" if left else ""
        super().__init__(f"{errors[0].message}{more}")
        self.findings = findings


class ToReview(Outcome):
    """Evidence is there; a person must judge it."""

    verdict = Verdict.A_EXAMINER


class Accepted(Outcome):
    """A named person has judged the evidence and accepted it: never said by a machine."""

    verdict = Verdict.CONFORME


class NotRun(Outcome):
    """There was nothing to look at: an input is missing, the software stays silent, a validator is absent."""

    verdict = Verdict.NON_VERIFIE


class NotApplicable(Outcome):
    """The scenario does not concern this software, for the reason told."""

    verdict = Verdict.NON_APPLICABLE


class BenchFault(Outcome):
    """The harness itself failed; says nothing of the software."""

    verdict = Verdict.ERREUR_BANC


@dataclass(frozen=True, slots=True)
class Piece:
    """A file bound to a scenario: ``proof`` is the ``N° preuve`` it is filed under, None when it was only judged."""

    name: str
    kind: str
    sha256: str
    size: int
    proof: str | None = None
    origin: str = ""


class Ledger:
    """What one scenario looked at and found. The plugin opens one for each test and reads it at the end."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.pieces: list[Piece] = []
        self.reviews: list[Mapping[str, Any]] = []
        self.mode = "automatique"
        self.judged = 0

    def require(self, *groups: Iterable[Finding] | Finding | None) -> None:
        """See :func:`conformance.require`."""
        found: list[Finding] = []
        for group in groups:
            self.judged += 1
            if isinstance(group, Finding):
                found.append(group)
            elif group is not None:
                found.extend(group)
        self.findings.extend(found)
        if any(finding.severity is Severity.ERROR for finding in found):
            raise NonConforming(tuple(found))


_LEDGER: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


@contextmanager
def judging() -> Iterator[Ledger]:
    """Open the ledger of one scenario for the time of its test."""
    ledger = Ledger()
    token = _LEDGER.set(ledger)
    try:
        yield ledger
    finally:
        _LEDGER.reset(token)


def require(*groups: Iterable[Finding] | Finding | None) -> None:
    """Judge: take every finding of the given checks and end the scenario NON_CONFORME if one is an error.

    Each argument is what one check returned. Warnings are kept and shown, they never condemn. A test that passes
    without a single call to ``require`` has judged nothing: the plugin reports ERREUR_BANC.
    """
    (_LEDGER.get() or Ledger()).require(*groups)


def legible(read: _Read | tuple[Finding, ...]) -> _Read:
    """What was read, or the scenario ended by why it could not be.

    A reader gives the parsed artefact, or the findings that say what is wrong with it: a malformed artefact is
    NON_CONFORME, one that could not be read for a reason that is not the software's is NON_VERIFIE.
    """
    if not isinstance(read, tuple):
        return read
    require(read)
    raise NotRun("; ".join(finding.message for finding in read) or "l’artefact n’a pas pu être lu")


def by_hand(
    mode: str, findings: Iterable[Finding], pieces: Iterable[Piece], reviews: Iterable[Mapping[str, Any]] = ()
) -> None:
    """Note what a dossier holds for the scenario: ``mode`` is preuve, attestation or aucun; nothing is judged here.

    ``reviews`` are the decisions of persons, as ``run.json`` carries them.
    """
    if ledger := _LEDGER.get():
        ledger.reviews.extend(reviews)
        ledger.mode = mode
        ledger.findings.extend(findings)
        ledger.pieces.extend(pieces)

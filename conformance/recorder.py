"""Results written as they come, and the whole run put together at the end.

Each writing process has its own ``results/<writer>.jsonl`` beside its journal segment; a killed run loses at most the
scenario in progress. ``assemble`` reads them all back, so that a run, a resumed run and a distributed run are put
together the same way.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.journal import Journal, now
from conformance.model.directory import Listed
from conformance.model.finding import Finding
from conformance.model.identity import Identity
from conformance.model.verdict import Verdict
from conformance.outcomes import Piece


@dataclass(frozen=True, slots=True)
class Result:
    """What one scenario came to. ``mode`` is automatique, preuve, attestation or aucun; ``duration_s`` in seconds.

    ``reviews`` are the decisions of persons on its proofs, as ``run.json`` carries them.
    """

    scenario: str
    verdict: Verdict
    reason: str
    mode: str
    findings: tuple[Finding, ...] = ()
    pieces: tuple[Piece, ...] = ()
    test: str | None = None
    started: str = ""
    duration_s: float = 0.0
    at: str = ""
    reviews: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {**asdict(self), "findings": [f.to_json() for f in self.findings], "verdict": self.verdict.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Result:
        """The inverse of :meth:`to_json`."""
        fields = dict(data)
        fields["verdict"] = Verdict(fields["verdict"])
        fields["findings"] = tuple(Finding.from_json(item) for item in fields["findings"])
        fields["pieces"] = tuple(Piece(**item) for item in fields["pieces"])
        fields["reviews"] = tuple(fields.get("reviews", ()))
        return cls(**fields)


class Recorder:
    """Writes one process's results. ``journal`` is None when a recorded run is judged again."""

    def __init__(self, folder: Path, writer: str, journal: Journal | None) -> None:
        self.folder, self.journal = folder, journal
        self._path = folder / "results" / f"{writer}.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._began, self._clock = now(), time.monotonic()

    def begin(self, scenario: str, test: str) -> None:
        """A scenario starts."""
        self._began, self._clock = now(), time.monotonic()
        if self.journal is not None:
            self.journal.scenario = scenario
            self.journal.note("start", {"test": test})

    def drawn(self, person: Identity | Listed) -> None:
        """A patient or a professional was invented for the scenario in progress."""
        if self.journal is not None:
            self.journal.note("person", {"keys": sorted(person.keys)})

    def end(self, result: Result) -> None:
        """A scenario has ended: write it down at once."""
        timed = {"started": self._began, "duration_s": round(time.monotonic() - self._clock, 3), "at": now()}
        line = json.dumps({**result.to_json(), **timed}, ensure_ascii=False)
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(line + "\n")
        if self.journal is not None:
            self.journal.note("verdict", {"verdict": result.verdict.value, "reason": result.reason})
            self.journal.scenario = None


def read_results(folder: Path) -> dict[str, Result]:
    """Every scenario's last result; a line cut short by a killed process is left out."""
    found: dict[str, Result] = {}
    for path in sorted((folder / "results").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                result = Result.from_json(json.loads(line))
            except ValueError:
                continue
            known = found.get(result.scenario)
            if known is None or known.at <= result.at:
                found[result.scenario] = result
    return found


def still_to_do(results: Mapping[str, Result], scenarios: Iterable[str]) -> set[str]:
    """The scenarios a resumed run has to play: those without a result, or whose result was our own fault."""
    return {name for name in scenarios if name not in results or not results[name].verdict.final}

"""What every driver offers to the suites."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from conformance.model.evidence import Artefact, Exchange
from conformance.outcomes import NotRun


@dataclass(frozen=True, slots=True)
class Reply:
    """A software's answer to one action: ``data`` is what the JSON told, or the file's bytes when the action is raw."""

    status: int
    data: Any
    exchange: Exchange

    @property
    def ok(self) -> bool:
        """Whether the software says that it did what was asked."""
        return 200 <= self.status < 300


class Driver(Protocol):
    """The way one software is reached."""

    kind: str

    def perform(self, action: str, parameters: dict[str, Any], user: str | None = None) -> Reply:
        """Ask the software to act. Raises NotRun when it cannot be asked or does not answer in time."""
        ...

    def artefacts(self, kind: str) -> list[Artefact]:
        """The files handed in of that kind (cda, pdf, xdm, mail, hl7)."""
        ...

    def close(self) -> None:
        """Let the software go."""
        ...


@dataclass
class Budget:
    """The time one scenario may still take, in seconds."""

    total_s: float
    started: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds left; raises NotRun when none is."""
        left = self.total_s - (time.monotonic() - self.started)
        if left <= 0:
            raise NotRun(f"budget de temps épuisé : {self.total_s:g} s pour ce scénario (patience.scenario_s)")
        return left

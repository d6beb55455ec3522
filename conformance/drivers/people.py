"""Invented people, handed to the scenarios."""

from __future__ import annotations

from itertools import count

from conformance.model.identity import Identity, invent
from conformance.recorder import Recorder


class People:
    """Invented people, never the same in two scenarios, always the same for the same seed."""

    def __init__(self, seed: int, scenario: str, recorder: Recorder) -> None:
        self._seed, self._scenario, self._recorder, self._numbers = seed, scenario, recorder, count()

    def one(self) -> Identity:
        """Someone nobody met before in this run; whatever crosses the wire about them belongs to this scenario."""
        person = invent(self._seed, self._scenario, next(self._numbers))
        self._recorder.drawn(person)
        return person

"""The replay driver: a recorded run stands for the software; same bytes, same verdict.

Time is kept too: after the k-th thing asked of the software, a suite sees what had been recorded before the next one
was asked, and nothing later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.drivers.actions import ACTIONS
from conformance.drivers.base import Reply
from conformance.drivers.dossier import Dossier, Piece
from conformance.drivers.http import interpret
from conformance.journal import read_blob, read_exchange, read_segment, segments
from conformance.model.evidence import Artefact, Channel, Exchange
from conformance.model.finding import Finding
from conformance.model.review import Review
from conformance.model.vendor import DriverConfig
from conformance.outcomes import NotRun

_ASKED = (Channel.PILOTE.value, Channel.HL7.value, Channel.THIRD_PARTY.value)
"""Where the software is asked something: by its actions, by what its neighbours and third parties send it."""


class Recording:
    """What a recorded run wrote, by scenario. A scenario played again after a resume is its last take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        parts = [list(read_segment(path)) for path in segments(folder)]
        parts.sort(key=lambda entries: str(entries[0]["at"]) if entries else "")
        self._entries = _last_takes([entry for entries in parts for entry in entries])
        self._asked: Counter[str | None] = Counter()
        self._exchanges: dict[str, Exchange] = {}

    def ask(self, scenario: str | None, what: str) -> Exchange:
        """Play the next thing asked of the software in a scenario; gives what was recorded of it.

        Raises NotRun when the recording holds nothing, or something else, at that place.
        """
        position = self._asked[scenario]
        self._asked[scenario] += 1
        marks = self._marks(scenario)
        if position >= len(marks):
            raise NotRun(f"l’enregistrement de ce scénario s’arrête avant « {what} »")
        end = marks[position + 1] if position + 1 < len(marks) else len(self._entries)
        for entry in self._entries[marks[position] : end]:
            own = entry["kind"] == "exchange" and entry["data"]["channel"] in _ASKED
            if own and entry["scenario"] == scenario and entry["data"]["operation"] == what:
                return self._read(entry)
        raise NotRun(f"l’enregistrement ne contient pas « {what} » à cet endroit du scénario")

    def exchanges(self, channel: Channel, now: str | None, scenario: str | None, key: str | None) -> list[Exchange]:
        """What can be seen of a channel at this point of scenario ``now``, oldest first, narrowed as asked."""
        marks = self._marks(now)
        asked = self._asked[now]
        horizon = marks[asked] if asked < len(marks) else len(self._entries)
        return [
            self._read(entry)
            for entry in self._entries[:horizon]
            if entry["kind"] == "exchange"
            and entry["data"]["channel"] == channel.value
            and (scenario is None or entry["scenario"] == scenario)
            and (key is None or key in entry["data"]["keys"])
        ]

    def artefacts(self, kind: str) -> list[Artefact]:
        """The files handed in to the recorded run."""
        found: dict[str, Artefact] = {}
        for entry in self._entries:
            data = entry["data"]
            if entry["kind"] == "artefact" and data["kind"] == kind and data["origin"] == "dossier":
                content = read_blob(self.folder, data["blob"])
                found[data["name"]] = Artefact(data["name"], content, kind, data["origin"], entry["number"])
        return list(found.values())

    def authorities(self, scenario: str | None) -> bytes:
        """The authorities (PEM) that a scenario was judged by. Raises NotRun when the recording does not hold them."""
        for entry in reversed(self._entries):
            if entry["kind"] == "authorities" and entry["scenario"] == scenario:
                return str(entry["data"]["pem"]).encode("ascii")
        raise NotRun("l’enregistrement ne contient pas les autorités du banc")

    def dossier(self) -> Dossier | None:
        """The proofs handed in to the recorded run, as they were; None when there were none."""
        found = [entry["data"] for entry in self._entries if entry["kind"] == "dossier"]
        if not found:
            return None
        return Dossier(
            [Piece.from_json(piece) for piece in found[-1]["pieces"]],
            reviews=[Review.from_json(review) for review in found[-1].get("reviews", ())],
            fault=found[-1].get("fault"),
            looks=self._looks(),
        )

    def _looks(self) -> dict[tuple[str, str, str], tuple[Finding, ...]]:
        """What had been said of the contents of each piece: the pieces themselves are not in the recording."""
        notes = [entry["data"] for entry in self._entries if entry["kind"] == "look"]
        return {
            (note["proof"], note["name"], note["sha256"]): tuple(
                Finding.from_json(finding) for finding in note["findings"]
            )
            for note in notes
        }

    def _marks(self, scenario: str | None) -> list[int]:
        return [i for i, entry in enumerate(self._entries) if entry["kind"] == "ask" and entry["scenario"] == scenario]

    def _read(self, entry: dict[str, Any]) -> Exchange:
        number = entry["number"]
        if number not in self._exchanges:
            self._exchanges[number] = read_exchange(self.folder, entry)
        return self._exchanges[number]


def _last_takes(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    takes: Counter[str] = Counter()
    numbered = []
    for entry in entries:
        if entry["kind"] == "start":
            takes[entry["scenario"]] += 1
        numbered.append((takes[entry["scenario"] or ""], entry))
    return [entry for take, entry in numbered if entry["scenario"] is None or take == takes[entry["scenario"]]]


class ReplayDriver:
    """Gives each action of a scenario the answer that was recorded for it, in order."""

    def __init__(self, recording: Recording, config: DriverConfig) -> None:
        self._recording, self._config = recording, config
        self.kind = config.kind
        self.scenario: str | None = None

    def perform(self, action: str, parameters: dict[str, Any], user: str | None = None) -> Reply:
        """The recorded answer. Raises NotRun when the recording holds none."""
        if self.kind == "dossier":
            raise NotRun(f"des fichiers seuls ne permettent pas l’action « {action} » : rejouez avec le pilote http")
        mapping = self._config.actions.get(action)
        pointers: Mapping[str, str] = {} if mapping is None else mapping.response
        return interpret(ACTIONS[action], self._recording.ask(self.scenario, action), pointers)

    def artefacts(self, kind: str) -> list[Artefact]:
        """The files that had been handed in."""
        return self._recording.artefacts(kind)

    def close(self) -> None:
        """Nothing to let go."""

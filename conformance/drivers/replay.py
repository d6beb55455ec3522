"""The replay driver: a recorded run stands for the software; same bytes, same verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.drivers.actions import ACTIONS
from conformance.drivers.base import Reply
from conformance.drivers.dossier import Dossier, Piece
from conformance.drivers.http import interpret
from conformance.journal import read_blob, read_exchange, read_segment, segments
from conformance.model.evidence import Artefact, Channel, Exchange
from conformance.model.vendor import DriverConfig
from conformance.outcomes import NotRun


class Recording:
    """The exchanges and files of a recorded run, by scenario. A scenario played again after a resume is its last take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        entries = [entry for path in segments(folder) for entry in read_segment(path)]
        entries.sort(key=lambda entry: entry["at"])
        self._entries = _last_takes(entries)
        self._exchanges: dict[str, Exchange] = {}

    def exchanges(self, channel: Channel, scenario: str | None = None, key: str | None = None) -> list[Exchange]:
        """The recorded exchanges of one channel, oldest first, narrowed as asked."""
        return [
            self._read(entry)
            for entry in self._entries
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

    def dossier(self) -> Dossier | None:
        """The proofs handed in to the recorded run, as they were; None when there were none."""
        found = [entry["data"]["pieces"] for entry in self._entries if entry["kind"] == "dossier"]
        return Dossier(Piece.from_json(piece) for piece in found[-1]) if found else None

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

    kind = "replay"

    def __init__(self, recording: Recording, config: DriverConfig, scenario: Callable[[], str | None]) -> None:
        self._recording, self._config, self._scenario = recording, config, scenario
        self._played: Counter[tuple[str | None, str]] = Counter()

    def perform(self, action: str, parameters: dict[str, Any], user: str | None = None) -> Reply:
        """The recorded answer. Raises NotRun when the recording holds none."""
        scenario = self._scenario()
        recorded = [
            exchange
            for exchange in self._recording.exchanges(Channel.PILOTE, scenario)
            if exchange.operation == action
        ]
        position = self._played[scenario, action]
        self._played[scenario, action] += 1
        if position >= len(recorded):
            raise NotRun(f"l’enregistrement ne contient pas l’action « {action} » (n° {position + 1}) de ce scénario")
        mapping = self._config.actions.get(action)
        pointers: Mapping[str, str] = {} if mapping is None else mapping.response
        return interpret(ACTIONS[action], recorded[position], pointers)

    def artefacts(self, kind: str) -> list[Artefact]:
        """The files that had been handed in."""
        return self._recording.artefacts(kind)

    def close(self) -> None:
        """Nothing to let go."""

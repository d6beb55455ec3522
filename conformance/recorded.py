"""The journal of a run, read once: which exchanges belong to which scenario, and how each segment is sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.journal import GENESIS, read_lines, segments


class Recorded:
    """The journal of a run, read once: exchanges and steps by scenario, and where it began to be written."""

    def __init__(self, folder: Path) -> None:
        self.seals: list[dict[str, Any]] = []
        self.started: list[str] = []
        self.services: list[dict[str, str]] = []
        self.memory: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._exchanges: list[dict[str, Any]] = []
        self._open: dict[str, str] = {}
        for path in segments(folder):
            self._read(path)
        self._exchanges.sort(key=lambda entry: (entry["at"], entry["number"]))

    def _read(self, path: Path) -> None:
        count, head = 0, GENESIS
        for entry, head in read_lines(path):  # noqa: B007  (the last one seals the segment)
            count += 1
            self._take(entry)
        self.seals.append({"file": f"journal/{path.name}", "entries": count, "head": head})

    def _take(self, entry: dict[str, Any]) -> None:
        scenario = entry["scenario"]
        if entry["kind"] == "person":
            self._owners |= dict.fromkeys(entry["data"]["keys"], scenario)
        elif entry["kind"] == "start":
            self.started.append(entry["at"])
            self._open[scenario] = entry["at"]
            self._exchanges = [known for known in self._exchanges if known["scenario"] != scenario]
        elif entry["kind"] == "verdict":
            self._open.pop(scenario, None)
        elif entry["kind"] == "bench":
            self.services = entry["data"]["services"]
            self.memory = entry["data"].get("memory", {})
        elif entry["kind"] == "exchange":
            self._exchanges.append(entry)

    @property
    def takes(self) -> int:
        """In how many goes the run was played: one, plus one for each time it was resumed."""
        again = (seal["file"].removesuffix(".jsonl").partition("~")[2] for seal in self.seals)
        return max((int(number) for number in again if number.isdigit()), default=1)

    @property
    def cut_short(self) -> set[str]:
        """The scenarios that were being played when a process died."""
        return set(self._open)

    def of(self, scenario: str) -> list[dict[str, Any]]:
        """The exchanges of a scenario: those about its people whenever they came, and those seen while it was played."""
        return [entry for entry in self._exchanges if self._owner(entry) == scenario]

    def _owner(self, entry: dict[str, Any]) -> str | None:
        owners = {self._owners[key] for key in entry["data"]["keys"] if key in self._owners}
        return owners.pop() if len(owners) == 1 else entry["scenario"]

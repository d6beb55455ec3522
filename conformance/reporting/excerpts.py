"""The lines a finding points to, read from the run's blobs when the finding does not quote them itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.journal import JournalError, blob_path, read_blob

_AROUND = 2
_WIDTH = 240
_LARGEST = 2_000_000
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One quoted line; ``hit`` marks the one the finding points to."""

    number: int
    text: str
    hit: bool


class Excerpts:
    """Reads each piece at most once; a piece that is missing, altered, too big or not text gives no excerpt."""

    def __init__(self, run: Mapping[str, Any], folder: Path) -> None:
        self._run = run
        self._folder = folder
        self._lines: dict[str, list[str] | None] = {}

    def of(self, finding: Mapping[str, Any]) -> list[Line]:
        """The lines around the one a finding points to; empty when there is nothing to quote."""
        where = finding.get("where") or {}
        line: int = where.get("line", 0)
        digest = None if where.get("part") or line < 1 else self._digests.get(where["source"])
        lines = self._read(digest) if digest else None
        if not lines or line > len(lines):
            return []
        first = max(1, line - _AROUND)
        around = lines[first - 1 : line + _AROUND]
        return [Line(at, _cut(value), at == line) for at, value in enumerate(around, start=first)]

    @cached_property
    def _digests(self) -> dict[str, str]:
        """Name of a piece → its SHA-256, the names borne by two different pieces left out."""
        found: dict[str, str] = {}
        doubtful: set[str] = set()
        for name, digest in self._pieces():
            if found.setdefault(name, digest) != digest:
                doubtful.add(name)
        return {name: digest for name, digest in found.items() if name not in doubtful}

    def _pieces(self) -> Iterator[tuple[str, str]]:
        for document in self._run["documents"]:
            yield document["name"], document["sha256"]
        for requirement in self._run["requirements"]:
            for scenario in requirement["scenarios"]:
                for piece in scenario["pieces"]:
                    yield piece["name"], piece["sha256"]

    def _read(self, digest: str) -> list[str] | None:
        if digest not in self._lines:
            self._lines[digest] = self._load(digest) if len(self._lines) < _MOST_FILES else None
        return self._lines[digest]

    def _load(self, digest: str) -> list[str] | None:
        try:
            if blob_path(self._folder, digest).stat().st_size > _LARGEST:
                return None
            return read_blob(self._folder, digest).decode("utf-8-sig").split("\n")
        except (OSError, JournalError, UnicodeDecodeError):
            return None


def _cut(line: str) -> str:
    line = line.rstrip("\r")
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"

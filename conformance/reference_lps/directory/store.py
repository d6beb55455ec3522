"""What the LPS keeps of the Annuaire Santé, in its own file: the entries, the reports, the records made from them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.reference_lps import database

from . import Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (rpps TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_rpps ON entries (rpps);
CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cards (id TEXT PRIMARY KEY, kind TEXT NOT NULL, patient TEXT, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS boxes (rpps TEXT PRIMARY KEY, data TEXT NOT NULL);
"""
USER, CORRESPONDENT = "utilisateur", "correspondant"


@dataclass(frozen=True)
class Card:
    """The record of a user or of a correspondent (of ``patient``), as the directory last described the professional."""

    id: str
    kind: str
    patient: str | None
    entry: Entry


class DirectoryStore:
    """One connection shared by the threads of the LPS, one at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = database.opened(path)
        with self._lock, self._db as db:
            db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def replace(self, entries: Sequence[Entry], refreshed: Callable[[Card, Entry], bool]) -> None:
        """Put a whole directory in place of the former, and refresh the cards that ``refreshed`` allows: all or nothing."""
        latest = {one.rpps: one for one in entries}
        cards = [card for card in self.cards() if card.entry.rpps in latest]
        with self._lock, self._db as db:
            db.execute("DELETE FROM entries")
            db.executemany("INSERT INTO entries VALUES (?, ?)", ((one.rpps, _text(one)) for one in entries))
            for card in cards:
                if refreshed(card, latest[card.entry.rpps]):
                    values = (_text(latest[card.entry.rpps]), card.id)
                    db.execute("UPDATE cards SET data = ? WHERE id = ?", values)

    def entries(self, rpps: str | None = None) -> list[Entry]:
        """Every entry, or those of a number."""
        query = "SELECT data FROM entries WHERE ?1 IS NULL OR rpps = ?1"
        return [_entry(row[0]) for row in self._rows(query, rpps)]

    def report(self, line: dict[str, Any]) -> None:
        """Keep the report of an integration, done or failed."""
        self._run("INSERT INTO reports (data) VALUES (?)", json.dumps(line))

    def reports(self) -> list[dict[str, Any]]:
        """Every report, oldest first."""
        return [json.loads(row[0]) for row in self._rows("SELECT data FROM reports ORDER BY number")]

    def save_card(self, card: Card) -> None:
        """Insert a card."""
        self._run("INSERT INTO cards VALUES (?, ?, ?, ?)", card.id, card.kind, card.patient, _text(card.entry))

    def card(self, card_id: str, kind: str) -> Card | None:
        """The card of that kind, or None."""
        return next((card for card in self.cards() if (card.id, card.kind) == (card_id, kind)), None)

    def cards(self) -> list[Card]:
        """Every card."""
        return [Card(row[0], row[1], row[2], _entry(row[3])) for row in self._rows("SELECT * FROM cards")]

    def remember(self, rpps: str, boxes: list[dict[str, Any]]) -> None:
        """Keep the addresses found for a professional."""
        self._run("INSERT OR REPLACE INTO boxes VALUES (?, ?)", rpps, json.dumps(boxes))

    def remembered(self, rpps: str) -> list[dict[str, Any]] | None:
        """The addresses found before, or None."""
        rows = self._rows("SELECT data FROM boxes WHERE rpps = ?", rpps)
        return json.loads(rows[0][0]) if rows else None

    def _run(self, statement: str, *values: Any) -> None:
        with self._lock, self._db as db:
            db.execute(statement, values)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def _text(entry: Entry) -> str:
    return json.dumps(asdict(entry))


def _entry(text: str) -> Entry:
    return Entry(**json.loads(text))

"""What was sent and what was received by mail, in its own file."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

SENT, MAIL, MARK = "envoi", "courriel", "repere"


class MailStore:
    """One connection shared by the threads of the LPS, one at a time: values by kind and name."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        with self._lock, self._db as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS mail (kind TEXT, name TEXT, data TEXT NOT NULL, PRIMARY KEY (kind, name))"
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def save(self, kind: str, name: str, data: dict[str, Any]) -> None:
        """Insert a value, or change it in its place."""
        with self._lock, self._db as db:
            statement = "INSERT INTO mail VALUES (?1, ?2, ?3) ON CONFLICT (kind, name) DO UPDATE SET data = ?3"
            db.execute(statement, (kind, name, json.dumps(data)))

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """A value, or None."""
        with self._lock:
            row = self._db.execute("SELECT data FROM mail WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every value of a kind, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT data FROM mail WHERE kind = ? ORDER BY rowid", (kind,)).fetchall()
        return [dict(json.loads(row[0])) for row in rows]

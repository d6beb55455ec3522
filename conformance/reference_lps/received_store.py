"""The documents received by mail, in their own file."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from . import database


class ReceivedStore:
    """One connection shared by the threads of the LPS, one at a time. A document is kept as the API shows it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = database.opened(path)
        with self._lock, self._db as db:
            db.execute("CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, data TEXT NOT NULL)")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def save(self, shown: dict[str, Any]) -> None:
        """Insert a document, or change one in its place."""
        with self._lock, self._db as db:
            statement = "INSERT INTO received VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET data = ?2"
            db.execute(statement, (shown["id"], json.dumps(shown)))

    def forget(self, document_id: str) -> None:
        """Remove a document."""
        with self._lock, self._db as db:
            db.execute("DELETE FROM received WHERE id = ?", (document_id,))

    def all(self) -> list[dict[str, Any]]:
        """Every document, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT data FROM received ORDER BY rowid").fetchall()
        return [json.loads(row[0]) for row in rows]

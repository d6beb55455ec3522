"""The documents received by mail, and the requests that some of them answer, in their own file."""

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
            db.execute("CREATE TABLE IF NOT EXISTS prints (id TEXT PRIMARY KEY, name TEXT NOT NULL, pdf BLOB NOT NULL)")
            db.execute("CREATE TABLE IF NOT EXISTS requests (rank INTEGER PRIMARY KEY, patient TEXT, laboratory TEXT)")

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

    def keep_print(self, document_id: str, name: str, pdf: bytes) -> None:
        """Keep the PDF that came with a document; the first one stays."""
        with self._lock, self._db as db:
            db.execute("INSERT OR IGNORE INTO prints VALUES (?, ?, ?)", (document_id, name, pdf))

    def print_of(self, document_id: str) -> tuple[str, bytes] | None:
        """The name and the content of the PDF that came with a document, or None."""
        with self._lock:
            row = self._db.execute("SELECT name, pdf FROM prints WHERE id = ?", (document_id,)).fetchone()
        return None if row is None else (str(row[0]), bytes(row[1]))

    def request(self, patient_id: str, laboratory: str) -> int:
        """Write down that examinations of a patient are asked of another laboratory; gives the rank of the request."""
        with self._lock, self._db as db:
            done = db.execute("INSERT INTO requests (patient, laboratory) VALUES (?, ?)", (patient_id, laboratory))
        return int(done.lastrowid or 0)

    def requests(self) -> dict[int, str]:
        """The patient of each request, by its rank."""
        with self._lock:
            return dict(self._db.execute("SELECT rank, patient FROM requests").fetchall())

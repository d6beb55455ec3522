"""Opening the SQLite files of the LPS."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def opened(path: Path) -> sqlite3.Connection:
    """A connection for every thread of the LPS, to be used by one at a time.

    A write survives the death of the process without waiting for the disk; only a power cut could lose the last ones.
    """
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection

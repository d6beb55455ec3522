"""Where the simulated DMP keeps bytes: one file on the disk, so that ten thousand deposits do not fill the memory."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True, slots=True)
class Piece:
    """Where bytes stand in the spool."""

    offset: int
    size: int


EMPTY = Piece(0, 0)


class Spool:
    """Append-only, thread-safe; the file is made at the first piece and vanishes with the spool."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._end = 0

    def keep(self, content: bytes) -> Piece:
        """Keep bytes, and tell where they are."""
        with self._lock:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="dmp-")  # noqa: SIM115  (closed by close)
            self._file.seek(self._end)
            self._file.write(content)
            piece = Piece(self._end, len(content))
            self._end += len(content)
        return piece

    def read(self, piece: Piece) -> bytes:
        """The bytes of a piece, exactly."""
        with self._lock:
            if self._file is None:
                return b""
            self._file.seek(piece.offset)
            return self._file.read(piece.size)

    def close(self) -> None:
        """Let the file go; nothing can be read any more."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._end = 0

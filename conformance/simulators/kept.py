"""What a kept bench remembers from one run to the next besides its certificates, and who may use it at a time."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.simulators.psc.realm import Client, new_client

LOCK = "banc.verrou"
# Far beyond what is written in the file: Windows forbids everybody else to read the bytes that are locked.
_LOCKED_AT = 1 << 20
_BUSY = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})
_SECRET = re.compile(r"[!-~]{12,200}")


class FolderInUseError(OSError):
    """Another bench uses the folder; the text says so, in French."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a software is given to authenticate itself with, certificates apart. Never in a ``repr``."""

    client: Client
    mailbox: str

    @property
    def directory(self) -> str:
        """The key of the directory's API, drawn from what is kept already: it lasts as long."""
        return hashlib.sha256(f"annuaire/{self.mailbox}".encode()).hexdigest()[:32]

    def __repr__(self) -> str:
        return f"Credentials({self.client.id!r})"


def new_credentials() -> Credentials:
    """Drawn anew."""
    return Credentials(new_client(), secrets.token_urlsafe(12))


def former_credentials(file: Path) -> Credentials | None:
    """Those of a former bench.json; None when there is none, or none that could serve."""
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
        psc, box = data["psc"], data["mss"]["boites"]["personnelle"]
        words = (psc["client_id"], psc["client_secret"], box["mot_de_passe"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(isinstance(word, str) and _SECRET.fullmatch(word) for word in words):
        return None
    return Credentials(Client(words[0], words[1]), words[2])


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep every other bench out of a folder for the time of the context. Raises FolderInUseError, without waiting.

    The lock is the system's, on an open file, and not the file's existence: it falls with the process that holds it,
    however that one ends, so that it is never stale and no process number has to be believed. The number written
    there is for the reader only.
    """
    path = folder / LOCK
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(file):
            holder = os.read(file, 20).decode("ascii", "replace").strip()
            who = f" (processus {holder})" if holder.isdecimal() else ""
            raise FolderInUseError(
                f"un autre banc{who} se sert du dossier {folder} : attendez sa fin ou arrêtez-le, "
                "ou donnez à chacun son dossier (bench.folder)"
            )
        try:
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
            yield
        finally:
            os.ftruncate(file, 0)
            _unlock(file)
    finally:
        os.close(file)


def _lock(file: int) -> bool:
    """Lock an open file; False when it is another's."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _LOCKED_AT, os.SEEK_SET)
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(file, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        raise
    return True


def _unlock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)

"""How the simulated DMP misbehaves on demand: the faults by name, and for whom each one is in force."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

from conformance.simulators.http import Response
from conformance.simulators.naming import known

if TYPE_CHECKING:
    from conformance.model.identity import Identity

FAULTS = ("http-500", "http-503", "soap-fault", "slow", "reset", "cut", "lost-answer", "closed")
TEXT = (("Content-Type", "text/plain; charset=utf-8"),)
BROKEN = {
    "http-500": Response(500, TEXT, "Panne simulée du service.".encode()),
    "http-503": Response(503, TEXT, "Service indisponible (panne simulée).".encode()),
    "reset": Response(500, abort=True),
    "cut": Response(500, abort=True),
}
"""The faults that answer in place of the service."""
_CX = re.compile(r"\b([0-9]{6}[0-9AB][0-9]{8})\^\^\^&(?:amp|#38);")


class Faults:
    """The faults in force, for a person or for everybody. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str | None, str] = {}

    def put(self, name: str, identity: Identity | None) -> None:
        """Put a fault in force. ValueError if unknown."""
        known(name, FAULTS, "panne du DMP")
        with self._lock:
            self._names[identity.matricule if identity else None] = name

    def clear(self) -> None:
        """Lift every fault."""
        with self._lock:
            self._names.clear()

    def of(self, keys: Collection[str]) -> str | None:
        """The fault in force for whom a message is about."""
        with self._lock:
            return next((name for key, name in self._names.items() if key in keys), self._names.get(None))

    def cuts(self, head: bytes) -> bool:
        """Whether to cut the connection in the middle of a message that begins so."""
        return self.of(named(head)) == "cut"


def named(content: bytes) -> set[str]:
    """The matricules that can be read in a message, whole or not."""
    return set(_CX.findall(content.decode("utf-8", "replace")))

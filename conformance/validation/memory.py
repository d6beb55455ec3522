"""How much memory this process holds: a worker that has grown too big is replaced by a fresh one."""

from __future__ import annotations

MIB = 1024 * 1024
ENOUGH = 410 * MIB
"""Resident bytes past which a worker hands its place over, so that none holds 450 MB. The engine's heap grows with the
variety of the documents and is seldom given back; one document more may add some MiB before anyone looks."""


def resident() -> int:
    """The bytes of memory that this process really holds."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def heavy() -> bool:
    """Whether this process holds more than it should keep."""
    return resident() > ENOUGH

"""How much memory this process holds: a worker that has grown too big is replaced by a fresh one."""

from __future__ import annotations

MIB = 1024 * 1024
ENOUGH = 360 * MIB
"""Resident bytes past which a worker hands its place over, so that none holds 450 MiB even while the engine copies what
it keeps from one half of its heap to the other. Most never get there: it takes a great variety of documents."""


def resident() -> int:
    """The bytes of memory that this process really holds."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def heavy() -> bool:
    """Whether this process holds more than it should keep."""
    return resident() > ENOUGH

"""What the processes of ``test_workers.py`` do; a module of its own, which they import by name."""

from __future__ import annotations

import os
import time


def act(item: str) -> str:
    """The item in capitals and the process that made it, unless the item is an order."""
    if item == "die":
        os._exit(7)
    if item == "raise":
        raise ValueError(item)
    if item == "hang":
        time.sleep(60)
    if item.startswith("slow"):
        time.sleep(0.3)
    return f"{item.upper()} {os.getpid()}"


class Unstartable:
    """An action that ends any process that receives it."""

    def __call__(self, item: str) -> str:
        return item

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def always() -> bool:
    """Any process that judged something is to be replaced."""
    return True

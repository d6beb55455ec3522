"""Faults and mutations are asked for by name; a wrong name is an error that suggests the right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def known(name: str, names: Iterable[str], kind: str) -> str:
    """Give ``name`` back when it is one of ``names``.

    Raises ValueError (in French) naming the nearest ones otherwise; ``kind`` is the French noun for it.
    """
    table = sorted(names)
    if name in table:
        return name
    near = difflib.get_close_matches(name, table, n=3) or table
    raise ValueError(f"{kind} : « {name} » n’existe pas. Valeurs proches : {', '.join(near)}")

"""How a matricule is found in a text, however it is printed."""

from __future__ import annotations

import re

_GAP = r"[\s.\-_\u00a0\u202f\u2009]{0,3}"


def spaced(number: str) -> re.Pattern[str]:
    """A matricule in whatever groups people and programs print it."""
    return re.compile(_GAP.join(re.escape(char) for char in number))

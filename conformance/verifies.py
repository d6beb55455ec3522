"""``@verifies``: the one arrow between a test and the scenarios it proves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_Test = TypeVar("_Test", bound=Callable[..., Any])
ATTRIBUTE = "verifies_scenarios"


def verifies(*scenario_ids: str) -> Callable[[_Test], _Test]:
    """Say which official scenarios a test judges; the plugin refuses an id no profile knows, with a suggestion.

    One test may verify several scenarios only when one and the same behaviour is what all of them ask for.
    """
    if not scenario_ids:
        raise TypeError("@verifies needs at least one scenario id, such as @verifies('INS/va1.28.01')")

    def mark(test: _Test) -> _Test:
        setattr(test, ATTRIBUTE, scenario_ids)
        return test

    return mark

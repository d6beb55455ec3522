"""The exit codes of every command, and ``--fail-on``, which says which of them end the process in failure."""

from __future__ import annotations

import click

CONFORMING = 0
NON_CONFORMING = 1
USAGE = 2
BENCH = 3
INCOMPLETE = 4
CHOICES = (NON_CONFORMING, BENCH, INCOMPLETE)


class FailOn(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2 only
    """A list such as ``1,3``, or ``aucun``."""

    name = "codes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[int]:
        """The codes listed."""
        if isinstance(value, frozenset):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if words == ["aucun"]:
            return frozenset()
        allowed = {str(code): code for code in CHOICES}
        unknown = [word for word in words if word not in allowed]
        if unknown or not words:
            self.fail(
                f"« {value} » : écrivez « aucun », ou une liste prise parmi 1, 3 et 4, par exemple 1,3", param, ctx
            )
        return frozenset(allowed[word] for word in words)


def filtered(code: int, fail_on: frozenset[int]) -> int:
    """The code the process ends with: a code that was not asked for becomes 0, misuse never does."""
    return code if code not in CHOICES or code in fail_on else CONFORMING

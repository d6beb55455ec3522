"""What a defect of the reference LPS turns red: exactly those scenarios, and with which words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """``red`` is every scenario the defect must turn NON_CONFORME; ``words`` (a regular expression) stand in a finding of each of them.

    ``starved`` are the scenarios whose prerequisite the defect takes away: they may become NON_VERIFIE, never red.
    ``never_with`` are defects that hide this one and cannot go out with it. ``only_in`` are the profiles whose software
    writes what the defect spoils; nothing: every profile.
    """

    defect: str
    red: frozenset[str]
    words: str
    starved: frozenset[str] = frozenset()
    never_with: frozenset[str] = frozenset()
    only_in: frozenset[str] = frozenset()

    @property
    def touches(self) -> frozenset[str]:
        """Every scenario it can change."""
        return self.red | self.starved

    def plays_in(self, profile: str) -> bool:
        """Whether it changes anything in a profile."""
        return not self.only_in or profile in self.only_in

    def clashes(self, other: Fault) -> bool:
        """Whether one hides the other."""
        return other.defect in self.never_with or self.defect in other.never_with


def fault(
    defect: str,
    *red: str,
    words: str,
    starved: tuple[str, ...] = (),
    never_with: tuple[str, ...] = (),
    only_in: tuple[str, ...] = (),
) -> Fault:
    """One line of a table."""
    return Fault(defect, frozenset(red), words, frozenset(starved), frozenset(never_with), frozenset(only_in))

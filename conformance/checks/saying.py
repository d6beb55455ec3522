"""How a module of checks words its findings: one voice a module, which knows the module's prefix and its usual source."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Voice:
    """``prefix`` opens the rules of the module; ``source`` is the text that sets them unless a call names another."""

    prefix: str
    source: str | None = None

    def __call__(
        self,
        rule: str,
        message: str,
        where: Location | Exchange,
        expected: str,
        observed: str,
        fix: str,
        severity: Severity = Severity.ERROR,
        *,
        source: str | None = None,
    ) -> Finding:
        """A finding at that place or on that exchange; long values are cut."""
        place = Location(str(where)) if isinstance(where, Exchange) else where
        said = source or self.source
        return Finding(
            f"{self.prefix}.{rule}", message, severity, place, expected[:_LONGEST], observed[:_LONGEST], fix, said
        )

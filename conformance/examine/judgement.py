"""What is said of a file, and the kinds of files that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.model.finding import Finding, Severity

LABELS: Mapping[str, str] = {
    "cda": "document CDA",
    "pdf": "PDF",
    "xdm": "archive IHE_XDM",
    "xds": "métadonnées XDS",
    "mail": "courriel",
    "hl7": "message HL7 v2",
    "zip": "archive zip",
    "xml": "XML d’une autre nature",
    "other": "type non reconnu",
}
"""The kinds of files by name, with the French words for them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what CDA documents are judged: the folder of a pack, and a volet imposed on them; None: as found by themselves."""

    pack: Path | None = None
    volet: str | None = None


USUAL = Rules()
"""The pack of the environment or of the registry, the volet that each document declares."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a file. ``judged`` is False when nothing could be said for or against it; ``size`` in bytes."""

    name: str
    kind: str
    label: str
    sha256: str
    size: int
    findings: tuple[Finding, ...]
    judged: bool

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that condemn."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def failed(self) -> bool:
        """Whether the engine failed on it, or on a tier of it: what it would have said is not known."""
        return any(finding.rule.endswith("/engine") for finding in self.findings)

    @property
    def settled(self) -> bool:
        """Whether all that should have been judged was."""
        open_ended = any(finding.rule.endswith("/unverified") for finding in self.findings)
        return self.judged and not self.failed and not open_ended

    @property
    def symbol(self) -> str:
        """One character: an error, a failure of the engine, something left unjudged, or nothing against it."""
        return "✗" if self.errors else "!" if self.failed else "✓" if self.settled else "○"

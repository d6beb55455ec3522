"""A finding: one thing a check has to say about what it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "ERROR"
    """Breaks the requirement."""
    WARNING = "WARNING"
    """Shown, never condemns: a recommendation, or a rule whose source is doubtful."""
    INFO = "INFO"
    """Said for the record."""

    @property
    def label(self) -> str:
        """The French word a vendor reads."""
        return {"ERROR": "Erreur", "WARNING": "Avertissement", "INFO": "Information"}[self.value]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding stands.

    ``source`` names the artefact or exchange; ``line`` and ``column`` count from 1; ``path`` is an XPath, a JSON
    pointer or an HL7 v2 position such as ``PID-3``; ``part`` names a MIME part or a zip member.
    """

    source: str
    line: int | None = None
    column: int | None = None
    path: str | None = None
    part: str | None = None

    def __str__(self) -> str:
        where = self.source if self.part is None else f"{self.source} › {self.part}"
        if self.line is not None:
            where += f", ligne {self.line}" + (f", colonne {self.column}" if self.column is not None else "")
        return where if self.path is None else f"{where}, {self.path}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in French, with what a vendor needs in order to mend it.

    ``rule`` is a stable identifier (``mail.reply-to``); ``source`` the text that sets the rule; ``fix`` tells how to
    put it right. A check yields every finding, not the first.
    """

    rule: str
    message: str
    severity: Severity = Severity.ERROR
    where: Location | None = None
    expected: str | None = None
    observed: str | None = None
    fix: str | None = None
    source: str | None = None
    excerpt: str | None = None

    def __str__(self) -> str:
        text = f"{self.severity.label} [{self.rule}] {self.message}"
        for name, value in (("attendu", self.expected), ("constaté", self.observed), ("où", self.where)):
            if value is not None:
                text += f"\n  {name} : {value}"
        return text if self.fix is None else f"{text}\n  corriger : {self.fix}"

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values, without the empty ones."""
        data = asdict(self)
        if self.where is not None:
            data["where"] = {key: value for key, value in asdict(self.where).items() if value is not None}
        return {key: value for key, value in data.items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """The inverse of :meth:`to_json`."""
        fields = dict(data)
        fields["severity"] = Severity(fields["severity"])
        if "where" in fields:
            fields["where"] = Location(**fields["where"])
        return cls(**fields)

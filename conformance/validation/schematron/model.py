"""A schema as data: what ``source`` reads and ``emit`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Let:
    """A variable: ``let``. Its value is an XPath expression."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Value:
    """A computed piece of a message: the expression of ``value-of``, or of ``name`` put as a call of ``name()``."""

    select: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """An ``assert``, or a ``report`` when ``negated`` is False.

    ``negated``: the message is said when the test is false. ``role`` as written, None when there is none. ``place`` is
    the rank among the assertions of its own rule, from 1; ``owner`` the id of the abstract rule it was written in.
    """

    test: str
    message: tuple[str | Value, ...]
    negated: bool = True
    role: str | None = None
    see: str | None = None
    place: int = 1
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Extends:
    """A call of an abstract rule, by its id."""

    rule: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what it says, in the order of the source; an abstract rule has no context."""

    context: str
    items: tuple[Let | Assertion | Extends, ...]
    id: str | None = None
    place: int = 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern with its abstract parts resolved. ``name`` is its id, or one made of its rank."""

    name: str
    lets: tuple[Let, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """The active part of a schema.

    ``path`` is its file, against which documents are resolved; ``files`` every file that was read for it, in order;
    ``remarks`` what reading it brought to light about the pack.
    """

    path: Path
    namespaces: Mapping[str, str]
    lets: tuple[Let, ...]
    patterns: tuple[Pattern, ...]
    abstract: Mapping[str, Rule]
    files: tuple[Path, ...]
    remarks: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A rule of the emitted stylesheet: the name of its pattern, its rank in it, its context and its own id."""

    pattern: str
    place: int
    context: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An assertion of the emitted stylesheet, as :class:`Assertion` without its message."""

    test: str
    role: str | None
    see: str | None
    place: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A stylesheet, and what the numbers in its answer stand for: ``sites[i]`` and ``claims[i]``."""

    text: str
    sites: tuple[Site, ...]
    claims: tuple[Claim, ...]
    remarks: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "text": self.text,
            "sites": [asdict(each) for each in self.sites],
            "claims": [asdict(each) for each in self.claims],
            "remarks": [each.to_json() for each in self.remarks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Compiled:
        """The inverse of :meth:`to_json`; TypeError or KeyError for anything else."""
        return cls(
            str(data["text"]),
            tuple(Site(**each) for each in data["sites"]),
            tuple(Claim(**each) for each in data["claims"]),
            tuple(Finding.from_json(each) for each in data["remarks"]),
        )


class SchemaError(Exception):
    """A schema that cannot be compiled; its text, in French, says why. ``findings`` are about the pack."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings

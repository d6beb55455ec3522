"""A line of an exported journal, and what every line owes: when, and who."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from conformance.model.finding import Finding, Location, Severity

Line = Mapping[str, Any]
GUIDE = "Guide d’implémentation de l’INS"


def lines_of(data: object) -> list[Line]:
    """The lines of an exported journal, ``{"lignes": […]}``; what is not an object is left out."""
    found = data.get("lignes") if isinstance(data, Mapping) else data
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def moment(value: object) -> datetime | None:
    """An ISO 8601 date as an aware instant, local time without zone; None when it is not one."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    try:
        return found if found.tzinfo else found.astimezone()
    except (OverflowError, OSError, ValueError):
        return None


def dated(line: Line, where: Location, source: str) -> Iterator[Finding]:
    """The line says when, to the minute at least."""
    value = line.get("date")
    if moment(value) is None or len(str(value)) < len("2026-01-01T00:00"):
        yield Finding(
            "logs.date",
            "Une ligne du journal n’a pas de date et d’heure lisibles.",
            Severity.ERROR,
            where,
            "AAAA-MM-JJThh:mm:ss et fuseau",
            str(value or "absente"),
            "Dater chaque ligne (ISO 8601).",
            source,
        )


def written_by(line: Line, where: Location, source: str, users: Collection[str] | None) -> Iterator[Finding]:
    """The line says who acted: somebody, and one of the spellings of ``users`` when they are known."""
    value = str(line.get("utilisateur") or "")
    if not value:
        yield Finding(
            "logs.user",
            "Une ligne du journal ne dit pas qui a agi.",
            Severity.ERROR,
            where,
            "l’utilisateur",
            "absent",
            "Tracer l’utilisateur de chaque opération.",
            source,
        )
    elif users is not None and not any(user.lower() in value.lower() for user in users):
        yield Finding(
            "logs.user",
            "L’utilisateur tracé n’est pas celui qui a agi.",
            Severity.ERROR,
            where,
            " ou ".join(users),
            value,
            "Tracer l’utilisateur connecté.",
            source,
        )

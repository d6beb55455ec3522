"""FHIR search on the directory's resources: parameters, modifiers, and what is refused.

An unknown parameter or modifier is an error, as it is at the real service (a HAPI server). Several values of a parameter
separated by commas are alternatives; a parameter given twice must hold twice. Source: psc-ins facts, C.2; FHIR R4, search.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from conformance.simulators.annuaire.resources import ORGANIZATION, PRACTITIONER, ROLE, Resource, boxes

CONTROLS = frozenset({"_count", "_elements", "_format", "_summary", "_total", "_sort"})
_Values = Callable[[Resource], Iterable[str]]


class SearchError(Exception):
    """A search that the service refuses; the text is the diagnostics of the OperationOutcome."""


def matching(kind: str, parameters: Sequence[tuple[str, str]], resources: Iterable[Resource]) -> list[Resource]:
    """The resources of a kind that satisfy every parameter. Raises SearchError for one that is unknown or ill written."""
    wanted = [_criterion(kind, name, value) for name, value in parameters if name not in CONTROLS]
    return [one for one in resources if all(holds(one) for holds in wanted)]


def only(resource: Resource, elements: frozenset[str]) -> Resource:
    """The resource with the asked elements and the ones it cannot go without, marked as partial."""
    kept = {name: value for name, value in resource.items() if name in elements | {"resourceType", "id"}}
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    return kept | {"meta": {**resource["meta"], "tag": [tag]}}


def plain(text: str) -> str:
    """Without case nor accents, as FHIR compares texts."""
    letters = unicodedata.normalize("NFD", text)
    return "".join(char for char in letters if not unicodedata.combining(char)).casefold()


def _criterion(kind: str, written: str, value: str) -> Callable[[Resource], bool]:
    name, _, modifier = written.partition(":")
    table: Mapping[str, tuple[str, _Values]] = {**_COMMON, **_OF[kind]}
    if name not in table:
        known = ", ".join(sorted(table))
        raise SearchError(
            f'HAPI-0524: Unknown search parameter "{name}" for resource type "{kind}". '
            f"Valid search parameters for this search are: [{known}]"
        )
    sort, values = table[name]
    if modifier not in _MODIFIERS[sort]:
        raise SearchError(f'HAPI-0525: Invalid modifier "{modifier}" for search parameter "{name}"')
    choices = [one for one in value.split(",") if one]
    if not choices:
        raise SearchError(f'HAPI-0526: No value for search parameter "{name}"')
    tests = [_TESTS[sort](one, modifier) for one in choices]
    return lambda resource: any(test(found) for test in tests for found in values(resource))


def _text(asked: str, modifier: str) -> Callable[[str], bool]:
    if modifier == "exact":
        return lambda found: found == asked
    word = plain(asked)
    if modifier == "contains":
        return lambda found: word in plain(found)
    return lambda found: plain(found).startswith(word)


def _token(asked: str, modifier: str) -> Callable[[str], bool]:
    """``system|code``, ``|code`` or ``code``; the values are written ``system|code``."""
    system, bar, code = asked.rpartition("|")
    if not bar:
        return lambda found: found.rpartition("|")[2].lower() == code.lower()
    return lambda found: found.rpartition("|")[0] == system and code.lower() in ("", found.rpartition("|")[2].lower())


def _reference(asked: str, modifier: str) -> Callable[[str], bool]:
    return lambda found: asked in (found, found.rpartition("/")[2])


def _moment(asked: str, modifier: str) -> Callable[[str], bool]:
    prefix, date = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    try:
        limit = datetime.fromisoformat(date)
    except ValueError:
        raise SearchError(f'HAPI-1882: Invalid date/time format: "{asked}"') from None
    limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
    if prefix not in _ORDERS:
        raise SearchError(f'HAPI-1941: Unknown prefix "{prefix}"')
    # A day without an hour stands for the whole day.
    day = len(date) == len("2026-01-01")
    return lambda found: _ORDERS[prefix](_at(found, day=day), limit)


def _at(found: str, *, day: bool) -> datetime:
    moment = datetime.fromisoformat(found)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) if day else moment


_ORDERS: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "eq": lambda found, limit: found == limit,
    "ge": lambda found, limit: found >= limit,
    "gt": lambda found, limit: found > limit,
    "le": lambda found, limit: found <= limit,
    "lt": lambda found, limit: found < limit,
}
_TESTS = {"text": _text, "token": _token, "reference": _reference, "date": _moment}
_MODIFIERS = {"text": ("", "exact", "contains"), "token": ("",), "reference": ("",), "date": ("",)}


def _identifiers(resource: Resource) -> Iterable[str]:
    return (f"{one['system']}|{one['value']}" for one in resource.get("identifier", ()))


def _identifier_types(resource: Resource) -> Iterable[str]:
    return (f"{c['system']}|{c['code']}" for one in resource.get("identifier", ()) for c in one["type"]["coding"])


def _codes(name: str) -> _Values:
    def values(resource: Resource) -> Iterable[str]:
        concepts = (one.get("code", one) if name == "qualification" else one for one in resource.get(name, ()))
        return (f"{coding['system']}|{coding['code']}" for concept in concepts for coding in concept["coding"])

    return values


def _names(part: str) -> _Values:
    def values(resource: Resource) -> Iterable[str]:
        for name in resource.get("name", ()):
            if part != "given":
                yield name["family"]
            if part != "family":
                yield from name["given"]

    return values


def _path(*steps: str) -> _Values:
    def values(resource: Resource) -> Iterable[str]:
        nodes: list[Any] = [resource]
        for step in steps:
            found = [node[step] for node in nodes if step in node]
            nodes = [one for value in found for one in (value if isinstance(value, list) else [value])]
        return (str(node).lower() if isinstance(node, bool) else str(node) for node in nodes)

    return values


def _addresses(resource: Resource) -> Iterable[str]:
    return (address for address, _ in boxes(resource))


def _box_kinds(resource: Resource) -> Iterable[str]:
    """The guide's own examples write the type with the system of the other table: both are heard."""
    from conformance.simulators.annuaire.resources import BOX_KINDS, MAIL_KINDS

    return (f"{system}|{kind}" for _, kind in boxes(resource) for system in (BOX_KINDS, MAIL_KINDS))


def _nothing(resource: Resource) -> Iterable[str]:
    return ()


_COMMON: Mapping[str, tuple[str, _Values]] = {
    "_id": ("token", _path("id")),
    "_lastUpdated": ("date", _path("meta", "lastUpdated")),
    "active": ("token", _path("active")),
    "mailbox-mss": ("token", _addresses),
    "mailbox-mss-type": ("token", _box_kinds),
    "data-information-system": ("token", _nothing),
}
_OF: Mapping[str, Mapping[str, tuple[str, _Values]]] = {
    PRACTITIONER: {
        "identifier": ("token", _identifiers),
        "identifier-type": ("token", _identifier_types),
        "family": ("text", _names("family")),
        "given": ("text", _names("given")),
        "name": ("text", _names("both")),
        "qualification-code": ("token", _codes("qualification")),
        "number-smartcard": ("token", _nothing),
    },
    ROLE: {
        "practitioner": ("reference", _path("practitioner", "reference")),
        "organization": ("reference", _path("organization", "reference")),
        "role": ("token", _codes("code")),
        "number-smartcard": ("token", _nothing),
    },
    ORGANIZATION: {
        "identifier": ("token", _identifiers),
        "identifier-type": ("token", _identifier_types),
        "name": ("text", _path("name")),
        "address-city": ("text", _path("address", "city")),
        "address-postalcode": ("text", _path("address", "postalCode")),
        "type": ("token", _codes("type")),
        "partof": ("reference", _nothing),
        "pharmacy-licence": ("token", _nothing),
    },
}

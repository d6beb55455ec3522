"""The FHIR API v2 of the Annuaire Santé: reading, searching, paging by 50, errors as OperationOutcome."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from conformance.model.directory import Listed
from conformance.simulators.annuaire import resources
from conformance.simulators.annuaire.resources import KINDS, Resource
from conformance.simulators.annuaire.search import SearchError, matching, only
from conformance.simulators.http import Request, Response

BASE = "/fhir/v2"
PAGE = 50
_MAX_SEARCHES = 64
_CONTENT = (("Content-Type", "application/fhir+json;charset=UTF-8"),)
_MAKERS = {
    resources.PRACTITIONER: resources.practitioner,
    resources.ROLE: resources.role,
    resources.ORGANIZATION: resources.organization,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, what to note of it, and whom it is about."""

    response: Response
    facts: dict[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Search:
    """A search under way: everything it found, and what its pages look like."""

    found: Sequence[Resource]
    size: int
    link: str


class Api:
    """Answers the requests whose key is right. Searches under way are kept, the oldest forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._searches: dict[str, _Search] = {}

    def answer(
        self, request: Request, listed: Sequence[tuple[Listed, str]], base: str, *, cut: bool
    ) -> tuple[str, Answer]:
        """The operation and its answer; with ``cut``, no page but the first is to be had."""
        steps = [step for step in request.path.removeprefix(BASE).split("/") if step]
        if not steps and "_getpages" in request.query:
            return "FHIR page suivante", self._page_asked(request, base, cut=cut)
        if steps == ["metadata"] and request.method == "GET":
            return "FHIR metadata", _ok(_capabilities())
        if not steps or steps[0] not in KINDS:
            known = ", ".join(KINDS)
            told = f"HAPI-0302: Unknown resource type: '{'/'.join(steps)[:80]}' - Server knows: [{known}]"
            return "FHIR", refusal(404, "not-supported", told)
        kind, made = steps[0], _made(steps[0], listed)
        if request.method == "GET" and len(steps) == 2 and steps[1] != "_search":
            return f"FHIR {kind} lecture", _read(kind, steps[1], made)
        searching = (request.method, steps[1:]) in (("GET", []), ("POST", ["_search"]), ("GET", ["_search"]))
        if not searching:
            return f"FHIR {kind}", refusal(405, "not-supported", "L’annuaire se lit : GET, ou POST sur _search.")
        return f"FHIR {kind} recherche", self._searched(request, kind, made, base)

    def _searched(self, request: Request, kind: str, made: Sequence[Resource], base: str) -> Answer:
        text = request.query if request.method == "GET" else "&".join((request.query, _form(request)))
        parameters = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace")
        try:
            size = _size(parameters)
            found = matching(kind, parameters, made)
        except SearchError as wrong:
            return refusal(400, "invalid", str(wrong))
        elements = frozenset(part for name, value in parameters if name == "_elements" for part in value.split(","))
        shown = [only(one, elements) for one in found] if elements else found
        search = _Search(shown, size, f"{base}/{kind}?{urlencode(parameters)}")
        about = re.findall(r"(?<!\d)8?(8999\d{7})(?!\d)", " ".join(value for _, value in parameters))
        facts = {"type": kind, "total": str(len(found))}
        return _ok(self._bundle(search, 0, base), facts, frozenset(about))

    def _page_asked(self, request: Request, base: str, *, cut: bool) -> Answer:
        asked = dict(parse_qsl(request.query, keep_blank_values=True, encoding="utf-8", errors="replace"))
        token, start = asked.get("_getpages", ""), asked.get("_getpagesoffset", "0")
        with self._lock:
            search = None if cut else self._searches.get(token)
        if search is None:
            return refusal(404, "not-found", f'HAPI-0417: Search ID "{token[:64]}" does not exist and may have expired')
        if not re.fullmatch(r"[0-9]{1,6}", start):
            return refusal(400, "invalid", "HAPI-0526: _getpagesoffset is not a number")
        return _ok(self._bundle(search, int(start), base, token), {"total": str(len(search.found))})

    def _bundle(self, search: _Search, start: int, base: str, token: str | None = None) -> Resource:
        page = search.found[start : start + search.size]
        links = [{"relation": "self", "url": search.link if token is None else _next(base, token, start, search.size)}]
        if start + search.size < len(search.found):
            token = token or self._kept(search)
            links.append({"relation": "next", "url": _next(base, token, start + search.size, search.size)})
        entries = [
            {
                "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in page
        ]
        bundle: Resource = {
            "resourceType": "Bundle",
            "id": secrets.token_hex(8),
            "type": "searchset",
            "total": len(search.found),
            "link": links,
        }
        # FHIR forbids an empty array.
        return bundle | ({"entry": entries} if entries else {})

    def _kept(self, search: _Search) -> str:
        token = secrets.token_hex(16)
        with self._lock:
            self._searches[token] = search
            while len(self._searches) > _MAX_SEARCHES:
                del self._searches[next(iter(self._searches))]
        return token


def refusal(status: int, code: str, diagnostics: str) -> Answer:
    """An error, as the service tells one; ``code`` is one of FHIR's issue types."""
    issue = {"severity": "error", "code": code, "diagnostics": diagnostics}
    body = _json({"resourceType": "OperationOutcome", "issue": [issue]})
    return Answer(Response(status, _CONTENT, body), {"status": str(status), "refused": diagnostics})


def _made(kind: str, listed: Sequence[tuple[Listed, str]]) -> list[Resource]:
    return [_MAKERS[kind](one, updated) for one, updated in listed]


def _read(kind: str, number: str, made: Sequence[Resource]) -> Answer:
    found = next((one for one in made if one["id"] == number), None)
    if found is None:
        return refusal(404, "not-found", f"HAPI-2001: Resource {kind}/{number[:64]} is not known")
    about = re.findall(r"8999\d{7}", number)
    return _ok(found, {"type": kind, "total": "1"}, frozenset(about))


def _size(parameters: Sequence[tuple[str, str]]) -> int:
    asked = next((value for name, value in parameters if name == "_count"), str(PAGE))
    if not re.fullmatch(r"[0-9]{1,6}", asked):
        raise SearchError(f'HAPI-0526: Invalid value for _count: "{asked[:20]}"')
    return min(max(int(asked), 1), PAGE)


def _form(request: Request) -> str:
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    return request.body.decode("utf-8", "replace") if kind == "application/x-www-form-urlencoded" else ""


def _next(base: str, token: str, start: int, size: int) -> str:
    asked = {"_getpages": token, "_getpagesoffset": start, "_count": size, "_bundletype": "searchset"}
    return f"{base}?{urlencode(asked)}"


def _ok(content: Resource, facts: Mapping[str, str] | None = None, keys: frozenset[str] = frozenset()) -> Answer:
    return Answer(Response(200, _CONTENT, _json(content)), {"status": "200", **(facts or {})}, keys)


def _json(content: Resource) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _capabilities() -> Resource:
    interactions = [{"code": "read"}, {"code": "search-type"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "implementation": {"description": "Annuaire Santé simulé"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [{"type": kind, "interaction": interactions} for kind in KINDS]}],
    }

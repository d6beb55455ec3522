"""The client of the directory: the extraction, and MSSanté addresses by its FHIR API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.reference_lps import wire
from conformance.reference_lps.types import Bench

_MAX_EXTRACTION = 256 * 1024 * 1024
_MAX_PAGES = 20


class DirectoryClient:
    """Calls the directory that the bench tells of. Every failure is a WireError, in French."""

    def __init__(self, bench: Bench, defects: frozenset[str]) -> None:
        self._bench = bench
        self._defects = defects

    def extraction(self) -> bytes:
        """The bytes of the published extraction."""
        with wire.session(self._bench) as client:
            heard = wire.call(client, "GET", self._place("extraction"), limit=_MAX_EXTRACTION)
        if heard.status != 200:
            raise wire.WireError(f"L’annuaire a répondu le statut HTTP {heard.status}.")
        return heard.body

    def boxes(self, **search: str) -> list[dict[str, Any]]:
        """The MSSanté addresses of the professionals found, each with whom it belongs to."""
        try:
            return list(self._boxes(search | {"_elements": "identifier,name,telecom"}))
        except (KeyError, TypeError, AttributeError):
            raise wire.WireError("La réponse de l’annuaire n’est pas celle d’une recherche.") from None

    def numbers(self, **search: str) -> list[tuple[str, str, str]]:
        """The RPPS number, name and first names of the professionals found."""
        try:
            found = list(self._practitioners(search | {"_elements": "identifier,name"}))
            return [_named(one) for one in found]
        except (KeyError, TypeError, AttributeError):
            raise wire.WireError("La réponse de l’annuaire n’est pas celle d’une recherche.") from None

    def _boxes(self, search: dict[str, str]) -> Iterator[dict[str, Any]]:
        for one in self._practitioners(search):
            name: dict[str, Any] = next(iter(one.get("name", ())), {})
            numbers = [each.get("value", "") for each in one.get("identifier", ())]
            rpps = next((number for number in numbers if len(number) == 11), None)
            who = {"rpps": rpps, "nom": name.get("family"), "prenom": " ".join(name.get("given", ())) or None}
            yield from ({**who, "adresse": address} for address in self._addresses(one))

    def _practitioners(self, search: dict[str, str]) -> Iterator[dict[str, Any]]:
        base = self._place("fhir")
        url, parameters = f"{base}/Practitioner", search
        for _ in range(_MAX_PAGES):
            bundle = self._get(url, parameters)
            yield from (entry["resource"] for entry in bundle.get("entry", ()) if isinstance(entry, dict))
            following = [link.get("url", "") for link in bundle.get("link", ()) if link.get("relation") == "next"]
            # The key goes with the request: never to another address than the directory's.
            if not following or not following[0].startswith(base):
                return
            url, parameters = following[0], {}

    def _get(self, url: str, parameters: dict[str, str]) -> dict[str, Any]:
        headers = {"ESANTE-API-KEY": str(self._place("cle")), "Accept": "application/fhir+json"}
        with wire.session(self._bench) as client:
            heard = wire.call(client, "GET", url, params=parameters, headers=headers)
        try:
            content = json.loads(heard.body)
        except (ValueError, RecursionError):
            content = None
        if heard.status != 200 or not isinstance(content, dict):
            raise wire.WireError(f"L’annuaire a répondu le statut HTTP {heard.status}, sans résultat lisible.")
        return content

    def _addresses(self, practitioner: dict[str, Any]) -> list[str]:
        mails = [point for point in practitioner.get("telecom", ()) if point.get("system") == "email"]
        if "ann-any-mail" in self._defects:
            return [str(point.get("value")) for point in mails[:1]]
        return [str(point.get("value")) for point in mails if "MSSANTE" in _codes(point)]

    def _place(self, name: str) -> str:
        try:
            return str(self._bench.raw["annuaire"][name])
        except KeyError:
            raise wire.WireError("Aucun annuaire n’est réglé dans ce logiciel.") from None


def _named(practitioner: dict[str, Any]) -> tuple[str, str, str]:
    name: dict[str, Any] = next(iter(practitioner.get("name", ())), {})
    values = [str(each.get("value", "")) for each in practitioner.get("identifier", ())]
    rpps = next((value for value in values if len(value) == 11), "")
    return rpps, str(name.get("family", "")), " ".join(name.get("given", ()))


def _codes(point: dict[str, Any]) -> set[str]:
    return {str(extension.get("valueCoding", {}).get("code")) for extension in point.get("extension", ())}

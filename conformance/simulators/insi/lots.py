"""Verification in bulk: a lot is deposited, prepared for a while, then collected once it is ready.

Names and shapes of the messages are an assumption (decision 15): the guide that sets them was not read. What a
scenario judges does not depend on them: every identity of the lot reached the service, and each answer had its effect.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

LOT_NS = "http://www.cnamts.fr/INSiLot2/REPMasse"
READY, PENDING = "TERMINE", "EN_COURS"


@dataclass(slots=True)
class Lot:
    """The verdicts of a lot by rank, and how many times it will still be said not to be ready."""

    verdicts: Mapping[str, bool]
    waits: int


class Lots:
    """The lots deposited so far; ``waits`` is how many times a new one is first said to be in preparation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lots: dict[str, Lot] = {}
        self.waits = 1

    def deposit(self, verdicts: Mapping[str, bool]) -> str:
        """Keep a lot and give its identifier."""
        number = str(uuid.uuid4())
        with self._lock:
            self._lots[number] = Lot(verdicts, self.waits)
        return number

    def collect(self, number: str) -> Mapping[str, bool] | None:
        """The verdicts of a lot, None while it is being prepared. Raises KeyError for an unknown one."""
        with self._lock:
            lot = self._lots[number]
            if lot.waits > 0:
                lot.waits -= 1
                return None
            return lot.verdicts


def receipt(number: str, count: int) -> etree._Element:
    """The ACCUSELOT element that answers a deposit."""
    root = _root("ACCUSELOT")
    _add(root, "IdLot", number)
    _add(root, "NombreIndividus", str(count))
    return root


def answers(number: str, verdicts: Mapping[str, bool] | None) -> etree._Element:
    """The REPONSELOT element that answers a collection."""
    root = _root("REPONSELOT")
    _add(root, "IdLot", number)
    _add(root, "Etat", PENDING if verdicts is None else READY)
    for rank, right in (verdicts or {}).items():
        one = _add(root, "ReponseIndividu")
        one.set("Rang", rank)
        _add(one, "Resultat", "OK" if right else "KO")
    return root


def _root(name: str) -> etree._Element:
    prefixes: dict[str | None, str] = {None: LOT_NS}
    return etree.Element(f"{{{LOT_NS}}}{name}", nsmap=prefixes)  # type: ignore[arg-type]  # stubs: no default prefix


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{LOT_NS}}}{name}")
    node.text = text
    return node

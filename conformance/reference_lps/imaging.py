"""The orders of imaging: the number that the structure gives each one, and how the outside names it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .store import Store
from .types import Bench, Draft
from .vocabulary import structure_oid

ORDER, REPORT = "55115-0", "18748-4"
_KIND = "urn:ihe:iti:xds:2013:order"
_COUNTER = "demandes_imagerie"


@dataclass(frozen=True)
class Number:
    """An order number with the OID of the authority that gave it: the pair is unique in the world."""

    authority: str
    value: str

    @property
    def cxi(self) -> str:
        """As ``referenceIdList`` and a query on it write it (IHE ITI TF-3, 4.2.3.2.28)."""
        return f"{self.value}^^^&{self.authority}&ISO^{_KIND}"


def numbered(store: Store, draft: Draft, replaced: Draft | None, defects: frozenset[str]) -> Draft:
    """The draft with its order number when it is an order: a new one, or that of the version it replaces."""
    if draft.type_code != ORDER:
        return draft
    kept = replaced.content.get("numero") if replaced else None
    rank = 1 if "order-number-repeated" in defects else store.next(_COUNTER)
    return replace(draft, content={**draft.content, "numero": kept or f"{draft.written_at[:4]}{rank:06d}"})


def number(draft: Draft, bench: Bench) -> Number | None:
    """The order number of a draft, None when it is no order."""
    value = draft.content.get("numero")
    return Number(f"{structure_oid(bench)}.1", str(value)) if value else None


def references(draft: Draft, bench: Bench) -> tuple[str, ...]:
    """What the metadata of the document refer to, in CXi."""
    known = number(draft, bench)
    return (known.cxi,) if known else ()


def is_order(reference: str) -> bool:
    """Whether a reference of the metadata (CXi) is that of an order."""
    return reference.rpartition("^")[2] == _KIND

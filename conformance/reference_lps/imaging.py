"""What imaging documents are numbered by: orders, the requests made of them, studies; how the outside names each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .store import Store
from .types import Bench, Draft
from .vocabulary import structure_oid

ORDER, REPORT = "55115-0", "18748-4"
_ORDER = "urn:ihe:iti:xds:2013:order"
_ACCESSION = "urn:ihe:iti:xds:2013:accession"
_STUDY = "urn:ihe:iti:xds:2016:studyInstanceUID"


@dataclass(frozen=True)
class Number:
    """A number with the OID of the authority that gave it, which make it unique in the world; an OID alone is both."""

    authority: str
    value: str
    kind: str = _ORDER

    @property
    def cxi(self) -> str:
        """As ``referenceIdList`` and a query on it write it (IHE ITI TF-3, 4.2.3.2.28)."""
        giver = f"&{self.authority}&ISO" if self.authority else ""
        return f"{self.value}^^^{giver}^{self.kind}"


def numbered(store: Store, draft: Draft, replaced: Draft | None, defects: frozenset[str]) -> Draft:
    """The draft with the numbers that the structure gives: new ones, or those of the version it replaces."""
    if draft.type_code == ORDER:
        kept = replaced.content.get("numero") if replaced else None
        return replace(draft, content={**draft.content, "numero": kept or _next_order(store, draft, defects)})
    if draft.type_code == REPORT and draft.content:
        return replace(draft, content=_report(store, draft, replaced, defects))
    return draft


def _next_order(store: Store, draft: Draft, defects: frozenset[str]) -> str:
    rank = 1 if "order-number-repeated" in defects else store.next("demandes_imagerie")
    return f"{draft.written_at[:4]}{rank:06d}"


def _report(store: Store, draft: Draft, replaced: Draft | None, defects: frozenset[str]) -> dict[str, Any]:
    """The content of a report, each order with a number and a request of ours, each act with its study."""
    former = replaced.content if replaced else {}
    orders, acts = [], []
    for rank, came in enumerate(draft.content["demandes"]):
        again = (former.get("demandes", ())[rank : rank + 1] or [{}])[0]
        own = {"autorite": "", "numero": again.get("numero") or _next_order(store, draft, defects)}
        order = came if came["numero"] and "report-renumbers-orders" not in defects else own
        request = 1 if "accession-repeated" in defects else store.next("demandes_ris")
        orders.append({**order, "accession": again.get("accession") or f"{request:08d}"})
    for rank, act in enumerate(draft.content["actes"]):
        again = (former.get("actes", ())[rank : rank + 1] or [{}])[0]
        exam = 1 if "study-repeated" in defects else store.next("examens_imagerie")
        acts.append({**act, "examen": again.get("examen") or exam})
    return {"demandes": orders, "actes": acts}


def number(draft: Draft, bench: Bench) -> Number | None:
    """The order number of a draft, None when it is no order."""
    value = draft.content.get("numero")
    return Number(_root(bench, 1), str(value)) if value else None


def answered(draft: Draft, bench: Bench) -> list[tuple[Number, Number]]:
    """What a report answers: each order, with the request (accession number) that was made of it here."""
    return [
        (
            Number(one["autorite"] or _root(bench, 1), one["numero"]),
            Number(_root(bench, 2), one["accession"], _ACCESSION),
        )
        for one in draft.content.get("demandes", ())
    ]


def study(act: dict[str, Any], bench: Bench) -> Number:
    """The Study Instance UID of an act of a report, under the root of this structure."""
    return Number("", f"{_root(bench, 3)}.{act['examen']}", _STUDY)


def references(draft: Draft, bench: Bench) -> tuple[str, ...]:
    """What the metadata of the document refer to, in CXi."""
    own = number(draft, bench)
    found = [own] if own else []
    pairs = answered(draft, bench)
    found += [order for order, _ in pairs] + [request for _, request in pairs]
    # The acts of an order to come are in its body: only those of a report were studies.
    found += [study(act, bench) for act in draft.content.get("actes", ())]
    return tuple(dict.fromkeys(one.cxi for one in found))


def is_order(reference: str) -> bool:
    """Whether a reference of the metadata (CXi) is that of an order."""
    return reference.rpartition("^")[2] == _ORDER


def _root(bench: Bench, arc: int) -> str:
    """An arc of the structure's own: 1 for its orders, 2 for the requests made of orders, 3 for its studies."""
    return f"{structure_oid(bench)}.{arc}"

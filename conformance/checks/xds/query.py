"""A query of the DMP's registry (TD3.1) as a value: which stored query, with which criteria."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from conformance.model.evidence import Exchange
from conformance.model.finding import Finding
from conformance.validation.gate import Document, open_xml
from conformance.validation.metadata import RIM

FIND_BY_REFERENCE = "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492"
REFERENCE_LIST = "$XDSDocumentEntryReferenceIdList"


@dataclass(frozen=True, slots=True)
class Query:
    """A stored query: its identifier, and the values of each criterion without the quotes of their syntax."""

    id: str
    criteria: Mapping[str, tuple[str, ...]]


def query(exchange: Exchange) -> Query | tuple[Finding, ...]:
    """The query that a TD3.1 carries; the findings say why it cannot be read. One without any has no identifier."""
    opened = open_xml(f"{exchange.operation} {exchange.number}".strip(), exchange.request.body)
    if not isinstance(opened, Document):
        return opened
    node = next(opened.root.iter(f"{{{RIM}}}AdhocQuery"), None)
    if node is None:
        return Query("", {})
    criteria: dict[str, tuple[str, ...]] = {}
    for slot in node.findall(f"{{{RIM}}}Slot"):
        name = slot.get("name", "")
        criteria[name] = (*criteria.get(name, ()), *_values(slot))
    return Query(node.get("id", ""), criteria)


def _values(slot: etree._Element) -> tuple[str, ...]:
    texts = [(value.text or "").strip() for value in slot.iter(f"{{{RIM}}}Value")]
    return tuple(part for text in texts for part in re.findall(r"'([^']*)'", text) or [text.strip(" ()")])

"""Whether the act that a laboratory report tells of is over: ``active`` for a partial report, then ``completed``."""

from __future__ import annotations

from lxml import etree

from conformance.reference_lps.types import Draft

_LAB = "urn:oid:1.3.6.1.4.1.19376.1.3.2"
_EVENT = "{urn:hl7-org:v3}documentationOf/{urn:hl7-org:v3}serviceEvent"
BIOLOGY = "11502-2"


def write(root: etree._Element, draft: Draft, defects: frozenset[str]) -> None:
    """Say it in the act of a laboratory report (IHE PaLM XD-LAB); other documents say nothing of it."""
    event = root.find(_EVENT)
    if draft.type_code != BIOLOGY or event is None:
        return
    status = event.find(f"{{{_LAB}}}statusCode")
    if status is None:
        status = etree.Element(f"{{{_LAB}}}statusCode", nsmap={"lab": _LAB})
        event.insert(len(event.findall("{urn:hl7-org:v3}code")), status)
    status.set("code", "active" if draft.partial and "mss-partial-as-complete" not in defects else "completed")

"""Writing CDA elements: one at a time in the header, in trees in a structured body."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, cast

from lxml import etree
from lxml.builder import ElementMaker

from conformance.reference_lps.vocabulary import Coded, clean, new_oid, one_line

NS = "urn:hl7-org:v3"
LAB = "urn:oid:1.3.6.1.4.1.19376.1.3.2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES: Any = {None: NS, "xsi": XSI, "lab": LAB}


class Maker(Protocol):
    """What makes elements: by call with a name, or as an attribute of that name."""

    def __call__(self, tag: str, *children: Any, **attributes: str) -> etree._Element:
        """The element of that name."""
        ...

    def __getattr__(self, tag: str) -> Callable[..., etree._Element]: ...


E: Maker = cast("Maker", ElementMaker(namespace=NS, nsmap=NAMESPACES))
"""Trees: ``E.observation(E.id(root=…), classCode="OBS")``."""
XSI_TYPE = f"{{{XSI}}}type"


def el(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Append one element of the CDA namespace."""
    child = etree.SubElement(parent, f"{{{NS}}}{tag}", {k: one_line(v) for k, v in attributes.items()})
    if text is not None:
        child.text = clean(text)
    return child


def stamp(when: datetime) -> str:
    """HL7 time with its zone: ``yyyyMMddHHmmss+hhmm``."""
    return when.strftime("%Y%m%d%H%M%S%z")[:19]


def coded(tag: str, code: Coded, *children: etree._Element, kind: str | None = None) -> etree._Element:
    """An element that holds a code; ``kind`` is the data type of a value (``CD``)."""
    found = E(tag, *children, code=code.code, displayName=one_line(code.label), codeSystem=code.system)
    if kind is not None:
        found.set(XSI_TYPE, kind)
    return found


def value(kind: str, **attributes: str) -> etree._Element:
    """A value of that data type (``PQ``, ``INT``, ``BL``…)."""
    found = E.value(**attributes)
    found.set(XSI_TYPE, kind)
    return found


def templates(*roots: str) -> list[etree._Element]:
    """The models that an element declares."""
    return [E.templateId(root=root) for root in roots]


def identifier() -> etree._Element:
    """An identifier that nobody else gives."""
    return E.id(root=new_oid())


def section(
    models: tuple[str, ...], code: Coded, title: str, *content: etree._Element, identified: bool = True
) -> etree._Element:
    """A section: what it claims to be, its code, its title, then the narrative, the entries and the sub-sections."""
    head = [*templates(*models), *([identifier()] if identified else []), coded("code", code), E.title(one_line(title))]
    return E.section(*head, *content)


def component(child: etree._Element) -> etree._Element:
    """A part of the body or of a section."""
    return E.component(child)


def cell(text: str, anchor: str = "") -> etree._Element:
    """A cell of a narrative table; entries refer to ``anchor``."""
    shown = one_line(text)
    return E.td(E.content(shown, ID=anchor) if anchor else shown)


def table(head: tuple[str, ...], rows: list[list[etree._Element]]) -> etree._Element:
    """The narrative of a section: what a person reads of the entries."""
    return E.text(
        E.table(E.thead(E.tr(*(E.th(name) for name in head))), E.tbody(*(E.tr(*row) for row in rows)), border="0")
    )


def refer(anchor: str, tag: str = "originalText") -> etree._Element:
    """The place of the narrative that says the same."""
    return E(tag, E.reference(value=f"#{anchor}"))

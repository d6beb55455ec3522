"""Lines, columns and excerpts of elements, read from the file itself: lxml knows no columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from xml.parsers import expat

from lxml import etree

from conformance.model.finding import Location
from conformance.validation.encoding import Decoded, decode
from conformance.validation.gate import CDA, Document

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]{0,300}\?>")
_EXCERPT = 240


class Places:
    """Where the elements of a document stand in its file. Nothing is computed before it is asked for."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def element(self, ranks: Sequence[int]) -> etree._Element:
        """The element of those ranks, from the root, each among all its sibling elements; the root when there is none."""
        found = self.document.root
        for rank in ranks[1:]:
            inside = [child for child in found if isinstance(child.tag, str)]
            if not 0 < rank <= len(inside):
                break
            found = inside[rank - 1]
        return found

    def where(self, element: etree._Element) -> Location:
        """The name of the file, the line, the column and a readable path."""
        base = self.document.where(element)
        position = self._positions.get(self._ranks.get(element, -1))
        return base if position is None else replace(base, line=position[0], column=position[1])

    def excerpt(self, element: etree._Element) -> str | None:
        """The start tag of an element, as the file writes it, shortened when it is long."""
        position = self._positions.get(self._ranks.get(element, -1))
        if position is None:
            return None
        lines = self._text.split("\n")[position[0] - 1 : position[0] + 9]
        text = "\n".join(lines)[position[1] - 1 :]
        tag = re.match(r"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""", text)
        said = " ".join((tag.group() if tag else text).split())
        return said if len(said) <= _EXCERPT else f"{said[:_EXCERPT]}…"

    @cached_property
    def _ranks(self) -> dict[etree._Element, int]:
        return {element: rank for rank, element in enumerate(self.document.root.iter("{*}*"))}

    @cached_property
    def _text(self) -> str:
        decoded = decode(self.document.name, self.document.content)
        text = decoded.text if isinstance(decoded, Decoded) else ""
        declaration = _DECLARATION.match(text)
        # The declared encoding is blanked out: the text is decoded already.
        return text if declaration is None else re.sub(r"[^\n]", " ", declaration.group()) + text[declaration.end() :]

    @cached_property
    def _positions(self) -> dict[int, tuple[int, int]]:
        """Line and column of each element of the judged document, by its rank in document order."""
        found: list[tuple[int, int]] = []
        parser = expat.ParserCreate("utf-8", " ")
        start = [-1 if self._wrapped else 0]

        def element(name: str, _: object) -> None:
            if start[0] < 0 and name == f"{CDA} ClinicalDocument":
                start[0] = len(found)
            found.append((parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

        parser.StartElementHandler = element
        try:
            parser.Parse(self._text.encode("utf-8", "replace"), True)
        except expat.ExpatError:
            # lxml is more tolerant of what little: the lines it knows remain.
            return {}
        return {rank - start[0]: position for rank, position in enumerate(found) if rank >= max(start[0], 0)}

    @cached_property
    def _wrapped(self) -> bool:
        return any(remark.rule == "gate.self-presenting" for remark in self.document.remarks)

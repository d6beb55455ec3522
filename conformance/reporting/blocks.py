"""What a chapter is made of, whatever prints it: a web page through Jinja, a PDF through typst.

Everything here is plain text, already in the language of the edition; nothing is markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text. ``style`` is empty, ``mono``, ``quiet``, ``strong``, ``right`` or ``verdict`` (a badge).

    ``href`` is the anchor of another place of the report, ``key`` the verdict of a badge.
    """

    text: str
    style: str = ""
    href: str = ""
    key: str = ""


Words = str | Cell | Sequence[Cell]
"""What stands in one place: a text, a styled text, or several, one a line."""


def cells(words: Words) -> list[Cell]:
    """The same, as cells."""
    if isinstance(words, str):
        return [Cell(words)]
    return [words] if isinstance(words, Cell) else list(words)


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside a chapter."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``style`` is empty, ``quiet`` or ``key`` (set apart)."""

    kind: ClassVar[str] = "paragraph"
    text: str
    style: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    kind: ClassVar[str] = "bullets"
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are worth."""

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, Words]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heads; ``widths`` are relative, ``name`` its class on the page."""

    kind: ClassVar[str] = "table"
    name: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Words]]
    widths: Sequence[float]
    foot: Sequence[Words] = ()


Block = Heading | Paragraph | Bullets | Facts | Table


@dataclass(frozen=True, slots=True)
class Chapter:
    """A numbered chapter; ``id`` is its anchor."""

    number: str
    id: str
    title: str
    blocks: Sequence[Block] = ()

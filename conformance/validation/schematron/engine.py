"""Runs compiled schemas with SaxonC-HE, in this process.

One engine per process and per thread: Saxon's objects are not shared. It holds the compiled schemas and the documents
they look things up in; a document under judgement is parsed once for all its schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from conformance.validation.schematron.emit import OWN
from conformance.validation.schematron.model import Claim, Compiled, Site

if TYPE_CHECKING:
    from collections.abc import Iterable

_NO_DTD = (
    "http://saxon.sf.net/feature/parserFeature?uri=http://apache.org/xml/features/disallow-doctype-decl",
    "true",
)


def address(path: Path) -> str:
    """The URI of a file, in the form that Java gives to addresses of files."""
    return path.resolve().as_uri().replace("file:///", "file:/", 1)


class EngineError(Exception):
    """Saxon could not compile or run a schema: nothing is known of the document."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An assertion that a node fails.

    ``path`` names the elements, with ranks from 2; ``ranks`` gives the rank of each among all its sibling elements,
    from the root, which is unambiguous.
    """

    site: Site
    claim: Claim
    path: str
    ranks: tuple[int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A ``claim`` of a rule that could not be evaluated on a node, or all of them (None); ``message`` is Saxon's."""

    site: Site
    claim: Claim | None
    ranks: tuple[int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a schema says of a document: how many nodes its rules applied to, and what failed.

    ``spoiled``: the sites of the rules that could not be evaluated, of which nothing is said, neither fired nor failed;
    a careful stylesheet of them tells which assertions are ``unjudged``.
    """

    fired: int
    failed: tuple[Failed, ...]
    unjudged: tuple[Unjudged, ...] = ()
    spoiled: tuple[int, ...] = ()

    def with_careful(self, careful: Outcome) -> Outcome:
        """The same, once a careful stylesheet has judged what was spoiled."""
        return Outcome(self.fired + careful.fired, (*self.failed, *careful.failed), careful.unjudged)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A schema ready to run."""

    compiled: Compiled
    executable: Any


class Engine:
    """SaxonC-HE and the documents that schemas look things up in; schemas may read none outside of the folder ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = address(root).rstrip("/") + "/"
        self._kept: dict[str, Any] = {}
        self._map: Any = None

    @cached_property
    def _processor(self) -> Any:
        import saxonche

        processor = saxonche.PySaxonProcessor(license=False)
        processor.set_configuration_property(*_NO_DTD)
        return processor

    def compile(self, compiled: Compiled) -> Sheet:
        """Make a schema ready to run. Raises EngineError."""
        compiler = self._processor.new_xslt30_processor()
        try:
            executable = compiler.compile_stylesheet(stylesheet_text=compiled.text, encoding="UTF-8")
        except self._failure as error:
            raise EngineError(str(error)) from error
        return Sheet(compiled, executable)

    def provide(self, address: str, text: str) -> None:
        """Have schemas find that XML at that address (``file:``), whatever the disk holds. Raises EngineError."""
        self._kept[address] = self.parse(text)
        self._map = None

    def parse(self, text: str) -> Any:
        """A document for :meth:`run`. Raises EngineError for one that is not well-formed or has a DOCTYPE."""
        try:
            return self._processor.parse_xml(xml_text=text, encoding="UTF-8")
        except self._failure as error:
            raise EngineError(str(error)) from error

    def run(self, sheet: Sheet, node: Any) -> Outcome:
        """Judge a parsed document. Raises EngineError, after which nothing is known of the document."""
        # One of its own for each run: it would keep the document, its keys and its variables until the next.
        executable = sheet.executable.clone()
        executable.set_save_xsl_message(True)
        executable.set_parameter(f"{{{OWN}}}root", self._processor.make_string_value(self.root))
        executable.set_parameter(f"{{{OWN}}}docs", self._documents())
        try:
            answer = executable.transform_to_string(xdm_node=node)
        except self._failure as error:
            raise EngineError(str(error)) from error
        finally:
            self._remember(executable.get_xsl_messages())
        if not isinstance(answer, str):
            raise EngineError("Saxon n’a rien répondu.")
        return _outcome(sheet.compiled, answer)

    @property
    def _failure(self) -> type[Exception]:
        import saxonche

        failure: type[Exception] = saxonche.PySaxonApiError
        return failure

    def _documents(self) -> Any:
        if self._map is None:
            make = self._processor.make_string_value
            self._map = self._processor.make_map({make(uri): kept for uri, kept in self._kept.items()})
        return self._map

    def _remember(self, messages: Iterable[Any] | None) -> None:
        """Keep what the last run had to read, so that the next one finds it, indices and all."""
        for message in messages or ():
            sign, _, uri = message.string_value.strip().partition(" ")
            if uri in self._kept:
                continue
            if sign == "-":
                self._kept[uri] = self._processor.empty_sequence()
            elif sign == "+":
                try:
                    self._kept[uri] = self._processor.parse_xml(xml_uri=uri)
                except self._failure:
                    continue
            self._map = None


def _outcome(compiled: Compiled, answer: str) -> Outcome:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    said = etree.fromstring(answer.encode(), parser)
    fired = sum(int(element.get("n", "0")) for element in said)
    return Outcome(
        fired,
        tuple(_failed(compiled, element, each) for element in said for each in element.iterchildren("a")),
        tuple(_unjudged(compiled, element, each) for element in said for each in element.iterchildren("e")),
        tuple(int(element.get("i", "0")) for element in said if element.tag == "x"),
    )


def _failed(compiled: Compiled, rule: etree._Element, said: etree._Element) -> Failed:
    return Failed(
        compiled.sites[int(rule.get("i", "0"))],
        compiled.claims[int(said.get("i", "0"))],
        said.get("p") or "/",
        _ranks(said),
        _message(said),
    )


def _unjudged(compiled: Compiled, rule: etree._Element, said: etree._Element) -> Unjudged:
    number = said.get("i")
    return Unjudged(
        compiled.sites[int(rule.get("i", "0"))],
        None if number is None else compiled.claims[int(number)],
        _ranks(said),
        _message(said),
    )


def _ranks(said: etree._Element) -> tuple[int, ...]:
    return tuple(int(rank) for rank in said.get("k", "").split())


def _message(said: etree._Element) -> str:
    return " ".join((said.text or "").split())

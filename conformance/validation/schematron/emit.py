"""Writes a schema as XSLT 3.0 for SaxonC-HE.

A node is judged, in each pattern, by the first rule whose context it matches. Instead of offering every node to every
rule, the nodes of each rule are selected once, and a rule passes over the nodes of earlier rules that might share some.
Paths are selected step by step in global variables, which Saxon computes once, on demand, and which paths share.

A rule that fails on a document (two values where one is expected) leaves the others be: ``x`` in the answer. A careful
stylesheet, slow to compile, then judges such rules alone and isolates the assertions that fail on a node: ``e``. A
global variable that fails, hence a context, spoils the whole: no ``try`` of XSLT catches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from conformance.validation.schematron import lookups, scopes
from conformance.validation.schematron.contexts import Contexts, Earlier
from conformance.validation.schematron.model import (
    Assertion,
    Claim,
    Compiled,
    Extends,
    Let,
    Pattern,
    Rule,
    Schema,
    SchemaError,
    Site,
    Value,
)

OWN = "urn:segur-conformance:schematron"
"""The namespace of what the emitted stylesheet adds of its own; prefix ``_``."""
VERSION = 3
"""To be raised when the emitted text changes for the same schema: it is part of the cache's key."""
_STANDARD = {
    "xsl": "http://www.w3.org/1999/XSL/Transform",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "map": "http://www.w3.org/2005/xpath-functions/map",
    "_": OWN,
}


@dataclass(slots=True)
class _Writer:
    schema: Schema
    names: dict[str, str]
    only: frozenset[int] | None = None
    lines: list[str] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    contexts: Contexts = field(init=False)
    found: lookups.Keys = field(default_factory=lookups.Keys)
    called: dict[str, str] = field(default_factory=dict)
    shared_lets: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.contexts = Contexts(self.names, lambda text: _expression(self, text))


def emit(schema: Schema, only: frozenset[int] | None = None) -> Compiled:
    """The stylesheet of a schema; a careful one, of those sites alone, when ``only`` is given.

    It takes two parameters: ``_:docs``, a map of documents by absolute URI, and ``_:root``, the address below which
    others may be read. Raises SchemaError when the schema reads files by other means than ``doc`` and ``document``.
    """
    writer = _Writer(schema, {**schema.namespaces, **_STANDARD}, only)
    _globals(writer)
    for rank, pattern in enumerate(schema.patterns):
        _pattern(writer, rank, pattern)
    body = "\n".join(writer.lines)
    return Compiled(_sheet(writer, body), tuple(writer.sites), tuple(writer.claims), schema.remarks)


def _sheet(writer: _Writer, body: str) -> str:
    spaces = " ".join(f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in writer.names.items() if prefix != "xml")
    patterns = "".join(f'<xsl:call-template name="_:p{rank}"/>' for rank in range(len(writer.schema.patterns)))
    base = quoteattr(writer.schema.path.as_uri())
    return "\n".join(
        [
            f'<xsl:stylesheet version="3.0" {spaces} exclude-result-prefixes="#all" xml:base={base}>',
            # ASCII, for the binding decodes the answer in the platform's own encoding.
            '<xsl:output method="xml" encoding="US-ASCII" omit-xml-declaration="yes" indent="no"/>',
            lookups.FUNCTIONS,
            _LOCATION,
            *writer.found.declarations(),
            *writer.contexts.declarations(),
            body,
            f'<xsl:template match="/"><o>{patterns}</o></xsl:template>',
            "</xsl:stylesheet>",
        ]
    )


# Bound where it is used: a schema may give that prefix another meaning.
_ERROR = """<xsl:value-of xmlns:err="http://www.w3.org/2005/xqt-errors"
 select="concat(local-name-from-QName($err:code), ' : ', $err:description)"/>"""
# The path that people read names elements; ``k`` is the rank of each step among its sibling elements, which finds the
# same node again in another tree.
_LOCATION = """<xsl:template name="_:where"><xsl:variable name="up"
 select="if (self::document-node()) then * else ancestor-or-self::*"/>
<xsl:attribute name="p" select="string-join((for $e in $up return concat('/', name($e),
 for $n in count($e/preceding-sibling::*[name() = name($e)]) return if ($n gt 0) then concat('[', $n + 1, ']') else '',
 ''), if (self::attribute()) then concat('/@', name()) else ()), '')"/>
<xsl:attribute name="k" select="for $e in $up return 1 + count($e/preceding-sibling::*)"/></xsl:template>"""


def _globals(writer: _Writer) -> None:
    counts: dict[str, int] = {}
    for let in writer.schema.lets:
        counts[let.name] = counts.get(let.name, 0) + 1
    for pattern in writer.schema.patterns:
        for name in {let.name for let in pattern.lets}:
            counts[name] = counts.get(name, 0) + 1
    # The official pipeline makes them all global, so a pattern may count on the variables of another.
    everywhere = [*writer.schema.lets, *(let for pattern in writer.schema.patterns for let in pattern.lets)]
    for let in everywhere:
        if let.name not in writer.shared_lets and (counts[let.name] == 1 or let in writer.schema.lets):
            writer.shared_lets.add(let.name)
            writer.lines.append(_let(writer, let))


def _let(writer: _Writer, let: Let) -> str:
    return f'<xsl:variable name="{let.name}" select={quoteattr(_expression(writer, let.value))}/>'


def _expression(writer: _Writer, text: str, strings: frozenset[str] = frozenset()) -> str:
    refused = lookups.refused(text)
    if refused is not None:
        raise SchemaError(f"« {writer.schema.path.name} » lit des fichiers par « {refused} » : refusé.")
    return writer.found.rewritten(text, strings)


def _pattern(writer: _Writer, rank: int, pattern: Pattern) -> None:
    own = {let.name for let in pattern.lets} - writer.shared_lets
    earlier = Earlier(writer.contexts)
    rules = []
    for place, rule in enumerate(pattern.rules):
        if not rule.context.strip():
            raise SchemaError(
                f"« {writer.schema.path.name} » : une règle du motif « {pattern.name} » n’a pas de contexte."
            )
        paths, selection = writer.contexts.select(rule.context, own)
        before = earlier.meeting(paths)
        earlier.add(paths, selection)
        number = len(writer.sites)
        writer.sites.append(Site(pattern.name, rule.place, rule.context, rule.id))
        if writer.only is not None and number not in writer.only:
            continue
        text = "\n".join(_rule(writer, rule, number, _except(selection, before)))
        if not own:
            # A template for each: Saxon's time grows with the square of the number of variables in one.
            writer.lines.append(f'<xsl:template name="_:p{rank}r{place}">{text}</xsl:template>')
            text = f'<xsl:call-template name="_:p{rank}r{place}"/>'
        rules.append(_tried(text, f'<x i="{number}"/>') if writer.only is None else text)
    head = "".join(_let(writer, let) for let in pattern.lets if let.name in own)
    writer.lines.append(f'<xsl:template name="_:p{rank}">{head}{"".join(rules)}</xsl:template>')


def _except(selection: str, earlier: list[str]) -> str:
    if not earlier:
        return selection
    return f"({selection}) except ({' | '.join(earlier)})"


def _rule(writer: _Writer, rule: Rule, number: int, selection: str) -> Iterator[str]:
    yield f'<xsl:variable name="_:s" as="node()*" select={quoteattr(selection)}/>'
    yield f'<xsl:if test="exists($_:s)"><r i="{number}" n="{{count($_:s)}}"><xsl:for-each select="$_:s">'
    judged = "\n".join(_items(writer, rule, frozenset(), ()))
    # Around the whole too, for the sake of variables.
    yield judged if writer.only is None else _tried(judged, f'<e><xsl:call-template name="_:where"/>{_ERROR}</e>')
    yield "</xsl:for-each></r></xsl:if>"


def _items(
    writer: _Writer, rule: Rule, strings: frozenset[str], chain: tuple[str, ...], *, inline: bool = False
) -> Iterator[str]:
    for item in rule.items:
        if isinstance(item, Let):
            yield f'<xsl:variable name="{item.name}" select={quoteattr(_expression(writer, item.value, strings))}/>'
            strings = strings | {item.name} if lookups.is_text(item.value) else strings - {item.name}
        elif isinstance(item, Assertion):
            yield _assertion(writer, item, strings)
        else:
            yield from _extends(writer, rule, item, chain, inline=inline)
            strings -= scopes.exported(writer.schema.abstract[item.rule], writer.schema.abstract)


def _extends(writer: _Writer, rule: Rule, item: Extends, chain: tuple[str, ...], *, inline: bool) -> Iterator[str]:
    target = writer.schema.abstract.get(item.rule)
    if target is None or item.rule in chain:
        raise SchemaError(f"« {writer.schema.path.name} » : la règle abstraite « {item.rule} » n’existe pas.")
    chain = (*chain, item.rule)
    # The variables of an abstract rule stay visible after it, and it may use those set before it: then, and then only,
    # it is written out in place, with those it extends. Otherwise it is one template, called from everywhere.
    exported = scopes.exported(target, writer.schema.abstract)
    alone = scopes.free(target, writer.schema.abstract) <= writer.shared_lets
    if alone and not inline and not exported & scopes.used(rule):
        yield f'<xsl:call-template name="{_callable(writer, item.rule, chain)}"/>'
    else:
        yield from _items(writer, target, frozenset(), chain, inline=True)


def _callable(writer: _Writer, name: str, chain: tuple[str, ...]) -> str:
    if name not in writer.called:
        writer.called[name] = f"_:a{len(writer.called)}"
        body = "\n".join(_items(writer, writer.schema.abstract[name], frozenset(), chain))
        writer.lines.append(f'<xsl:template name="{writer.called[name]}">{body}</xsl:template>')
    return writer.called[name]


def _assertion(writer: _Writer, item: Assertion, strings: frozenset[str]) -> str:
    number = len(writer.claims)
    writer.claims.append(Claim(item.test, item.role, item.see, item.place, item.owner))
    test = _expression(writer, item.test, strings)
    condition = f"not({test})" if item.negated else test
    said = "".join(_part(writer, part, strings) for part in item.message)
    judged = (
        f'<xsl:if test={quoteattr(condition)}><a i="{number}"><xsl:call-template name="_:where"/>{said}</a></xsl:if>'
    )
    if writer.only is None:
        return judged
    return _tried(judged, f'<e i="{number}"><xsl:call-template name="_:where"/>{_ERROR}</e>')


def _tried(tried: str, failing: str) -> str:
    return f"<xsl:try>{tried}<xsl:catch>{failing}</xsl:catch></xsl:try>"


def _part(writer: _Writer, part: str | Value, strings: frozenset[str]) -> str:
    if isinstance(part, Value):
        return f"<xsl:value-of select={quoteattr(_expression(writer, part.select, strings))}/>"
    text = part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<xsl:text>{text}</xsl:text>"

"""Documents a schema looks things up in: read once for all, and searched through keys.

Saxon forgets the documents read by ``doc()`` at the end of each transformation. Here they come in a parameter, so that
they, and the indices built on them, live as long as the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from conformance.validation.schematron import xpath

_CALLS = {"doc": "_:doc", "document": "_:document", "doc-available": "_:doc-available"}
_READERS = frozenset(
    {
        "unparsed-text", "unparsed-text-lines", "unparsed-text-available", "json-doc", "collection", "uri-collection",
        "environment-variable", "available-environment-variables", "transform", "load-xquery-module", "function-lookup",
        "apply",
    }
)  # fmt: skip
_NAME = r"[^\W\d][\w.\-]*"
_SEARCH = re.compile(
    rf"//(?P<test>(?:{_NAME}:)?{_NAME})\[\s*(?P<use>@{_NAME}|text\(\))\s*=\s*"
    rf"(?P<value>\$(?P<var>{_NAME})|string\(\$(?:{_NAME})\))\s*(?:and\s+(?P<rest>[^\[\]]+?))?\s*\]"
)
_TEXT = re.compile(rf"\A(?:@{_NAME}|'[^']*'|\"[^\"]*\"|(?:string|concat|replace|substring|normalize-space)\(.*\))\Z")


def is_text(value: str) -> bool:
    """Whether a variable of that value surely holds text that keys compare as ``=`` does (and no number)."""
    return _TEXT.match(value.strip()) is not None and len(xpath.split(value, "+", "*", "div", "=", ",")) == 1


@dataclass(slots=True)
class Keys:
    """The keys that searches in documents call for."""

    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def rewritten(self, expression: str, strings: frozenset[str]) -> str:
        """The expression with documents taken from the engine, and searches by equality made through keys.

        ``strings``: the variables known to hold text.
        """
        if "doc" not in expression:
            return expression
        text = xpath.renamed_calls(expression, _CALLS)
        position = 0
        while (found := _document_call(text, position)) is not None:
            start, end = found
            match = _SEARCH.match(text, end)
            if match is None or not _safe(match, text, strings):
                position = end
                continue
            name = self.names.setdefault((match["test"], match["use"]), f"_:d{len(self.names)}")
            rest = f"[{match['rest']}]" if match["rest"] else ""
            made = f"key('{name}', {match['value']}, {text[start:end]}){rest}"
            text = text[:start] + made + text[match.end() :]
            position = start + len(made)
        return text

    def declarations(self) -> Iterator[str]:
        """The keys, as XSLT."""
        for (test, use), name in self.names.items():
            yield f'<xsl:key name="{name}" match={quoteattr(test)} use={quoteattr(use)}/>'


def _safe(match: re.Match[str], text: str, strings: frozenset[str]) -> bool:
    """Whether a key finds the same nodes: text compared with text, a plain conjunction, no position counted after."""
    if match["var"] is not None and match["var"] not in strings:
        return False
    rest = match["rest"] or ""
    if not xpath.is_filter(rest) and rest:
        return False
    return len(xpath.split(rest, "or", "satisfies", "return", "else")) == 1 and text[match.end() :].lstrip()[:1] != "["


def refused(expression: str) -> str | None:
    """The function by which an expression would reach files unseen; None when there is none."""
    if "(" not in expression and "#" not in expression:
        return None
    called = {name.rpartition(":")[2] for name in xpath.calls(expression)} & _READERS
    referred = {name.rpartition(":")[2] for name in xpath.references(expression)} & (_READERS | set(_CALLS))
    return min(called | referred, default=None)


def _document_call(text: str, position: int) -> tuple[int, int] | None:
    match = re.compile(r"_:doc(?:ument)?\(").search(text, position)
    if match is None:
        return None
    depth, end = 1, match.end()
    for token in xpath.tokens(text[end:]):
        if token.kind == "symbol" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        end += len(token.text)
        if depth == 0:
            return match.start(), end
    return None


# Each gives a document from the parameter, or from the disk with a message: ``+ uri`` for a document that was read,
# ``- uri`` for one that is not there. The engine remembers both.
FUNCTIONS = """<xsl:param name="_:docs" as="map(xs:string, item()*)" select="map{}"/>
<xsl:param name="_:root" as="xs:string" select="'file:/'"/>
<xsl:function name="_:uri" as="xs:string"><xsl:param name="u" as="xs:string"/>
<xsl:variable name="a" select="replace(string(resolve-uri($u)), '^file:/+', 'file:/')"/>
<xsl:sequence select="if (starts-with($a, $_:root)) then $a
 else error(QName('urn:segur-conformance:schematron', '_:outside'), concat('hors du pack : ', $a))"/></xsl:function>
<xsl:function name="_:doc" as="document-node()?"><xsl:param name="u" as="xs:string?"/>
<xsl:if test="exists($u)"><xsl:variable name="a" select="_:uri($u)"/>
<xsl:choose><xsl:when test="exists($_:docs($a))"><xsl:sequence select="$_:docs($a)"/></xsl:when>
<xsl:otherwise><xsl:message select="concat('+ ', $a)"/><xsl:sequence select="doc($a)"/></xsl:otherwise></xsl:choose>
</xsl:if></xsl:function>
<xsl:function name="_:document" as="node()*"><xsl:param name="u" as="item()*"/>
<xsl:sequence select="for $i in $u return if ($i instance of node()) then _:doc(string(resolve-uri($i, base-uri($i))))
 else _:doc(string($i))"/></xsl:function>
<xsl:function name="_:doc-available" as="xs:boolean"><xsl:param name="u" as="xs:string?"/>
<!-- What is no URI, or leads outside, is not there: the standard function does not fail either. -->
<xsl:variable name="a" as="xs:string?"><xsl:try select="$u ! _:uri(.)"><xsl:catch select="()"/></xsl:try></xsl:variable>
<xsl:choose><xsl:when test="empty($a)"><xsl:sequence select="false()"/></xsl:when>
<xsl:when test="map:contains($_:docs, $a)"><xsl:sequence select="exists($_:docs($a))"/></xsl:when>
<xsl:otherwise><xsl:variable name="is" select="doc-available($a)"/>
<xsl:message select="concat(if ($is) then '+ ' else '- ', $a)"/><xsl:sequence select="$is"/></xsl:otherwise>
</xsl:choose></xsl:function>"""

"""Turns the contexts of rules into expressions that select their nodes, shared between the rules of a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from conformance.validation.schematron import xpath
from conformance.validation.schematron.xpath import Step

Paths = list[tuple[Step, ...]] | None
"""The paths of a context, or None when its shape is not recognised."""
_LOOSE = ("or", "satisfies", "return", "else")


@dataclass(slots=True)
class Contexts:
    """The selections that a stylesheet needs, each declared once.

    ``namespaces`` by prefix; ``expression`` makes an expression of the schema one of the stylesheet.
    """

    namespaces: Mapping[str, str]
    expression: Callable[[str], str]
    _nodes: dict[str, str] = field(default_factory=dict)
    _keys: dict[tuple[str, str], str] = field(default_factory=dict)
    _matches: dict[str, str] = field(default_factory=dict)

    def select(self, context: str, own: set[str]) -> tuple[Paths, str]:
        """The paths of a context and an expression for its nodes. ``own``: the variables that are not global."""
        if xpath.variables(context) & own:
            return None, _anywhere(self.expression(context))
        branches = None if "current" in xpath.calls(context) else xpath.paths(context)
        if branches is None:
            return None, self._node(self._matching(self.expression(context)))
        return branches, " | ".join(self._walk(path) for path in branches)

    def declarations(self) -> Iterator[str]:
        """The keys and the global variables, as XSLT."""
        for (child, attribute), name in self._keys.items():
            yield f'<xsl:key name="{name}" match="*" use={quoteattr(f"{child}/@{attribute}")}/>'
        for pattern, name in self._matches.items():
            yield f'<xsl:key name="{name}" match={quoteattr(pattern)} use="1"/>'
        for text, name in self._nodes.items():
            yield f'<xsl:variable name="{name}" as="node()*" select={quoteattr(text)}/>'

    def same(self, one: str, other: str) -> bool:
        """Whether two name tests may agree on a node."""
        if one == other or "*" in (one, other):
            return True
        (a, b), (c, d) = _parts(one), _parts(other)
        if "*" not in (b, d) and b != d:
            return False
        return "*" in (a, c) or self.namespaces.get(a, "") == self.namespaces.get(c, "")

    def _matching(self, pattern: str) -> str:
        # The general case: a key takes any pattern of XSLT, and means by it what a template would.
        name = self._matches.setdefault(pattern, f"_:m{len(self._matches)}")
        return f"key('{name}', 1)[not(self::text())]"

    def _walk(self, path: tuple[Step, ...]) -> str:
        if not path:
            return "/"
        anchored = self._anchor(path)
        current, rest = anchored if anchored is not None else (self._node(self._down("", path[0])), path[1:])
        for step in rest:
            current = self._node(self._down(current, step))
        return current

    def _down(self, start: str, step: Step) -> str:
        return f"{start}{'//' if step.deep else '/'}{self.expression(str(step))}"

    def _anchor(self, path: tuple[Step, ...]) -> tuple[str, tuple[Step, ...]] | None:
        """The first step whose nodes a key finds, with what leads to it turned into conditions; None without one."""
        if not path[0].deep:
            return None
        for place, step in enumerate(path):
            if not all(xpath.is_filter(predicate) for predicate in step.predicates):
                return None
            key = self._keyed(step)
            if key is not None:
                condition = _upwards(path[:place], deep=step.deep) if place else ""
                return self._node(f"{key}{self.expression(condition)}"), path[place + 1 :]
        return None

    def _keyed(self, step: Step) -> str | None:
        for rank, predicate in enumerate(step.predicates):
            # Only a plain conjunction may lose a term to the key.
            parts = xpath.split(predicate, "and") if len(xpath.split(predicate, *_LOOSE)) == 1 else []
            for place, part in enumerate(parts):
                found = xpath.child_attribute(part)
                if found is None or _parts(found[0])[1] != "templateId":
                    continue
                child, attribute, value = found
                name = self._keys.setdefault((child, attribute), f"_:k{len(self._keys)}")
                left = [each for other, each in enumerate(step.predicates) if other != rank]
                left += [each for other, each in enumerate(parts) if other != place]
                own = "" if step.test == "*" else f"[self::{step.test}]"
                return f"key('{name}', {value}){own}{''.join(f'[{self.expression(each)}]' for each in left)}"
        return None

    def _node(self, text: str) -> str:
        return "$" + self._nodes.setdefault(text, f"_:n{len(self._nodes)}")


def _parts(test: str) -> tuple[str, str]:
    prefix, colon, local = test.rpartition(":")
    return (prefix, local) if colon else ("", test)


def _upwards(path: tuple[Step, ...], *, deep: bool) -> str:
    *before, step = path
    above = _upwards(tuple(before), deep=step.deep) if before else ""
    return f"[{'ancestor' if deep else 'parent'}::{step}{above}]"


def _anywhere(context: str) -> str:
    """What a match pattern means (XSLT 2.0, 5.5.3): the nodes it selects from anywhere in the tree."""
    parts = [
        part if part.startswith("/") else f"/descendant-or-self::node()/({part})"
        for part in xpath.split(context, "|", "union")
    ]
    return f"({' | '.join(parts)})[not(self::text())]"


class Earlier:
    """The nodes of the rules already seen in a pattern, by the local name at the end of their paths."""

    def __init__(self, contexts: Contexts) -> None:
        self._same = contexts.same
        self._named: dict[str, list[tuple[int, tuple[Step, ...], str]]] = {}
        self._others: list[tuple[int, tuple[Step, ...] | None, str]] = []
        self._count = 0

    def add(self, paths: Paths, selection: str) -> None:
        """A rule is seen: the nodes of that selection are taken."""
        self._count += 1
        for path in [None] if paths is None else paths:
            local = _parts(path[-1].test)[1] if path else "*"
            if path is None or local == "*":
                self._others.append((self._count, path, selection))
            else:
                self._named.setdefault(local, []).append((self._count, path, selection))

    def meeting(self, paths: Paths) -> list[str]:
        """The selections that may share nodes with those paths, each once, in order."""
        found: dict[str, int] = {}
        for path in [None] if paths is None else paths:
            for count, other, selection in self._candidates(path):
                if path is None or other is None or not xpath.disjoint(other, path, self._same):
                    found.setdefault(selection, count)
        return sorted(found, key=lambda selection: found[selection])

    def _candidates(self, path: tuple[Step, ...] | None) -> list[tuple[int, tuple[Step, ...] | None, str]]:
        local = _parts(path[-1].test)[1] if path else "*"
        if local != "*":
            return [*self._named.get(local, ()), *self._others]
        return [*(each for several in self._named.values() for each in several), *self._others]

"""Which variables rules set and use: what tells whether an abstract rule can be called, or must be written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.validation.schematron import xpath
from conformance.validation.schematron.model import Assertion, Extends, Let, Rule, Value

_BOUND = re.compile(r"\$([^\W\d][\w.\-]*)\s*(?:as\s[^:$]*)?(?:\bin\b|:=)")


def used(rule: Rule) -> set[str]:
    """The variables that a rule's own expressions take from elsewhere, abstract rules it extends included."""
    found: set[str] = set()
    bound: set[str] = set()
    for item in rule.items:
        for expression in _expressions(item):
            found |= xpath.variables(expression) - set(_BOUND.findall(expression)) - bound
        if isinstance(item, Let):
            bound.add(item.name)
    return found


def exported(rule: Rule, abstract: Mapping[str, Rule], seen: frozenset[str] = frozenset()) -> set[str]:
    """The variables that a rule sets, by itself or through those it extends."""
    found = {item.name for item in rule.items if isinstance(item, Let)}
    for other in _extended(rule, abstract, seen):
        found |= exported(abstract[other], abstract, seen | {other})
    return found


def free(rule: Rule, abstract: Mapping[str, Rule], seen: frozenset[str] = frozenset()) -> set[str]:
    """The variables that a rule, with those it extends, needs from outside."""
    found = used(rule)
    for other in _extended(rule, abstract, seen):
        found -= exported(abstract[other], abstract, seen | {other})
        found |= free(abstract[other], abstract, seen | {other})
    return found


def _extended(rule: Rule, abstract: Mapping[str, Rule], seen: frozenset[str]) -> Iterator[str]:
    for item in rule.items:
        if isinstance(item, Extends) and item.rule in abstract and item.rule not in seen:
            yield item.rule


def _expressions(item: Let | Assertion | Extends) -> Iterator[str]:
    if isinstance(item, Let):
        yield item.value
    elif isinstance(item, Assertion):
        yield item.test
        yield from (part.select for part in item.message if isinstance(part, Value))

"""What the pack's most frequent messages mean, in French, and how to mend the document.

Most rules are generated, or written after one another, and say few kinds of things: the kind is recognised, not the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.validation import explanations, explanations_body

KINDS = (*explanations.KINDS, *explanations_body.KINDS)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence and how to put it right, in French."""

    sentence: str
    fix: str


_LABELS = re.compile(r"\A(?:\[[^\]]*\]\s*|\([^)]*\)(?:/[\w-]+)?:\s*|dtr\d+-\w+-[\w.]+:\s*)+")


_FAULT = re.compile(r"\A:?\s*Erreur de [Cc]onformité[^:]*:\s*")


def _told(message: str) -> Iterator[str]:
    """The message, then the same without the names of its schema, then without « error of conformity » either."""
    yield message
    label = _LABELS.match(message)
    bare = message[label.end() :] if label else message
    yield bare
    yield _FAULT.sub("", bare)


def explain(message: str) -> Explanation | None:
    """The meaning of an official message (blanks made single), or None for one that is not of a known kind."""
    for said in _told(message):
        for pattern, sentence, fix in KINDS:
            match = re.fullmatch(pattern, said)
            if match is not None:
                values = {name: (value or "").strip() for name, value in match.groupdict().items()}
                return Explanation(sentence.format_map(values), fix.format_map(values))
    # A label such as [RIM-002] may itself be the beginning of what is recognised.
    tail = re.search(r"\[RIM-\d+\].*", message)
    return explain(tail.group()) if tail is not None and tail.start() > 0 else None

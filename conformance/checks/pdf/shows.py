"""Whether the text of a PDF holds what it should: recipients, sentences, marks of a validation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.checks.pdf.text import bottoms, text, unreadable
from conformance.model.finding import Finding, Location
from conformance.model.identity import plain

_DASHES = re.compile("[\u2010-\u2014\u2212\ufffe\u00ad\x02]")


def folded(read: str) -> str:
    """Capitals without accents, one apostrophe, no blank nor hyphen: where a line is cut does not matter."""
    joined = re.sub("[\u2018\u2019\u02bc\u00b4`]", "'", _DASHES.sub("-", read))
    return re.sub(r"[\s-]+", "", plain(joined))


def shows(name: str, content: bytes, expected: Iterable[str], what: str, source: str) -> Iterator[Finding]:
    """Each text stands in the pages; ``what`` begins the sentence (« Le destinataire »)."""
    if (found := unreadable(name, content)) is not None:
        yield found
        return
    shown = folded(text(content) or "")
    for value in expected:
        if folded(value) not in shown:
            yield Finding(
                "pdf.text",
                f"{what} n’apparaît pas dans le texte du PDF.",
                where=Location(name),
                expected=value,
                observed="absent",
                fix="Imprimer cette mention en texte, et non en image.",
                source=source,
            )


def hides(name: str, content: bytes, unwanted: Iterable[str], what: str, source: str) -> Iterator[Finding]:
    """None of those texts stands in the pages."""
    if (found := unreadable(name, content)) is not None:
        yield found
        return
    shown = folded(text(content) or "")
    for value in unwanted:
        if folded(value) in shown:
            yield Finding(
                "pdf.text.unwanted",
                f"{what} apparaît dans le PDF sans qu’il y ait lieu.",
                where=Location(name),
                expected="absent",
                observed=value,
                fix="N’imprimer cette mention que dans les documents qu’elle concerne.",
                source=source,
            )


def at_the_bottom(name: str, content: bytes, expected: str, source: str) -> Iterator[Finding]:
    """The text stands in the last quarter of every page."""
    if (found := unreadable(name, content)) is not None:
        yield found
        return
    for number, bottom in enumerate(bottoms(content) or (), start=1):
        if folded(expected) not in folded(bottom):
            yield Finding(
                "pdf.footer",
                "L’information due au patient n’est pas au bas de la page.",
                where=Location(name, path=f"page {number}"),
                expected=expected,
                observed=" ".join(bottom.split())[:200] or "rien",
                fix="Imprimer le texte réglé au bas de chaque page.",
                source=source,
            )

"""Charts as SVG: the same numbers, the same bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from conformance.reporting.view import Part

_FILLS = {
    "CONFORME": "#1c6b42", "NON_CONFORME": "#b0261c", "A_EXAMINER": "#8a5200", "NON_VERIFIE": "#dcd7cc",
    "NON_APPLICABLE": "#eeebe4", "ERREUR_BANC": "#6a2c85",
}  # fmt: skip
_RADIUS = 46
_AROUND = 2 * math.pi * _RADIUS


def donut(parts: Sequence[Part], figure: str, words: str) -> str:
    """A ring of the parts, with a figure in its middle and words under it; colours of its own, for paper."""
    rings = "".join(_arc(part) for part in parts if part.count)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" width="240" height="240">'
        f"{rings}{_words(61, 24, '700', figure)}{_words(74, 8, '400', words)}</svg>"
    )


def _words(height: int, size: int, weight: str, words: str) -> str:
    return (
        f'<text x="60" y="{height}" text-anchor="middle" font-family="Libertinus Serif" font-size="{size}" '
        f'font-weight="{weight}" fill="#1d2226">{escape(words)}</text>'
    )


def _arc(part: Part) -> str:
    drawn = _AROUND * part.share / 100
    return (
        f'<circle cx="60" cy="60" r="{_RADIUS}" fill="none" stroke="{_FILLS[part.key]}" stroke-width="15" '
        f'stroke-dasharray="{drawn:.3f} {_AROUND:.3f}" stroke-dashoffset="{-_AROUND * part.start / 100:.3f}" transform="rotate(-90 60 60)"/>'
    )

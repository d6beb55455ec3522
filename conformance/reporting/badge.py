"""A badge for a readme: the verdict, and how much of the profile a machine really verified."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from conformance.reporting.text import clip, percent, visible
from conformance.reporting.view import GLOBAL

_COLOURS = {"CONFORME": "#1c6b42", "NON_CONFORME": "#b0261c", "ERREUR_BANC": "#6a2c85", "INCOMPLET": "#56616c"}
_CHARACTER = 6.6
_PADDING = 12


def write_badge(run: Mapping[str, Any], target: Path) -> Path:
    """Write the SVG at ``target`` and give it back."""
    target.write_text(badge(run), encoding="utf-8", newline="\n")
    return target


def badge(run: Mapping[str, Any]) -> str:
    """The SVG: no script, no font, no link; the same run, the same bytes."""
    coverage, verdict = run["coverage"], run["verdict"]["global"]
    applicable = sum(coverage[key] for key in ("automatic", "evidence", "attestation", "not_verified"))
    left = f"Ségur {clip(visible(run['profile']['id']), 40)}"
    right = f"{GLOBAL[verdict][0].lower()} · {percent(coverage['automatic'], applicable)} par la machine"
    title = escape(f"{left} : {right} (auto-évaluation)", quote=True)
    first, second = (round(len(words) * _CHARACTER + _PADDING) for words in (left, right))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{first + second}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{first}" height="20" fill="#33393d"/>'
        f'<rect x="{first}" width="{second}" height="20" fill="{_COLOURS[verdict]}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_words(first / 2, first, left)}{_words(first + second / 2, second, right)}</g></svg>\n"
    )


def _words(middle: float, width: int, words: str) -> str:
    return f'<text x="{middle:g}" y="14" textLength="{width - _PADDING}">{escape(words)}</text>'

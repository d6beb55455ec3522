"""The conformity report as one French web page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from conformance.model.finding import Severity
from conformance.model.requirement import Method
from conformance.model.verdict import Verdict
from conformance.reporting import blocks, text, view
from conformance.reporting.causes import Causes
from conformance.reporting.chapters import difference, evolution, shared
from conformance.reporting.compare import Change
from conformance.reporting.excerpts import Excerpts
from conformance.reporting.sheets import reviews_table, scope
from conformance.reporting.speech import speech

_TEMPLATES = Path(__file__).resolve().parent / "templates"
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser lets the page do, printed in the page itself: show text and its own style."""


def write_html(
    run: Mapping[str, Any], folder: Path, target: Path | None = None, language: str = "fr", signed: str | None = None
) -> Path:
    """Write ``rapport.html`` in the run's folder, or ``target``; give back its path."""
    path = target or folder / ("rapport.html" if language == "fr" else f"rapport.{language}.html")
    path.write_text(render_html(run, folder, language, signed), encoding="utf-8", newline="\n")
    return path


def render_html(run: Mapping[str, Any], folder: Path, language: str = "fr", signed: str | None = None) -> str:
    """The page's source. ``folder`` is the run's, whose blobs give the excerpts that findings point to.

    ``signed`` names who seals the report; without it, the cover says that nobody did.
    """
    say, seen = speech(language), view.build(run)
    return _environment(language).get_template("rapport.html.j2").render(
        run=run, view=seen, excerpts=Excerpts(run, folder), csp=CSP, language=language, signed=signed,
        chapters=shared(run, seen, say, signed), decisions=reviews_table(seen, say), cause=Causes(run, seen, say).of,
        evolution=evolution(run, say),
    )  # fmt: skip


def render_diff(before: Mapping[str, Any], after: Mapping[str, Any], changes: Sequence[Change]) -> str:
    """The source of a page that tells the changes between two runs, with their causes."""
    say = speech("fr")
    tables = difference(before, after, changes, say)
    return _environment("fr").get_template("diff.html.j2").render(
        run=after, after=after, view=view.build(after), csp=CSP, language="fr", **tables
    )  # fmt: skip


@cache
def _environment(language: str) -> jinja2.Environment:
    say = speech(language)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.filters |= {
        "prose": text.prose, "sentence": text.sentence, "clip": text.clip, "n": say.number, "moment": say.moment, "clock": text.clock,
        "duration": say.duration, "size": say.size, "css_string": _css_string, "facts": _facts,
    }  # fmt: skip

    def told(table: Mapping[Any, str]) -> dict[Any, str]:
        return {key: say(words) for key, words in table.items()}

    environment.globals |= {
        "_": say, "cells": blocks.cells, "scope": partial(scope, say=say), "percent": say.percent, "count": say.count, "verdicts": view.DISPLAY, "definitions": told(view.DEFINITIONS),
        "global_verdicts": {key: (say(words), sign) for key, (words, sign) in view.GLOBAL.items()},
        "label": lambda verdict: say(Verdict(verdict).label), "symbol": _symbol, "severity": lambda value: say(Severity(value).label),
        "nature": told(view.NATURES), "modes": told(view.MODES), "unseen": told(view.UNSEEN),
        "method": lambda value: say(Method(value).label), "verdict_parts": view.verdict_parts,
        "coverage_parts": view.coverage_parts,
    }  # fmt: skip
    return environment


def _inert(value: Any) -> Any:
    """Every string the templates print passes here, then through the escaping; markup is already safe."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return text.visible(value)
    return "" if value is None else value


def _css_string(value: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text.css_string(value))  # noqa: S704  (nothing but letters, digits and escapes)


def _facts(facts: Mapping[str, str]) -> str:
    return " · ".join(f"{name}{text.NARROW}= {value}" for name, value in facts.items())


def _symbol(verdict: str) -> str:
    # The variation selector keeps phones from drawing a coloured picture in place of the sign.
    return f"{Verdict(verdict).symbol}\ufe0e"

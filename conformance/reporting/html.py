"""The conformity report as one French web page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from conformance.model.finding import Severity
from conformance.model.requirement import Method
from conformance.model.verdict import Verdict
from conformance.reporting import text, view
from conformance.reporting.excerpts import Excerpts

_TEMPLATES = Path(__file__).resolve().parent / "templates"
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser lets the page do, printed in the page itself: show text and its own style."""


def write_html(run: Mapping[str, Any], folder: Path, target: Path | None = None) -> Path:
    """Write ``rapport.html`` in the run's folder, or ``target``; give back its path."""
    path = target or folder / "rapport.html"
    path.write_text(render_html(run, folder), encoding="utf-8", newline="\n")
    return path


def render_html(run: Mapping[str, Any], folder: Path) -> str:
    """The page's source. ``folder`` is the run's, whose blobs give the excerpts that findings point to."""
    template = _environment().get_template("rapport.html.j2")
    return template.render(run=run, view=view.build(run), excerpts=Excerpts(run, folder), csp=CSP)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.filters |= {
        "prose": text.prose, "sentence": text.sentence, "clip": text.clip, "n": text.number, "moment": text.moment, "clock": text.clock,
        "duration": text.duration, "size": text.size, "css_string": _css_string, "facts": _facts,
    }  # fmt: skip
    environment.globals |= {
        "percent": text.percent, "count": text.count, "verdicts": view.DISPLAY, "definitions": view.DEFINITIONS,
        "global_verdicts": view.GLOBAL, "label": _label, "symbol": _symbol, "severity": _severity,
        "nature": _NATURES, "modes": _MODES, "unseen": _UNSEEN, "method": _method, "verdict_parts": view.verdict_parts,
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


def _label(verdict: str) -> str:
    return Verdict(verdict).label


def _symbol(verdict: str) -> str:
    # The variation selector keeps phones from drawing a coloured picture in place of the sign.
    return f"{Verdict(verdict).symbol}\ufe0e"


def _method(value: str) -> str:
    return Method(value).label


def _severity(value: str) -> str:
    return Severity(value).label


_NATURES = {"EXIGENCE": "Exigence", "PRECONISATION": "Préconisation"}
_UNSEEN = {
    "NON_VERIFIE": "rien n’a été examiné",
    "NON_APPLICABLE": "hors périmètre",
    "ERREUR_BANC": "essai interrompu par le banc",
}
"""What is said in place of the mode when nothing was verified: never « vérifié »."""
_MODES = {
    "automatique": "vérifié par la machine",
    "preuve": "sur preuve",
    "attestation": "sur attestation",
    "aucun": "rien n’a été examiné",
}

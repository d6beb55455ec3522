"""Every French sentence of the reports' frame, read from the sources: what an English edition must translate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import jinja2
from jinja2 import nodes

import conformance.assemble as assembling
from conformance import reporting
from conformance.model.finding import Severity
from conformance.model.profile import STATUSES
from conformance.model.requirement import Method
from conformance.model.verdict import Verdict
from conformance.reporting import causes, chapters, compare, view

PACKAGE = Path(reporting.__file__).parent
SPEAKING = ("causes.py", "chapters.py", "sheets.py", "pdf.py")


def asked() -> set[str]:
    """The sentences that the templates and the chapters hand to the edition's language."""
    return {
        message.replace("\u00a0", " ").replace("\u202f", " ") for message in (*_templates(), *_modules(), *_tables())
    }


def _templates() -> Iterator[str]:
    environment = jinja2.Environment(autoescape=True)
    for path in sorted((PACKAGE / "templates").glob("*.j2")):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("_", "count"):
                words = [one.value for one in call.args if isinstance(one, nodes.Const) and isinstance(one.value, str)]
                yield from _plurals(words) if call.node.name == "count" else words


def _modules() -> Iterator[str]:
    for name in SPEAKING:
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            named = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if named in ("say", "count"):
                words = [word for argument in call.args for word in _said(argument)]
                yield from _plurals(words) if named == "count" else words


def _said(node: ast.expr) -> list[str]:
    """A sentence written in place, or either of two."""
    if isinstance(node, ast.IfExp):
        return [*_said(node.body), *_said(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _plurals(words: list[str]) -> list[str]:
    return [*words, f"{words[0]}s"] if len(words) == 1 else words


def _tables() -> Iterator[str]:
    for kind in (Verdict, Method, Severity):
        yield from (one.label for one in kind)
    for table in (view.DEFINITIONS, view.MODES, view.NATURES, view.UNSEEN, compare.CAUSES, chapters.WAIVER_STATES, chapters.WAVE_GROUPS,
                  chapters.MACHINE, causes.PARTS, STATUSES, assembling.SENTENCES):  # fmt: skip
        yield from table.values()
    yield from (words for words, _ in view.GLOBAL.values())
    yield from (label for _, label, _ in view.COVERAGE)
    yield from compare.REASONS
    yield from (assembling.RULE, assembling.PARTIAL)
    yield from ("fournie", "manquante", "refusée", "acceptée", "complément demandé", "automatique", "preuve", "attestation", "aucun",
                "auto-évaluation", "intégration continue", "contrôle de l’Agence", "Sommaire", "Fin du rapport", "Extrait",
                "Le résultat complet, dont ce rapport est tiré", "À regarder", "Accepté, par exemple", "Refusé",
                "Auto-évaluation établie par l’éditeur ou pour son compte.",
                "Résultat d’une chaîne d’intégration continue, sans relecture humaine.",
                "Contrôle mené avec l’outil décrit au chapitre 3.")  # fmt: skip

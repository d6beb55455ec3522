"""The reports. Every one reads run.json and nothing else, but for the blobs of the run's folder.

``FORMATS`` is the table: a format is a function that takes the run, its folder, a listener for French one-line messages
and the language of the edition (``fr`` or ``en``), and gives back the files it wrote. The modules behind it are imported when they are asked for.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

Tell = Callable[[str], None]
Format = Callable[[Mapping[str, Any], Path, Tell, str], list[Path]]

SCHEMA = "segur-conformance/run/1"


class ReportError(Exception):
    """A report cannot be made; the message says why, in French."""


def _silent(_message: str) -> None:
    """Nobody listens."""


def _html(run: Mapping[str, Any], folder: Path, _tell: Tell, language: str) -> list[Path]:
    from conformance.reporting.html import write_html

    return [write_html(run, folder, language=language)]


def _pdf(run: Mapping[str, Any], folder: Path, _tell: Tell, language: str) -> list[Path]:
    from conformance.reporting.pdf import write_pdf

    return [write_pdf(run, folder, language=language)]


def _junit(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.junit import write_junit

    return [write_junit(run, folder / "junit.xml")]


def _allure(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.allure import write_allure

    return [write_allure(run, folder, folder / "allure-results")]


def _allure_html(run: Mapping[str, Any], folder: Path, tell: Tell, language: str) -> list[Path]:
    from conformance.reporting.allure_html import generate

    results = _allure(run, folder, tell, language)[0]
    outcome = generate(results, folder / "allure-report", f"{run['software']['name']} {run['software']['version']}")
    tell(outcome.message)
    return outcome.pages


def _sarif(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.sarif import write_sarif

    return [write_sarif(run, folder / "rapport.sarif")]


def _xlsx(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.convergence import write_convergence

    return [write_convergence(run, folder / "export.xlsx")]


def _csv(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.matrix import write_matrix

    return [write_matrix(run, folder / "matrice.csv")]


def _badge(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.badge import write_badge

    return [write_badge(run, folder / "badge.svg")]


def _markdown(run: Mapping[str, Any], folder: Path, _tell: Tell, _language: str) -> list[Path]:
    from conformance.reporting.markdown import write_markdown

    return [write_markdown(run, folder / "resume.md")]


FORMATS: Mapping[str, Format] = {
    "html": _html,
    "pdf": _pdf,
    "junit": _junit,
    "sarif": _sarif,
    "xlsx": _xlsx,
    "csv": _csv,
    "markdown": _markdown,
    "badge": _badge,
    "allure": _allure,
    "allure-html": _allure_html,
}
"""Every format by its name on the command line."""

DEFAULT = tuple(name for name in FORMATS if name != "allure-html")
"""The formats that need nothing but this package."""


def write_all(run: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the default formats in the run's folder; give back what was written."""
    return [path for name in DEFAULT for path in FORMATS[name](run, folder, _silent, "fr")]


def report(run_json: Path, formats: Iterable[str] = DEFAULT, tell: Tell = _silent, language: str = "fr") -> list[Path]:
    """Write the named formats beside ``run_json``; give back what was written.

    ``tell`` receives French one-line messages, such as why an optional report was not made; ``language`` is that of the
    HTML and PDF, whose English edition stands beside the French one. Raises ReportError for an
    unknown format, or a file that is not a run.
    """
    names = list(dict.fromkeys(formats))
    for name in names:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f", vouliez-vous dire « {near[0]} » ?" if near else ""
            raise ReportError(f"format inconnu « {name} » (permis : {', '.join(FORMATS)}){hint}")
    run = load(run_json)
    return [path for name in names for path in FORMATS[name](run, run_json.parent, tell, language)]


def load(run_json: Path) -> dict[str, Any]:
    """Read a run.json and check it against the published schema. Raises ReportError with the place of the fault."""
    try:
        data = json.loads(run_json.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{run_json} : illisible ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise ReportError(f"{run_json} : ce n’est pas du JSON en UTF-8") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ReportError(f"{run_json} : ce n’est pas un résultat d’exécution ({SCHEMA})")
    for fault in faults(data):
        raise ReportError(f"{run_json} : ne suit pas run.schema.json, {fault}")
    return data


def faults(run: Mapping[str, Any]) -> list[str]:
    """What in a run breaks ``model/run.schema.json``, one French line each; empty when it is sound."""
    import jsonschema_rs

    schema = Path(__file__).resolve().parent.parent / "model" / "run.schema.json"
    validator = jsonschema_rs.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    return [f"{_place(error.instance_path)} : {error.message[:300]}" for error in validator.iter_errors(run)]


def _place(path: Iterable[str | int]) -> str:
    """Where in the run, as ``$.requirements[3].verdict``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)

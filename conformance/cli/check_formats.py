"""What ``check`` prints for other programs and for browsers: JSON, JUnit XML, one HTML page that needs nothing else."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.model.finding import Finding, Severity
from conformance.reporting.text import prose, visible

if TYPE_CHECKING:
    from conformance.examine import Judgement

_TAB_AND_MORE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STATES = {"✗": "avec erreur", "!": "moteur en échec", "✓": "sans erreur", "○": "pas entièrement jugé"}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#161616;background:#fff}"
    "details{border:1px solid #ccc;border-radius:4px;margin:.5rem 0;padding:.5rem 1rem}summary{cursor:pointer}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;border-left:4px solid #777;padding-left:.75rem;margin:.75rem 0}"
    "pre.ERROR{border-color:#b00020}pre.WARNING{border-color:#b35900}"
)
_CSP = "default-src 'none'; style-src 'unsafe-inline'"


def as_json(judged: Sequence[Judgement]) -> str:
    """A list, one object a file."""
    told = [
        {
            "name": judgement.name,
            "kind": judgement.kind,
            "label": judgement.label,
            "sha256": judgement.sha256,
            "size": judgement.size,
            "judged": judgement.judged,
            "settled": judgement.settled,
            "findings": [finding.to_json() for finding in judgement.findings],
        }
        for judgement in judged
    ]
    return json.dumps(told, ensure_ascii=False, indent=1)


def as_junit(judged: Sequence[Judgement]) -> str:
    """One case a file: errors are a failure, an engine that failed is an error, what was not all judged is skipped."""
    suite = ET.Element("testsuite", {"name": "segur-conformance check"})
    counts = {"tests": len(judged), "failures": 0, "errors": 0, "skipped": 0}
    for judgement in judged:
        case = ET.SubElement(suite, "testcase", {"classname": judgement.kind, "name": _clean(judgement.name)})
        told = "\n\n".join(_clean(str(finding)) for finding in _gravest_first(judgement))
        kind = {"✗": "failure", "!": "error", "○": "skipped"}.get(judgement.symbol)
        if kind is None:
            ET.SubElement(case, "system-out").text = told
            continue
        ET.SubElement(case, kind, {"message": _clean(_headline(judgement))}).text = told
        counts[f"{kind}s" if kind != "skipped" else kind] += 1
    for name, count in counts.items():
        suite.set(name, str(count))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _gravest_first(judgement: Judgement) -> list[Finding]:
    """The findings, those that condemn before the others, each in its order."""
    return sorted(judgement.findings, key=lambda finding: list(Severity).index(finding.severity))


def _headline(judgement: Judgement) -> str:
    """What a dashboard shows of a file: how many errors, and the first."""
    if not judgement.errors:
        return _STATES[judgement.symbol]
    count, first = len(judgement.errors), judgement.errors[0]
    return f"{count} {'erreurs' if count > 1 else 'erreur'} : {first.message} [{first.rule}]"


def as_html(judged: Sequence[Judgement]) -> str:
    """A page without script, font nor request."""
    body = "\n".join(_file(judgement) for judgement in judged)
    return (
        '<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8"><title>Fichiers jugés</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><h1>Fichiers jugés</h1>\n"
        "<p>Auto-évaluation : ni décision de référencement, ni certification.</p>\n"
        f"<p>{_totals(judged)}</p>\n"
        f"{body}\n</body></html>"
    )


def _totals(judged: Sequence[Judgement]) -> str:
    symbols = [judgement.symbol for judgement in judged]
    told = [f"{symbols.count(symbol)} {state}" for symbol, state in _STATES.items() if symbol in symbols]
    return f"{len(judged)} {'fichiers' if len(judged) > 1 else 'fichier'} : {', '.join(told) or 'aucun'}."


def _file(judgement: Judgement) -> str:
    opened = " open" if judgement.errors or judgement.failed else ""
    head = f"{judgement.symbol} {judgement.name} – {judgement.label}, {_STATES[judgement.symbol]}"
    told = "".join(map(_finding, _gravest_first(judgement)))
    return f"<details{opened}><summary>{_escaped(head)}</summary>{told}</details>"


def _finding(finding: Finding) -> str:
    excerpt = "" if finding.excerpt is None else f"\n<code>{_escaped(finding.excerpt)}</code>"
    return f'<pre class="{finding.severity.value}">{_escaped(prose(str(finding)))}{excerpt}</pre>'


def _escaped(text: str) -> str:
    return html.escape(_clean(text))


def _clean(text: str) -> str:
    return _TAB_AND_MORE.sub("�", visible(text))

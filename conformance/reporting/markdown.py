"""A summary in Markdown, for the comment of a merge request or the summary of a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.model.verdict import Verdict
from conformance.reporting.compare import CAUSES
from conformance.reporting.text import clip, count, percent, prose, visible
from conformance.reporting.view import DISPLAY, GLOBAL, Item, View, build

Data = Mapping[str, Any]

_SHOWN = 20
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~<>&])")


def write_markdown(run: Data, target: Path) -> Path:
    """Write the summary at ``target`` and give it back."""
    target.write_text(markdown(run), encoding="utf-8", newline="\n")
    return target


def markdown(run: Data) -> str:
    """The summary. What a vendor wrote is escaped: no link, no mention, no HTML comes out of it."""
    view = build(run)
    return "\n".join((*_head(run, view), *_sections(view), *_faults(run, view), *_changes(run), *_foot(run))) + "\n"


def _head(run: Data, view: View) -> Iterator[str]:
    words, sign = GLOBAL[run["verdict"]["global"]]
    software, profile = run["software"], run["profile"]
    yield f"## {sign} {words} – {plain(software['name'], 120)} {plain(software['version'], 60)}"
    yield ""
    yield f"{plain(run['verdict']['sentence'], 400)} Profil {plain(profile['id'], 80)} ({plain(profile['status_label'], 80)})."
    yield ""
    share = percent(view.coverage[0].count, view.applicable)
    yield f"**{share}** des {count(view.applicable, 'scénario applicable', 'scénarios applicables')} vérifiés par la machine."
    yield ""


def _sections(view: View) -> Iterator[str]:
    yield "| Section | " + " | ".join(f"{verdict.symbol} {verdict.label}" for verdict in DISPLAY) + " |"
    yield "|---|" + "--:|" * len(DISPLAY)
    for section in view.sections:
        numbers = " | ".join(str(section.verdicts[verdict]) for verdict in DISPLAY)
        yield f"| {plain(section.id, 40)} | {numbers} |"
    yield ""


def _faults(run: Data, view: View) -> Iterator[str]:
    waived = {one["scenario"] for one in run.get("waivers", ()) if one["state"] == "active"}
    for title, items in (("Non-conformités", view.sheets), ("Erreurs du banc", view.bench_errors)):
        if items:
            yield f"### {title} ({len(items)})"
            yield ""
            yield from (_fault(item, waived) for item in items[:_SHOWN])
            if len(items) > _SHOWN:
                yield f"- … et {count(len(items) - _SHOWN, 'autre', 'autres')}, dans le rapport"
            yield ""


def _fault(item: Item, waived: set[str]) -> str:
    scenario = item.scenario
    note = " – *dérogation en vigueur*" if scenario["id"] in waived else ""
    return f"- {Verdict(scenario['verdict']).symbol} **{plain(scenario['id'], 80)}** {plain(scenario['reason'] or scenario['title'], 300)}{note}"


def _changes(run: Data) -> Iterator[str]:
    changes = (run.get("comparison") or {}).get("changes", ())
    if changes:
        yield f"### Depuis l’exécution précédente ({len(changes)})"
        yield ""
        for change in changes[:_SHOWN]:
            sides = " → ".join(
                "absent" if one is None else Verdict(one).label for one in (change["before"], change["after"])
            )
            yield f"- **{plain(change['scenario'], 80)}** {sides} ({CAUSES[change['cause']]} : {plain(change['why'], 200)})"
        yield ""


def _foot(run: Data) -> Iterator[str]:
    yield prose(f"Exécution {plain(run['id'], 120)}. Auto-évaluation : ni décision de référencement, ni certification.")


def plain(text: str, limit: int) -> str:
    """Text that Markdown shows as it is, on one line."""
    escaped = _MARKS.sub(r"\\\1", " ".join(clip(prose(visible(text)), limit).split()))
    # Neither a mention nor an address that a forge would make a link of.
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")

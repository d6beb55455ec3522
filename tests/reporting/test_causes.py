"""What a sheet says of its cause, and what the integrity chapter says of what judged."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import html as lxml_html

from conformance.provenance import harness_digest
from conformance.reporting import faults
from conformance.reporting.causes import Causes
from conformance.reporting.html import render_html
from conformance.reporting.manifest import write_manifest
from conformance.reporting.speech import speech
from conformance.reporting.view import build

Run = dict[str, Any]
OTHER = "un-pack", hashlib.sha256(b"pack").hexdigest()


def told(run: Run) -> list[str]:
    view = build(run)
    causes = Causes(run, view, speech("fr"))
    return [causes.of(item) for item in view.sheets]


def test_the_part_the_rule_looks_at_and_the_sheets_that_share_it(make_run: Callable[..., Run]) -> None:
    first, second = told(make_run(12))
    assert (
        first
        == "Production ou lecture des documents CDA. Même règle en écart, donc sans doute un même défaut\u00a0: NC-02, NP-01."
    )
    assert "NC-01" in second
    run = make_run(12)
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            for finding in scenario["findings"]:
                finding["rule"] = f"inconnue.{scenario['id']}"
    assert told(run) == ["", ""]


def test_a_deviation_that_has_just_appeared_is_told_with_its_reason(make_run: Callable[..., Run]) -> None:
    run = make_run(12)
    name = build(run).sheets[0].scenario["id"]
    change = {
        "scenario": name, "title": "x", "before": "CONFORME", "after": "NON_CONFORME", "cause": "software",
        "why": "la version ou le livrable a changé", "findings": [], "direction": "worse",
    }  # fmt: skip
    previous = {"id": "avant", "finished": "2026-11-01T10:00:00Z", "version": "4.2.0"}
    run["comparison"] = {"previous": previous, "changes": [change]}
    first, second = told(run)
    assert "depuis l’exécution précédente\u00a0: la version ou le livrable a changé." in first
    assert "précédente" not in second


def test_the_cause_is_on_the_sheet_and_the_move_in_the_synthesis(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(12)
    run["comparison"] = {"previous": {"id": "avant", "finished": "2026-11-01T10:00:00Z", "version": "4"}, "changes": []}
    tree = lxml_html.document_fromstring(render_html(run, tmp_path).encode())
    sheet = re.sub(r"\s+", " ", tree.xpath("string(//article[@id='NC-01'])"))
    assert "Cause probableProduction ou lecture des documents CDA." in sheet
    assert "aucun verdict n’a changé" in tree.xpath("string(//section[@id='synthese'])")


def test_what_judged_is_named_by_its_digest(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(3, packs=dict([OTHER]))
    run["harness"]["digest"] = harness_digest()
    assert faults(run) == []
    chapter = lxml_html.document_fromstring(render_html(run, tmp_path).encode()).xpath(
        "string(//section[@id='integrite'])"
    )
    for digest in (run["profile"]["digest"], run["harness"]["digest"], *OTHER):
        assert digest in chapter
    manifest = json.loads(write_manifest(run, tmp_path).read_text(encoding="utf-8"))
    assert manifest["harness"]["digest"] == run["harness"]["digest"]
    assert manifest["packs"] == dict([OTHER])


def test_a_run_without_a_pack_says_so(make_run: Callable[..., Run], tmp_path: Path) -> None:
    chapter = lxml_html.document_fromstring(render_html(make_run(3), tmp_path).encode()).xpath(
        "string(//section[@id='integrite'])"
    )
    assert "jugé que par les règles de l’outil" in chapter
    assert "empreinte non relevée" in chapter


def test_the_harness_is_known_by_its_own_files() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", harness_digest())
    assert harness_digest() == harness_digest()

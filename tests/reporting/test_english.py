"""The English edition: every sentence of the frame translated, the rest as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
from messages import PACKAGE, asked

from conformance.reporting.html import render_html
from conformance.reporting.speech import speech

CATALOGUE = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "report"


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE.with_suffix(".po")))}
    wanted = asked()
    assert len(wanted) > 250
    assert wanted - known == set()
    assert known - wanted == set()


def test_the_catalogue_is_compiled() -> None:
    source = polib.pofile(str(CATALOGUE.with_suffix(".po")))
    assert source.percent_translated() == 100
    assert source.to_binary() == CATALOGUE.with_suffix(".mo").read_bytes()


def test_the_page_is_english_but_for_what_the_run_holds(make_run: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(12)
    source = render_html(run, tmp_path, "en")
    assert '<html lang="en">' in source
    for words in ("Conformity report", "Not conforming", "Decision rule", "Share really verified", "22\u00a0November 2026 at 14:17 (UTC)", "Unsigned report"):  # fmt: skip
        assert words in source
    for words in ("Rapport de conformité", "Non conforme", "Sommaire", "Règle de décision", "vérifié par la machine"):
        assert words not in source
    assert run["requirements"][0]["title"] in source


def test_numbers_and_dates() -> None:
    say = speech("en")
    assert say.percent(3, 8) == "37.5%"
    assert say.number(12345.6, 1) == "12,345.6"
    assert say.count(0, "échange") == "0\u00a0exchanges"
    assert say.count(1, "échange") == "1\u00a0exchange"
    assert say.size(1_500_000) == "1.5\u00a0MB"
    assert re.fullmatch(r"12\.4\u00a0s", say.duration(12.4))

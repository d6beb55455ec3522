"""The web report: complete, inert, self-contained, small."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from conformance.reporting.html import CSP, render_html, write_html

Run = dict[str, Any]
HOSTILE = (
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    '" onmouseover="alert(3)',
    "{{ 7 * 7 }}{% raise %}",
    "\u202egnp.exe\u2066\u200f droite à gauche",
    "nul\x00cloche\x07 orphelin\ud800",
    "mot" * 3500,
    "]]>--><!--",
)


def parse(source: str) -> Any:
    return lxml_html.document_fromstring(source.encode())


def text_of(source: str) -> str:
    return re.sub(r"\s+", " ", str(parse(source).text_content()))


def test_everything_is_told(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(18)
    source = render_html(run, tmp_path)
    for requirement in run["requirements"]:
        assert requirement["id"] in source
        for scenario in requirement["scenarios"]:
            assert scenario["id"] in source
            for piece in scenario["pieces"]:
                assert piece["sha256"] in source
            for exchange in scenario["exchanges"]:
                assert exchange["number"] in source
                assert exchange["request"]["blob"] in source
    for digest in (run["journal"][0]["head"], run["profile"]["digest"], run["documents"][1]["sha256"]):
        assert digest in source


def test_each_requirement_carries_its_own_verdict(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(12)
    tree = parse(render_html(run, tmp_path))
    shown = {
        article.xpath("string(header/h4/span[@class='id'])").strip(): article.xpath("string(header/span)").split(
            " ", 1
        )[1]
        for article in tree.xpath("//article[@class='req']")
    }
    labels = {
        "CONFORME": "Conforme", "NON_CONFORME": "Non conforme", "A_EXAMINER": "À examiner", "NON_VERIFIE": "Non vérifié",
        "NON_APPLICABLE": "Non applicable", "ERREUR_BANC": "Erreur du banc",
    }  # fmt: skip
    assert shown == {requirement["id"]: labels[requirement["verdict"]] for requirement in run["requirements"]}


def test_the_cover_says_what_it_is_and_what_was_verified(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(12)
    cover = re.sub(r"\s+", " ", parse(render_html(run, tmp_path)).xpath("string(//header[@class='cover'])"))
    for words in ("auto-évaluation", "projet public de 2023", "Non conforme", "Règle de décision", run["id"], "Le schématron officiel n’est pas installé", "Vérifiés par la machine",
                  "Non vérifiés", "ni une décision de référencement, ni une certification", "22 novembre 2026 à 14 h 17 (UTC)"):  # fmt: skip
        assert words in cover
    coverage = run["coverage"]
    applicable = coverage["total"] - coverage["not_applicable"]
    assert f"{100 * coverage['automatic'] / applicable:.1f}".replace(".", ",") in cover


def test_nothing_is_loaded_from_elsewhere(make_run: Callable[..., Run], tmp_path: Path) -> None:
    source = render_html(make_run(), tmp_path)
    tree = parse(source)
    assert tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [CSP]
    assert not tree.xpath("//script | //link | //iframe | //object | //embed | //form | //base | //img")
    assert not [url for url in tree.xpath("//@href | //@src | //@srcset | //@action") if not url.startswith("#")]
    style = "".join(tree.xpath("//style/text()"))
    assert "@import" not in style
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", style))


def test_every_link_leads_somewhere_and_identifiers_are_unique(make_run: Callable[..., Run], tmp_path: Path) -> None:
    tree = parse(render_html(make_run(30), tmp_path))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in tree.xpath("//@href")} <= set(ids)


def _poison(value: Any, poison: str, untouched: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: item if key in untouched else _poison(item, poison, untouched) for key, item in value.items()}
    if isinstance(value, list):
        return [_poison(item, poison, untouched) for item in value]
    return f"{value[:12]}{poison}" if isinstance(value, str) else value


CLOSED = frozenset(
    ["verdict", "mode", "severity", "nature", "method", "state", "global", "automatable", "status", "sha256", "blob", "digest", "head"]
)  # fmt: skip


@pytest.mark.parametrize("poison", HOSTILE)
def test_hostile_text_is_inert(make_run: Callable[..., Run], tmp_path: Path, poison: str) -> None:
    run = make_run()
    bad = _poison(run, poison, CLOSED)
    bad["verdict"] = {**run["verdict"], "sentence": poison, "rule": poison}
    source = render_html(bad, tmp_path)
    tree = parse(source)
    assert not tree.xpath("//script | //img | //iframe")
    assert not [name for element in tree.iter() for name in element.attrib if str(name).lower().startswith("on")]
    assert len(tree.xpath("//style")) == 1
    assert "49" not in tree.xpath("string(//h1)")
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff]", source)
    assert source.encode("utf-8")
    assert len(source) < 3_000_000


def test_ten_kilobytes_of_title_are_cut_and_told(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    run["requirements"][0]["title"] = "x" * 10_240
    source = render_html(run, tmp_path)
    assert "x" * 301 not in source
    assert "(10\u202f240 caractères en tout)" in source


def test_a_finding_is_shown_whole(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    sheet = re.sub(r"\s+", " ", parse(render_html(run, tmp_path)).xpath("string(//article[@class='sheet'])"))
    for words in ("1975-12-08", "1975-12-00", "ligne 5", "/ClinicalDocument/recordTarget", "Pour corriger Refuser le rapatriement",
                  "Source Référentiel INS", "replay runs/2026-11-22"):  # fmt: skip
        assert words in sheet
    assert "5 ▸" in sheet, "the excerpt is read from the blob"


def test_an_altered_blob_gives_no_excerpt(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"autre\nchose\nque\nce\nqui\nfut")
    assert "▸" not in text_of(render_html(run, tmp_path))


def test_recommendations_stand_apart(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(1)
    tree = parse(render_html(run, tmp_path))
    advised = run["requirements"][-2]["id"]
    assert advised in tree.xpath("string(//section[@id='preconisations'])")
    assert advised not in tree.xpath("string(//section[@id='resultats'])")
    assert "Aucune non-conformité" in tree.xpath("string(//section[@id='ecarts'])")
    assert tree.xpath("//section[@id='preconisations']//article[@id='NP-01']")


def test_french_typography(make_run: Callable[..., Run], tmp_path: Path) -> None:
    body = "".join(
        parse(render_html(make_run(), tmp_path)).xpath("//body//text()[not(parent::pre) and not(parent::code)]")
    )
    assert not re.findall(r"\w [;?!»%]|« ", body)
    assert not re.findall(r"[a-zéè]'[a-zéè]", body)


def test_headings_never_skip_a_level_and_tables_have_headers(make_run: Callable[..., Run], tmp_path: Path) -> None:
    tree = parse(render_html(make_run(18), tmp_path))
    levels = [
        int(element.tag[1])
        for element in tree.xpath("//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6]")
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert tree.xpath("/html/@lang") == ["fr"]
    assert not tree.xpath("//th[not(@scope)]")
    assert not tree.xpath("//svg[@role='img' and not(@aria-label)]")


def test_an_empty_profile_has_a_report(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(0)
    run["requirements"], run["documents"], run["journal"], run["bench"] = [], [], [], []
    assert "aucune exigence obligatoire" in text_of(render_html(run, tmp_path))


def test_small_and_linear(make_run: Callable[..., Run], tmp_path: Path) -> None:
    write_html(make_run(2), tmp_path)  # the templates are compiled
    spent = {}
    for n in (150, 600):
        run = make_run(n, 3)
        began = time.process_time()
        path = write_html(run, tmp_path)
        spent[n] = time.process_time() - began
        if n == 150:
            assert path.stat().st_size < 1_500_000
    assert spent[600] < 12 * spent[150], f"four times the scenarios took {spent[600] / spent[150]:.1f} times as long"


def test_three_hundred_findings_are_folded(make_run: Callable[..., Run], tmp_path: Path) -> None:
    source = render_html(make_run(2, 300), tmp_path)
    assert "Les 295\u00a0autres constats bloquants" in source
    assert len(source) < 600_000


def test_the_same_run_gives_the_same_page(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    assert render_html(run, tmp_path) == render_html(json.loads(json.dumps(run)), tmp_path)


def test_the_rows_of_the_tables_add_up_to_their_foot(make_run: Callable[..., Run], tmp_path: Path) -> None:
    tree = parse(render_html(make_run(40), tmp_path))
    tables = tree.xpath("//table[@class='matrix' or contains(@class, 't-shares')]")
    assert len(tables) == 2
    for table in tables:
        body = [
            [cell.text_content() for cell in row.xpath("td[not(@class='c-bar')]")] for row in table.xpath("tbody/tr")
        ]
        foot = [cell.text_content() for cell in table.xpath("tfoot/tr/td[not(@class='c-bar')]")]
        for at, total in enumerate(foot):
            if "%" not in total:
                assert sum(int(row[at]) for row in body) == int(total)


def test_what_was_not_verified_is_never_said_verified(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(12)
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            scenario["mode"] = "automatique"
    tree = parse(render_html(run, tmp_path))
    for verdict in ("NON_VERIFIE", "NON_APPLICABLE", "ERREUR_BANC"):
        blocks = tree.xpath(f"//div[contains(@class, 's-{verdict}')]")
        assert blocks
        assert not [block for block in blocks if "vérifié par la machine" in block.text_content()]

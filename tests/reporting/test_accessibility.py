"""The pages in a real browser: axe-core finds no serious fault, nothing overflows, on a desk, a phone, at night, on paper."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_html import CLOSED, HOSTILE, _poison

from conformance.drivers.chromium import find_chromium, unavailable
from conformance.reporting.compare import compare
from conformance.reporting.html import render_diff, write_html

pytestmark = pytest.mark.slow

Run = dict[str, Any]
AXE = "axe-core@4.14.1"
SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "night": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "paper": {"viewport": {"width": 794, "height": 1123}},
}
LOOK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => found.id + " " + found.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | "))"""
WIDER = """() => [...document.querySelectorAll("body *")].filter(one => {
    const scrolled = one.closest(".scroll, pre"), box = one.getBoundingClientRect();
    return !scrolled && box.width > 0 && box.right > document.documentElement.clientWidth + 1 && getComputedStyle(one).position !== "absolute";
}).slice(0, 3).map(one => one.tagName + "." + one.className)"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """axe-core’s script, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine, which brings axe-core")
    folder = tmp_path_factory.mktemp("axe")
    words = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", AXE]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.is_file():
        pytest.skip("the npm registry does not give axe-core")
    return script


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if (why := unavailable()) is not None:
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Any, page: Path, screen: str) -> Any:
    # Our own pages forbid every script: only the browser that looks at them is let in.
    shown = browser.new_context(**SCREENS[screen], bypass_csp=True).new_page()
    shown.goto(page.resolve().as_uri())
    if screen == "paper":
        shown.emulate_media(media="print")
    return shown


def faults(browser: Any, axe: Path, page: Path) -> list[str]:
    found = []
    for screen in SCREENS:
        shown = opened(browser, page, screen)
        shown.add_script_tag(path=axe)
        found += [f"{screen}: {fault}" for fault in shown.evaluate(LOOK)]
        shown.context.close()
    return found


def test_a_page_with_faults_is_caught(browser: Any, axe: Path, tmp_path: Path) -> None:
    page = tmp_path / "mauvaise.html"
    page.write_text(
        '<html><body style="color:#999;background:#aaa">gris<img src="data:,"></body></html>', encoding="utf-8"
    )
    told = " ".join(faults(browser, axe, page))
    assert "color-contrast" in told
    assert "image-alt" in told


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_report_has_no_serious_fault(
    browser: Any, axe: Path, make_run: Callable[..., Run], tmp_path: Path, language: str
) -> None:
    run = make_run(
        18,
        7,
        waivers=[
            {"scenario": "DMP/va1.01.01", "owner": "Moi", "reason": "Connu", "expires": "2027-01-01", "state": "active"}
        ],
    )
    assert faults(browser, axe, write_html(run, tmp_path, language=language)) == []


def test_the_comparison_has_no_serious_fault(
    browser: Any, axe: Path, make_run: Callable[..., Run], tmp_path: Path
) -> None:
    run = make_run(12)
    page = tmp_path / "comparaison.html"
    after = {**run, "requirements": run["requirements"][1:]}
    page.write_text(render_diff(run, after, compare(run, after)), encoding="utf-8")
    assert faults(browser, axe, page) == []


def test_the_page_of_check_has_no_serious_fault(
    browser: Any, axe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from conformance.cli import main

    letter, body = tmp_path / "lettre.xml", tmp_path / "corps.pdf"
    letter.write_text('<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>', encoding="utf-8")
    body.write_bytes(b"%PDF-1.4\n")
    main(["check", str(letter), str(body), "--format", "html"])
    page = tmp_path / "controle.html"
    page.write_text(capsys.readouterr().out, encoding="utf-8")
    assert "lettre.xml" in page.read_text(encoding="utf-8")
    assert faults(browser, axe, page) == []


def _named(run: Run) -> Run:
    run["software"]["name"] = "Logiciel-de-gestion-de-cabinet-à-nom-long-sans-aucune-espace"
    run["vendor"]["name"] = "É" * 60
    return run


SAMPLES: dict[str, Callable[[Callable[..., Run]], Run]] = {
    "names of 60 characters": lambda make: _named(make(12)),
    "300 findings": lambda make: make(2, 300),
    "no finding": lambda make: make(1, 0),
    **{
        f"hostile {place}": (lambda make, poison=poison: _poison(make(6), poison, CLOSED))
        for place, poison in enumerate(HOSTILE)
    },
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_nothing_overflows(browser: Any, make_run: Callable[..., Run], tmp_path: Path, sample: str) -> None:
    page = write_html(SAMPLES[sample](make_run), tmp_path)
    for screen in SCREENS:
        shown = opened(browser, page, screen)
        assert (
            shown.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
        ), screen
        assert shown.evaluate(WIDER) == [], screen
        shown.context.close()

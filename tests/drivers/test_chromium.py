"""The browser leg of a login in a real Chromium: the simulator's login page clicked through, hostile pages bounded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from conformance.drivers import chromium
from conformance.drivers.browser import Browser, Page
from conformance.drivers.logins import EXTERNAL, Logins
from conformance.drivers.services import InsiService, PscService
from conformance.drivers.software import Software
from conformance.drivers.stage import LiveStage
from conformance.drivers.user_agent import Choice
from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.vendor import load_vendor
from conformance.outcomes import BenchFault, NotRun
from conformance.simulators.http import HttpServer, Request, Response
from tests.conftest import ROOT

ELSEWHERE = "https://autre-site.test/"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStage]:
    """The reference LPS and its bench, the browser leg being Chromium's."""
    if reason := chromium.unavailable():
        pytest.skip(reason)
    vendor = load_vendor(ROOT / "vendor_configs" / "reference.yaml")
    vendor = replace(vendor, driver=replace(vendor.driver, browser="chromium"))
    folder = tmp_path_factory.mktemp("chromium")
    with closing(Journal(folder)) as journal, closing(LiveStage(vendor, journal, folder / "travail")) as live:
        yield live


@pytest.fixture
def browser(stage: LiveStage) -> Iterator[Browser]:
    with closing(Browser(stage)) as one:
        yield one


@pytest.fixture
def logins(stage: LiveStage, browser: Browser) -> Logins:
    software = Software(stage, InsiService(stage), ())
    return Logins(stage, software, PscService(stage), browser)


@pytest.fixture
def site() -> Iterator[Callable[[dict[str, str]], str]]:
    """A site of a few pages: a body each, or « → address » for a redirection; gives its address."""
    servers: list[HttpServer] = []

    def opened(pages: dict[str, str]) -> str:
        def answer(request: Request) -> Response:
            body = pages.get(request.path, "")
            if body.startswith("→ "):
                return Response(302, (("Location", body[2:]),))
            return Response(200, (("Content-Type", "text/html; charset=utf-8"),), body.encode())

        servers.append(HttpServer(answer, None))
        servers[-1].start()
        return f"http://127.0.0.1:{servers[-1].port}"

    yield opened
    for server in servers:
        server.stop()


def home(browser: Browser, session_page: Page) -> Page:
    """The page that only a connected user sees."""
    return browser.open(urljoin(session_page.url, "/accueil"))


def facts(stage: LiveStage, operation: str) -> list[dict[str, str]]:
    found = stage.exchanges(Channel.PSC)
    return [dict(one.facts) for one in found if one.operation == operation and one.facts.get("verdict") == "accepté"]


@pytest.mark.slow
def test_a_professional_logs_in_by_card_and_out(stage: LiveStage, logins: Logins, browser: Browser) -> None:
    before = len(facts(stage, "login"))
    session = logins.begin()
    state = logins.read(session)
    assert (state["etat"], state["utilisateur"]["id_national"]) == (
        "CONNECTE",
        stage.bench.psc.professional.id_national,
    )
    assert [one["moyen"] for one in facts(stage, "login")[before:]] == ["CPS"]
    page = browser.come_back_again()
    assert home(browser, page).status == 200
    # The provider's cookie holds: the second login asks nothing of the professional.
    logins.begin()
    assert len(facts(stage, "login")) == before + 1
    assert facts(stage, "authorize")[-1]["moyen"] == "SSO"
    logins.close(session)
    assert facts(stage, "end_session")[-1]["session"] == "fermée"
    logins.close_all()
    assert home(browser, page).status == 401
    logins.begin()
    assert len(facts(stage, "login")) == before + 2
    logins.close_all()


@pytest.mark.slow
def test_a_colleague_logs_in_by_e_cps_from_the_native_software(
    stage: LiveStage, logins: Logins, browser: Browser
) -> None:
    colleague = list(stage.bench.psc._realm.people.values())[1]
    started = logins._software.do("connecter_psc", mode=EXTERNAL, fournisseur="PSC")
    page = browser.log_in(started["url"], Choice("E-CPS", colleague.id_national))
    assert page.status == 200
    assert colleague.nom in page.body.decode()
    assert logins.read(started["session"])["utilisateur"]["id_national"] == colleague.id_national
    assert facts(stage, "login")[-1]["moyen"] == "E-CPS"
    logins._software.do("deconnecter", id=started["session"])


@pytest.mark.slow
def test_the_button_of_a_page_with_scripts_is_clicked(
    stage: LiveStage, browser: Browser, site: Callable[..., str]
) -> None:
    """The address is that of the software's own login page, drawn by a script; the official button is an image."""
    software = Software(stage, InsiService(stage), ())
    started = software.do("connecter_psc")
    draw = 'document.body.innerHTML = \'<a href="/suite"><img alt="S’identifier avec Pro Santé Connect"></a>\''
    address = site({"/": f"<body><script>setTimeout(() => {{ {draw} }}, 50)</script>", "/suite": f"→ {started['url']}"})
    browser.log_in(f"{address}/")
    assert software.do("lire_connexion", id=started["session"])["etat"] == "CONNECTE"
    software.do("deconnecter", id=started["session"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "leaving",
    [
        f"→ {ELSEWHERE}",
        f"<script>location = '{ELSEWHERE}'</script>",
        f'<meta http-equiv="refresh" content="0; {ELSEWHERE}">',
    ],
    ids=["redirection", "script", "refresh"],
)
def test_a_return_that_sends_elsewhere_is_seen(
    stage: LiveStage, browser: Browser, site: Callable[..., str], leaving: str
) -> None:
    pages = {"/entree": "→ /retour?code=secret", "/retour": "bienvenue"}
    browser.log_in(f"{site(pages)}/entree")
    pages["/retour"] = leaving
    assert browser.come_back_again("&returnTo=x").url == ELSEWHERE


@pytest.mark.slow
def test_what_a_page_holds_is_written_without_its_tokens(
    stage: LiveStage, browser: Browser, site: Callable[..., str]
) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
    page = browser.open(site({"/": f"<p id=x>{token}</p>"}) + "/?code=secret")
    assert token.encode() in page.body
    written = stage.exchanges(Channel.PILOTE)[-1]
    assert b"masqu" in written.response.body
    assert "secret" not in repr(written)
    assert token not in repr(written)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ({"/": "→ /"}, "tourne en rond"),
        ({"/": "→ http://127.0.0.1:9/ferme?state=secret"}, r"injoignable.*http://127.0.0.1:9/ferme \(UNSAFE_PORT\)"),
        ({"/": f"→ {ELSEWHERE}"}, r"autre-site.test/ \(NAME_NOT_RESOLVED\)"),
    ],
    ids=["loop", "closed", "unknown"],
)
def test_a_page_that_cannot_be_had_is_not_run(
    browser: Browser, site: Callable[..., str], pages: dict[str, str], words: str
) -> None:
    with pytest.raises(NotRun, match=words) as caught:
        browser.log_in(site(pages) + "/?state=secret")
    assert "secret" not in caught.value.reason


@pytest.mark.slow
def test_a_certificate_of_nobody_is_refused(stage: LiveStage, browser: Browser, tmp_path: Path) -> None:
    from conformance.simulators.pki import Pki

    other = HttpServer(lambda _: Response(200, (), b"bonjour"), Pki(tmp_path / "autre").create().server_context)
    other.start()
    with closing(browser), pytest.raises(NotRun, match="CERT_AUTHORITY_INVALID"):
        browser.open(f"https://localhost:{other.port}/")
    other.stop()


def test_a_browser_that_is_not_there_is_our_fault_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "find_spec", lambda name: None)
    with pytest.raises(BenchFault, match=r"pip install .*\[browser\]"):
        chromium.Chromium()


def test_a_variable_that_names_no_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "find_spec", lambda name: object())
    monkeypatch.setenv(chromium.VARIABLE, "/nulle/part/chrome")
    assert "/nulle/part/chrome" in chromium.unavailable()
    monkeypatch.delenv(chromium.VARIABLE)
    monkeypatch.setenv("PATH", "")
    assert "SEGUR_CHROMIUM" in chromium.unavailable()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("defect", "verdict", "words"),
    [("", "CONFORME", ""), ("psc-without-eidas1", "NON_CONFORME", "eidas1")],
    ids=["conforming", "without-eidas1"],
)
def test_a_whole_scenario_is_judged_through_chromium(
    stage: LiveStage, tmp_path: Path, defect: str, verdict: str, words: str
) -> None:
    text = (
        (ROOT / "vendor_configs" / "reference.yaml")
        .read_text(encoding="utf-8")
        .replace("dossier: ref", "#dossier: ref")
    )
    launch = f", --defect, {defect}]" if defect else "]"
    text = text.replace("  kind: http\n", "  kind: http\n  browser: chromium\n").replace(
        "--stop-with-stdin]", f"--stop-with-stdin{launch}"
    )
    vendor = tmp_path / "reference.yaml"
    vendor.write_text(text, encoding="utf-8")
    run = tmp_path / "execution"
    command = [
        sys.executable,
        str(ROOT / "run_conformance.py"),
        "run",
        "--profile",
        "wave2/doctors",
        "--requirement",
        "PSC.08.01",
    ]
    command += ["--vendor", str(vendor), "--run-dir", str(run), "--view", "lignes"]
    done = subprocess.run(command, capture_output=True, timeout=300, cwd=tmp_path, check=False)
    assert (run / "run.json").is_file(), done.stdout.decode() + done.stderr.decode()
    result = (run / "run.json").read_text(encoding="utf-8")
    (told,) = [one for one in scenarios(json.loads(result)) if one["id"] == "PSC.08.01"]
    assert told["verdict"] == verdict, told
    assert words in json.dumps(told, ensure_ascii=False)


def scenarios(run: Any) -> Iterator[dict[str, Any]]:
    """Every scenario of a result."""
    for requirement in run["requirements"]:
        yield from requirement["scenarios"]

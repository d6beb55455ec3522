"""The browser leg of a login in a real browser: Chromium without a screen, led by Playwright.

For a software whose login page is a real one, with scripts, that following redirects would not open. The extra
``browser`` brings Playwright; Chromium, Chrome or Edge is the machine's own. The bench's certificates are accepted for
their authority's key, and no other untrusted one.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from conformance.checks.sessions import ELSEWHERE
from conformance.drivers.user_agent import MAX_STEPS, ROUND, Choice, Landed, bare, comes_back
from conformance.outcomes import BenchFault, NotRun

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Playwright, Request, Response

VARIABLE = "SEGUR_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
# Where Windows and macOS keep them, out of PATH.
USUAL = (
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_BUTTON = re.compile(r"pro\s*sant[ée]\s*connect", re.IGNORECASE)
_Result = TypeVar("_Result")


def find_chromium() -> str | None:
    """The browser to launch: what the variable names, or the first that the machine has; None without any."""
    given = os.environ.get(VARIABLE)
    if given:
        return shutil.which(given)
    found = (shutil.which(name) for name in (*NAMES, *map(os.path.expandvars, USUAL)))
    return next(filter(None, found), None)


def unavailable() -> str | None:
    """Why there is no browser to lead, and what to do, in French; None when there is one."""
    if find_spec("playwright") is None:
        return 'Playwright n’est pas installé : pip install "segur-conformance[browser]"'
    if find_chromium() is not None:
        return None
    if VARIABLE in os.environ:
        return f"{VARIABLE} ne désigne pas un programme : {os.environ[VARIABLE]}"
    return f"aucun Chromium, Chrome ni Edge : installez-en un, ou indiquez-le dans {VARIABLE}"


class Chromium:
    """A browser that is running. Playwright lives in a thread of its own, for its event loop blocks any other there.

    ``trust`` is the file of the bench's authorities (PEM). Raises BenchFault when there is no browser to lead.
    """

    def __init__(self, trust: Path | None = None, timeout_s: float = 10.0) -> None:
        if reason := unavailable():
            raise BenchFault(f"driver.browser demande un navigateur : {reason}")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chromium")
        self._timeout_ms = timeout_s * 1000
        self._playwright, self._browser = self.call(lambda: _launch(trust))

    def call(self, work: Callable[[], _Result]) -> _Result:
        """Do this in Playwright's thread."""
        return self._thread.submit(work).result()

    def window(self) -> Window:
        """A window of its own: no cookie in common with another."""
        return Window(self, self.call(self._page))

    def close(self) -> None:
        """End the browser."""
        self.call(self._browser.close)
        self.call(self._playwright.stop)
        self._thread.shutdown()

    def _page(self) -> Page:
        page = self._browser.new_context(locale="fr-FR", accept_downloads=False).new_page()
        page.set_default_timeout(self._timeout_ms)
        return page


class Window:
    """An agent, as :class:`conformance.drivers.user_agent.Agent` says."""

    def __init__(self, chromium: Chromium, page: Page) -> None:
        self._chromium, self._page = chromium, page
        self._visits: list[Request] = []
        self._answer: Response | None = None
        chromium.call(self._listen)

    def _listen(self) -> None:
        self._page.on("request", self._asked)
        self._page.on("response", self._answered)

    def go(self, url: str, choice: Choice | None, stay: str | None = None) -> Landed:
        """See :class:`conformance.drivers.user_agent.Agent`."""
        return self._chromium.call(lambda: self._go(url, choice, stay))

    def close(self) -> None:
        """Forget cookies and all."""
        self._chromium.call(self._page.context.close)

    def _go(self, url: str, choice: Choice | None, stay: str | None) -> Landed:
        from playwright.sync_api import Error

        self._visits.clear()
        try:
            self._page.goto(url)
            self._settle()
            if choice is not None:
                self._log_in(choice)
        except Error as failure:
            if away := self._away(stay):
                return away
            last = self._visits[-1].url if self._visits else url
            raise NotRun(_told(failure, last)) from None
        return self._away(stay) or self._landed()

    def _log_in(self, choice: Choice) -> None:
        """From the software's own page, by its button, to the bench's login page, answered as a person would."""
        form = self._page.locator("form").filter(has=self._page.locator("[name=professionnel]"))
        for _ in range(MAX_STEPS):
            if self._back():
                return
            if form.count():
                form.locator(f'[name=moyen][value="{choice.means}"]').check()
                if choice.who:
                    form.locator("[name=professionnel]").select_option(choice.who)
                self._click(form.get_by_role("button", name="Se connecter"))
                return
            button = self._page.get_by_role("button", name=_BUTTON).or_(self._page.get_by_role("link", name=_BUTTON))
            if not button.count():
                return
            self._click(button.first)
        raise NotRun(ROUND)

    def _click(self, button: Locator) -> None:
        with self._page.expect_navigation():
            button.click()
        self._settle()

    def _settle(self) -> None:
        """Let a page that has scripts go where they lead; one that never rests is taken as it is."""
        from playwright.sync_api import TimeoutError as TooLongError

        if len(self._visits) > MAX_STEPS:
            raise NotRun(ROUND)
        if self._page.locator("script, meta[http-equiv=refresh i]").count():
            try:
                self._page.wait_for_load_state("networkidle")
            except TooLongError:
                return

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._visits.append(request)

    def _answered(self, response: Response) -> None:
        if response.request in self._visits:
            self._answer = response

    def _back(self) -> str:
        return next((visit.url for visit in reversed(self._visits) if comes_back(visit.url)), "")

    def _away(self, stay: str | None) -> Landed | None:
        """The first address out of the host to stay on."""
        out = (visit.url for visit in self._visits if stay is not None and urlsplit(visit.url).netloc != stay)
        url = next(out, None)
        return None if url is None else Landed("GET", url, 302, (), b"", self._back())

    def _landed(self) -> Landed:
        answer = self._answer
        if answer is None or not self._visits:
            raise NotRun("le navigateur n’a reçu aucune page pendant la connexion")
        method, headers = self._visits[-1].method, tuple(answer.headers.items())
        return Landed(method, self._page.url, answer.status, headers, self._page.content().encode(), self._back())


def _launch(trust: Path | None) -> tuple[Playwright, Browser]:
    from playwright.sync_api import Error, sync_playwright

    # No name of the page we must never be sent to is looked up.
    words = ["--no-proxy-server", f"--host-resolver-rules=MAP {ELSEWHERE} ~NOTFOUND"]
    if trust is not None:
        words.append(f"--ignore-certificate-errors-spki-list={','.join(_pins(trust.read_bytes()))}")
    # Chromium's own sandbox refuses to run for root, whom containers often are.
    root = getattr(os, "geteuid", lambda: 1)() == 0
    playwright = sync_playwright().start()
    try:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=words, chromium_sandbox=not root)
    except Error as failure:
        playwright.stop()
        first = failure.message.strip().splitlines()[0][:300]
        raise BenchFault(f"le navigateur {find_chromium()} n’a pas pu être lancé : {first}") from None
    return playwright, browser


def _pins(authorities: bytes) -> list[str]:
    """The digests of their public keys, in base64."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    keys = (one.public_key() for one in x509.load_pem_x509_certificates(authorities))
    coded = (key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in keys)
    return [base64.b64encode(hashlib.sha256(one).digest()).decode() for one in coded]


def _told(failure: Exception, url: str) -> str:
    name = re.search(r"net::ERR_(\w+)", str(failure))
    if name and name[1] == "TOO_MANY_REDIRECTS":
        return ROUND
    reason = name[1] if name else type(failure).__name__
    return f"page injoignable pendant la connexion : {bare(url)} ({reason})"

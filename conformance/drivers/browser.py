"""The browser leg of a login, without a browser: follow redirects, keep cookies, fill the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from conformance.drivers.stage import AnyStage, LiveStage
from conformance.model.evidence import Channel, Exchange, Message
from conformance.outcomes import NotRun

MAX_STEPS = 12
OPERATION = "navigateur"


@dataclass(frozen=True, slots=True)
class Page:
    """Where a navigation ended: the last address, its HTTP status and body."""

    url: str
    status: int
    body: bytes


class Browser:
    """A user agent for one scenario. What it exchanges with the software is journalled; what it exchanges with the
    provider is journalled by the provider.
    """

    def __init__(self, stage: AnyStage, timeout_s: float = 10.0) -> None:
        self._stage, self._timeout = stage, timeout_s
        self._return = ""
        self._session = requests.Session()
        self._session.trust_env = False
        if isinstance(stage, LiveStage) and stage.bench is not None:
            self._session.verify = str(stage.bench.pki.trust)

    def log_in(self, url: str) -> Page:
        """Go to an authorization address, accept the login form, come back to the software; give the last page."""
        return self._go(url, submit=True)

    def open(self, url: str) -> Page:
        """Follow an address and its redirects."""
        return self._go(url, submit=False)

    def come_back_again(self, extra: str = "") -> Page:
        """Open once more the address by which the last login came back, with ``extra`` parameters; stay on that host.

        A redirection to another host is not followed: its address is the page's. Raises NotRun when no login came back.
        """
        if isinstance(self._stage, LiveStage) and not self._return:
            raise NotRun("aucune connexion n’est revenue au logiciel : il n’y a rien à rejouer")
        return self._go(f"{self._return}{extra}", submit=False, stay=urlsplit(self._return).netloc)

    def _go(self, url: str, submit: bool, stay: str | None = None) -> Page:
        if not isinstance(self._stage, LiveStage):
            page = self._stage.replayed(OPERATION)
            if page.response is None:
                raise NotRun(page.facts.get("absence", "aucune page"))
            return Page(page.request.start.partition(" ")[2], int(page.response.start.split()[-1]), page.response.body)
        self._stage.asking(OPERATION)
        method, data = "GET", None
        for _ in range(MAX_STEPS):
            answer = self._fetch(method, url, data)
            if answer.is_redirect:
                method, data, url = "GET", None, urljoin(url, answer.headers["Location"])
                if stay is not None and urlsplit(url).netloc != stay:
                    return self._arrived(method, url, answer)
                names = set(parse_qs(urlsplit(url).query))
                self._return = url if names & {"code", "error"} else self._return
                continue
            form = _form(answer, url) if submit and answer.status_code == 200 else None
            if form is None:
                return self._arrived(method, url, answer)
            (url, data), method, submit = form, "POST", False
        raise NotRun(f"la connexion tourne en rond : plus de {MAX_STEPS} redirections")

    def _fetch(self, method: str, url: str, data: dict[str, str] | None) -> requests.Response:
        try:
            return self._session.request(method, url, data=data, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as error:
            raise NotRun(f"page injoignable pendant la connexion : {_bare(url)} ({type(error).__name__})") from None

    def _arrived(self, method: str, url: str, answer: requests.Response) -> Page:
        assert isinstance(self._stage, LiveStage)
        request = Message(f"{method} {_bare(url)}", (), b"")
        response = Message(f"HTTP {answer.status_code}", tuple(answer.headers.items()), answer.content)
        self._stage.record(Exchange(Channel.PILOTE, OPERATION, request, response))
        return Page(_bare(url), answer.status_code, answer.content)


def _form(answer: requests.Response, url: str) -> tuple[str, dict[str, str]] | None:
    from lxml import etree, html

    try:
        page = html.document_fromstring(answer.content)
    except etree.ParserError:  # nothing at all on the page
        return None
    forms: list[Any] = page.forms  # type: ignore[attr-defined]  # not in the stubs
    if not forms:
        return None
    fields = {name: value or "" for name, value in forms[0].form_values()}
    return urljoin(url, forms[0].action or url), fields


def _bare(url: str) -> str:
    """An address without its query: codes and states stay out of the journal."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"

"""The browser leg of a login without a browser: redirects followed, cookies kept, the form sent as the page proposes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from conformance.outcomes import NotRun

MAX_STEPS = 12
ROUND = f"la connexion tourne en rond : plus de {MAX_STEPS} redirections"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen on the bench's login page: the means (CPS or E-CPS), the professional's national id.

    ``who`` empty is whom the page proposes.
    """

    means: str = "CPS"
    who: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a navigation ended, and the address by which a login came back to the software (empty: none did)."""

    method: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    returned: str = ""


class Agent(Protocol):
    """What leads the browser leg, for one scenario."""

    def go(self, url: str, choice: Choice | None, stay: str | None = None) -> Landed:
        """Go there; answer the login page when there is a ``choice``; never leave the host ``stay`` when it is given.

        A redirection to another host than ``stay`` is where the navigation ends. Raises NotRun for a page that cannot
        be had, or a login that goes round in circles.
        """

    def close(self) -> None:
        """Forget cookies and all."""


class Requests:
    """The agent that is no browser. ``trust`` is the file of the authorities whose certificates are accepted."""

    def __init__(self, trust: Path | None = None, timeout_s: float = 10.0) -> None:
        self._timeout = timeout_s
        self._session = requests.Session()
        self._session.trust_env = False
        if trust is not None:
            self._session.verify = str(trust)

    def go(self, url: str, choice: Choice | None, stay: str | None = None) -> Landed:
        """See :class:`Agent`. The first form met is the login page."""
        method, data, returned = "GET", None, ""
        for _ in range(MAX_STEPS):
            answer = self._fetch(method, url, data)
            if answer.is_redirect:
                method, data, url = "GET", None, urljoin(url, answer.headers["Location"])
                if stay is not None and urlsplit(url).netloc != stay:
                    return _landed(method, url, answer, returned)
                returned = url if comes_back(url) else returned
                continue
            form = _form(answer, url, choice) if choice and answer.status_code == 200 else None
            if form is None:
                return _landed(method, url, answer, returned)
            (url, data), method, choice = form, "POST", None
        raise NotRun(ROUND)

    def close(self) -> None:
        """Forget cookies and all."""
        self._session.close()

    def _fetch(self, method: str, url: str, data: dict[str, str] | None) -> requests.Response:
        try:
            return self._session.request(method, url, data=data, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as error:
            raise NotRun(f"page injoignable pendant la connexion : {bare(url)} ({type(error).__name__})") from None


def _landed(method: str, url: str, answer: requests.Response, returned: str) -> Landed:
    return Landed(method, url, answer.status_code, tuple(answer.headers.items()), answer.content, returned)


def _form(answer: requests.Response, url: str, choice: Choice) -> tuple[str, dict[str, str]] | None:
    from lxml import etree, html

    try:
        page = html.document_fromstring(answer.content)
    except etree.ParserError:  # nothing at all on the page
        return None
    forms: list[Any] = page.forms  # type: ignore[attr-defined]  # not in the stubs
    if not forms:
        return None
    fields = {name: value or "" for name, value in forms[0].form_values()}
    chosen = {"moyen": choice.means, "professionnel": choice.who}
    fields |= {name: value for name, value in chosen.items() if name in fields and value}
    return urljoin(url, forms[0].action or url), fields


def comes_back(url: str) -> bool:
    """Whether that address brings a login back to the software."""
    return bool({"code", "error"} & set(parse_qs(urlsplit(url).query)))


def bare(url: str) -> str:
    """An address without its query: codes and states stay out of the journal."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"

"""The browser leg of a login, the network replaced by ``responses``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from responses import matchers

from conformance.drivers.browser import Browser, Page
from conformance.drivers.stage import LiveStage, ReplayStage
from conformance.drivers.user_agent import MAX_STEPS, Requests
from conformance.model.evidence import Channel, Exchange, Message
from conformance.outcomes import NotRun

PROVIDER = "https://fournisseur.test/auth"
SOFTWARE = "https://logiciel.test/psc/retour"
FORM = b"""<html><body><form action="/accepter?etape=2" method="post">
  <input type="hidden" name="jeton" value="abc"/><input name="compte" value="camille"/><input name="code" value=""/>
  <button type="submit">Entrer</button></form></body></html>"""


class Live(LiveStage):
    """A stage without a bench, that keeps what it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.recorded: list[Exchange] = []

    @property
    def bench(self) -> None:
        return None

    def user_agent(self) -> Requests:
        return Requests()

    def asking(self, what: str) -> None:
        self.asked.append(what)

    def record(self, exchange: Exchange) -> Exchange:
        self.recorded.append(exchange)
        return exchange


class Replayed(ReplayStage):
    """A recorded run that holds one page."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def replayed(self, what: str) -> Exchange:
        assert what == "navigateur"
        return self.exchange


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    """The network: what is not registered cannot be reached, what is registered must be asked."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def stage() -> Live:
    return Live()


def redirect(net: responses.RequestsMock, method: str, url: str, to: str, status: int = 302, **more: Any) -> None:
    net.add(method, url, status=status, headers={"Location": to}, **more)


def test_the_form_is_found_filled_as_it_stands_and_posted(net: responses.RequestsMock, stage: Live) -> None:
    net.get(f"{PROVIDER}/entree", body=FORM)
    sent = matchers.urlencoded_params_matcher({"jeton": "abc", "compte": "camille", "code": ""}, allow_blank=True)
    at = matchers.query_param_matcher({"etape": "2"})
    redirect(net, "POST", "https://fournisseur.test/accepter", f"{SOFTWARE}?code=1", 303, match=[sent, at])
    net.get(SOFTWARE, body=b"connect\xc3\xa9")
    assert Browser(stage).log_in(f"{PROVIDER}/entree") == Page(SOFTWARE, 200, "connecté".encode())
    assert [call.request.method for call in net.calls] == ["GET", "POST", "GET"]


def test_a_form_without_an_action_is_posted_to_its_page(net: responses.RequestsMock, stage: Live) -> None:
    net.get(f"{PROVIDER}/entree", body=b"<form method='post'><input name='a' value='1'></form>")
    net.post(f"{PROVIDER}/entree", body=b"fin", match=[matchers.urlencoded_params_matcher({"a": "1"})])
    assert Browser(stage).log_in(f"{PROVIDER}/entree").body == b"fin"
    assert stage.recorded[0].request.start == f"POST {PROVIDER}/entree"


def test_one_form_only_is_posted(net: responses.RequestsMock, stage: Live) -> None:
    net.get(f"{PROVIDER}/entree", body=FORM)
    net.post("https://fournisseur.test/accepter", body=FORM)
    assert Browser(stage).log_in(f"{PROVIDER}/entree").body == FORM


@pytest.mark.parametrize("status", [401, 500])
def test_the_form_of_an_error_page_is_not_posted(net: responses.RequestsMock, stage: Live, status: int) -> None:
    net.get(f"{PROVIDER}/entree", body=FORM, status=status)
    assert Browser(stage).log_in(f"{PROVIDER}/entree").status == status


def test_opening_an_address_posts_nothing(net: responses.RequestsMock, stage: Live) -> None:
    net.get(f"{PROVIDER}/sortie", body=FORM)
    assert Browser(stage).open(f"{PROVIDER}/sortie").body == FORM
    assert len(net.calls) == 1


def test_redirects_are_followed_relative_ones_too_with_the_cookies(net: responses.RequestsMock, stage: Live) -> None:
    net.get(PROVIDER, status=302, headers={"Location": "auth/suite", "Set-Cookie": "session=7; Path=/"})
    redirect(net, "GET", f"{PROVIDER}/suite", SOFTWARE, match=[matchers.header_matcher({"Cookie": "session=7"})])
    net.get(SOFTWARE, body=b"")
    assert Browser(stage).open(PROVIDER) == Page(SOFTWARE, 200, b"")
    assert "Cookie" not in net.calls[-1].request.headers


def test_a_login_that_goes_round_in_circles_is_not_run(net: responses.RequestsMock, stage: Live) -> None:
    redirect(net, "GET", PROVIDER, PROVIDER)
    with pytest.raises(NotRun, match="tourne en rond"):
        Browser(stage).log_in(PROVIDER)
    assert len(net.calls) == MAX_STEPS
    assert stage.recorded == []


@pytest.mark.parametrize(
    "problem",
    [
        requests.ConnectionError("https://fournisseur.test/auth?state=secret"),
        requests.Timeout(),
        requests.exceptions.SSLError(),
    ],
)
def test_an_unreachable_page_is_not_run_and_its_query_is_not_told(
    net: responses.RequestsMock, stage: Live, problem: Exception
) -> None:
    net.get(PROVIDER, body=problem)
    with pytest.raises(NotRun) as caught:
        Browser(stage).log_in(f"{PROVIDER}?state=secret")
    assert caught.value.reason.endswith(f"{PROVIDER} ({type(problem).__name__})")
    assert "injoignable" in caught.value.reason
    assert "secret" not in caught.value.reason


def test_an_address_of_another_kind_is_not_run(net: responses.RequestsMock, stage: Live) -> None:
    redirect(net, "GET", PROVIDER, "javascript:alert(1)")
    with pytest.raises(NotRun, match="InvalidSchema"):
        Browser(stage).open(PROVIDER)


def test_the_page_is_recorded_without_its_query(net: responses.RequestsMock, stage: Live) -> None:
    redirect(net, "GET", PROVIDER, f"{SOFTWARE}?code=secret&state=secret")
    net.get(SOFTWARE, body=b"bienvenue", headers={"X-Essai": "1"})
    page = Browser(stage).open(f"{PROVIDER}?nonce=secret")
    assert stage.asked == ["navigateur"]
    (exchange,) = stage.recorded
    assert (exchange.channel, exchange.operation) == (Channel.PILOTE, "navigateur")
    assert exchange.request.start == f"GET {SOFTWARE}"
    assert exchange.response is not None
    assert (exchange.response.start, exchange.response.body) == ("HTTP 200", b"bienvenue")
    assert exchange.response.header("X-Essai") == "1"
    assert page.url == SOFTWARE
    assert "secret" not in repr(exchange)


def test_a_recorded_page_is_given_again() -> None:
    request = Message(f"GET {SOFTWARE}", (), b"")
    recorded = Exchange(Channel.PILOTE, "navigateur", request, Message("HTTP 403", (), b"non"))
    assert Browser(Replayed(recorded)).log_in("https://ailleurs.test") == Page(SOFTWARE, 403, b"non")


def test_a_page_that_was_not_recorded_is_not_run() -> None:
    request = Message(f"GET {SOFTWARE}", (), b"")
    recorded = Exchange(Channel.PILOTE, "navigateur", request, None, facts={"absence": "page injoignable"})
    with pytest.raises(NotRun, match="page injoignable"):
        Browser(Replayed(recorded)).open(PROVIDER)


@pytest.mark.parametrize(
    "body",
    [
        b'{"json": true}',
        b"%PDF-1.4",
        b"\x00\xff",
        b" \n ",
        b"<!-- rien -->",
    ],
)
def test_a_page_that_is_not_html_is_a_page(net: responses.RequestsMock, stage: Live, body: bytes) -> None:
    net.get(PROVIDER, body=body)
    assert Browser(stage).log_in(PROVIDER).body == body


def test_a_login_comes_back_twice_and_stays_on_its_host(net: responses.RequestsMock, stage: Live) -> None:
    back = f"{SOFTWARE}?code=secret&state=secret"
    redirect(net, "GET", PROVIDER, back)
    net.get(SOFTWARE, body=b"bienvenue", match=[matchers.query_param_matcher({"code": "secret", "state": "secret"})])
    browser = Browser(stage)
    browser.log_in(PROVIDER)
    again = matchers.query_param_matcher({"code": "secret", "state": "secret", "returnTo": "https://mal.test"})
    redirect(net, "GET", SOFTWARE, "https://mal.test/", match=[again])
    assert browser.come_back_again("&returnTo=https%3A%2F%2Fmal.test").url == "https://mal.test/"
    assert "secret" not in repr(stage.recorded)


def test_a_login_that_never_came_back_cannot_be_replayed(stage: Live) -> None:
    with pytest.raises(NotRun, match="rejouer"):
        Browser(stage).come_back_again()

"""Sessions over hours, on a clock that a test moves: renewal, refusal, inactivity, logout; and each careless way of them."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from conformance.checks import oidc, oidc_session, sessions
from conformance.model.finding import Finding
from conformance.reference_lps.psc import PscClient
from conformance.reference_lps.psc.login import Login
from conformance.reference_lps.psc.token import PscError
from tests.reference_lps.psc_bed import HINT, Bed


def connected(bed: Bed, software: PscClient) -> Login:
    login = bed.log_in(software)
    assert login is not None and login.etat == "CONNECTE", login
    return login


def shown(login: Login | None) -> dict[str, Any]:
    assert login is not None
    return {"etat": login.etat, "message": login.message}


def rules(found: list[Finding]) -> set[str]:
    return {finding.rule for finding in found}


@pytest.mark.parametrize(("lapse", "told"), [("", set()), ("no-refresh", {"oidc.renewal", "psc.activite"})])
def test_an_active_user_works_for_hours(bed: Bed, lapse: str, told: set[str]) -> None:
    software = bed.software({lapse})
    login, start = connected(bed, software), len(bed.exchanges())
    for _ in range(12):  # three hours and a half
        bed.clock.now += 1050
        state = software.act(login.id)
    found = [*oidc_session.renewed(bed.exchanges(start)), *sessions.still_logged_in(shown(state))]
    assert rules(found) == told


def test_four_hours_end_the_session_at_the_provider(bed: Bed) -> None:
    software = bed.software()
    login = connected(bed, software)
    for _ in range(15):
        bed.clock.now += 1000
        state = software.act(login.id)
    assert state is not None and state.etat == "REFUSE" and "reconnectez" in state.message


@pytest.mark.parametrize(
    ("lapse", "told"),
    [("", set()), ("refresh-loop", {"oidc.renewal.loop"}), ("refresh-ignored", {"psc.fermeture"})],
)
def test_a_refused_renewal_goes_back_to_the_login(bed: Bed, lapse: str, told: set[str]) -> None:
    software = bed.software({lapse})
    login, start = connected(bed, software), len(bed.exchanges())
    bed.psc.mutate("refresh-refused")
    bed.clock.now += 121
    state = shown(software.act(login.id))
    found = [*oidc_session.gave_up(bed.exchanges(start)), *sessions.logged_out(state, "après un refus")]
    assert rules(found) == told


@pytest.mark.parametrize(
    ("lapse", "told"),
    [("", set()), ("idle-ends-sso", {"oidc.idle.end-session"}), ("idle-stays", {"psc.fermeture"})],
)
def test_an_idle_user_is_logged_out_here_only(bed: Bed, lapse: str, told: set[str]) -> None:
    software = bed.software({lapse})
    login, start = connected(bed, software), len(bed.exchanges())
    bed.clock.now += 1201
    state = shown(software.login(login.id))
    found = [
        *oidc_session.single_session_kept(bed.exchanges(start)),
        *sessions.logged_out(state, "malgré l’inactivité"),
    ]
    assert rules(found) == told
    if not lapse:
        assert software.connected(login.cookie) is None, "le cookie n’ouvre plus rien"


@pytest.mark.parametrize(
    ("lapse", "told"),
    [("", set()), ("logout-stays", {"psc.fermeture"}), ("logout-without-hint", {"oidc.logout.hint"})],
)
@pytest.mark.parametrize("mutation", ["", "logout-no-state", "logout-wrong-state"])
def test_a_logout_closes_both_sessions(bed: Bed, lapse: str, told: set[str], mutation: str) -> None:
    software = bed.software({lapse})
    login, start = connected(bed, software), len(bed.exchanges())
    if mutation:
        bed.psc.mutate(mutation)
    url = software.close(login.id)
    assert url is not None
    with bed.browser() as browser:
        browser.get(url, allow_redirects=False, timeout=5)
    bed.psc.clear()
    state = shown(software.login(login.id))
    found = [*oidc_session.logout(bed.exchanges(start)), *sessions.logged_out(state, "après la déconnexion")]
    assert rules(found) == told


def test_a_ciba_session_ends_without_a_browser(bed: Bed) -> None:
    software = bed.software()
    login = software.start_ciba(HINT, "MOBILE", wait=True)
    assert login.etat == "CONNECTE" and login.liaison is not None and len(login.liaison) == 2
    assert software.close(login.id) is None
    assert not list(oidc_session.ended(bed.exchanges()))
    assert not list(oidc_session.ciba_request(oidc.named(bed.exchanges(), "ciba")[0]))


@pytest.mark.parametrize(
    ("lapse", "rule"),
    [
        ("ciba-without-eidas1", "oidc.acr-values"),
        ("ciba-no-binding", "oidc.ciba.binding_message"),
    ],
)
def test_a_careless_ciba_request_is_told(bed: Bed, lapse: str, rule: str) -> None:
    software = bed.software({lapse})
    software.start_ciba(HINT, "CARD", wait=True)
    (call,) = oidc.named(bed.exchanges(), "ciba")
    assert rules(list(oidc_session.ciba_request(call))) == {rule}


@pytest.mark.parametrize(("lapse", "told"), [("", set()), ("ciba-insists", {"oidc.ciba.arret"})])
def test_polling_stops_at_a_refusal(bed: Bed, lapse: str, told: set[str]) -> None:
    bed.psc.mutate("ciba-access-denied")
    assert bed.software({lapse}).start_ciba(HINT, "CARD", wait=True).etat == "REFUSE"
    assert rules(list(oidc_session.polling_stopped(bed.exchanges()))) == told


@pytest.mark.parametrize(("lapse", "told"), [("", set()), ("replay", {"oidc.replay"})])
def test_a_return_serves_once(bed: Bed, lapse: str, told: set[str]) -> None:
    software = bed.software({lapse})
    login = connected(bed, software)
    start = len(bed.exchanges())
    query = {"state": login.state, "code": "déjà servi", "iss": bed.psc.issuer}
    try:
        software.come_back(query)
    except PscError:
        assert not lapse
    assert rules(list(oidc_session.not_redeemed_again(bed.exchanges(start)))) == told


@pytest.mark.parametrize(
    ("lapse", "rule", "native"),
    [("short-state", "oidc.state.entropy", False), ("no-pkce", "oidc.pkce", True), ("no-nonce", "oidc.nonce", False)],
)
def test_a_careless_request_is_told(bed: Bed, lapse: str, rule: str, native: bool) -> None:
    software = bed.software({lapse})
    _, url = software.start()
    with bed.browser() as browser:
        assert isinstance(browser.get(str(url), timeout=5), requests.Response)
    (asked,) = oidc.named(bed.exchanges(), "authorize")
    assert rules(list(oidc.authorization(asked, native=native))) == {rule}

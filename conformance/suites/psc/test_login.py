"""Connexion par Pro Santé Connect, par navigateur : exigences de vague 2, jouées à titre d’information en vague 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance import Finding, require, verifies
from conformance.checks import behaviour, oidc, oidc_session, sessions
from conformance.checks.oidc_mutations import MUTATIONS
from conformance.drivers.browser import Browser
from conformance.drivers.logins import EMBEDDED, EXTERNAL, WEB, Logins
from conformance.drivers.services import PscService
from conformance.drivers.software import Software

TOKEN_S, IDLE_S, USUAL_S = 3, 1, 1200
BY_BROWSER = tuple(name for name, mutation in MUTATIONS.items() if not mutation.ciba)


@verifies("PSC.08.01")
def test_the_level_asked_for_is_eidas1(psc: PscService, logins: Logins) -> None:
    """La demande d’authentification porte acr_values=eidas1."""
    logins.begin()
    require(oidc.level(psc.exchange("authorize")))


@verifies("PSC.01.01")
def test_web(software: Software, psc: PscService, logins: Logins, browser: Browser) -> None:
    """Le professionnel se connecte en mode web, une réponse altérée est refusée, la déconnexion ferme la session."""
    by_browser(software, psc, logins, browser, WEB)


@verifies("PSC.01.02")
def test_native_with_an_external_browser(software: Software, psc: PscService, logins: Logins, browser: Browser) -> None:
    """Le professionnel se connecte depuis l’application native, par un navigateur externe."""
    by_browser(software, psc, logins, browser, EXTERNAL)


@verifies("PSC.01.04")
def test_native_with_an_embedded_browser(software: Software, psc: PscService, logins: Logins, browser: Browser) -> None:
    """Le professionnel se connecte depuis l’application native, par un navigateur intégré."""
    by_browser(software, psc, logins, browser, EMBEDDED)


def by_browser(software: Software, psc: PscService, logins: Logins, browser: Browser, mode: str) -> None:
    """A whole life of logins in that mode: sound, replayed, renewed, idle, closed, then each falsified answer."""
    logins.offers(mode)
    session = logins.begin(mode)
    require(behaviour.logged_in(logins.read(session)))
    asked = psc.exchange("authorize")
    require(
        oidc.authorization(asked, native=mode != WEB),
        oidc.token_call(psc.exchange("token"), asked),
        oidc.userinfo(psc.exchange("userinfo")),
    )
    replayed(psc, browser)
    session = logins.begin(mode)
    logins.close(session)
    require(oidc_session.logout(psc.exchanges()))
    require(sessions.logged_out(logins.read(session), "après la déconnexion"))
    require(oidc.fresh(psc.exchanges("authorize")), *lives(software, psc, logins, mode))
    logins.meets(BY_BROWSER, mode)


def replayed(psc: PscService, browser: Browser) -> None:
    """The same return of the browser, twice, and with an address to go to: no token call, no redirection elsewhere."""
    seen = len(psc.exchanges())
    page = browser.come_back_again(f"&returnTo=https%3A%2F%2F{sessions.ELSEWHERE}%2F")
    require(oidc_session.not_redeemed_again(psc.exchanges()[seen:]), sessions.no_open_redirect(page.url))


def lives(software: Software, psc: PscService, logins: Logins, mode: str) -> Iterator[Iterable[Finding]]:
    """The session of an active user, of one whose renewal is refused, of an idle one."""
    psc.live(access_s=TOKEN_S)
    active, refused, seen = logins.begin(mode), logins.begin(mode), len(psc.exchanges())
    software.wait(TOKEN_S + 0.2)
    psc.live()
    if not (acted := software.ask("agir", id=active)).ok:
        yield sessions.not_shown("agir", "le renouvellement des jetons")
        return
    yield (*oidc_session.renewed(logins.since(seen)), *sessions.still_logged_in(acted.data))
    psc.mutate("refresh-refused")
    ended = software.do("agir", id=refused)
    psc.mutate(None)
    told = sessions.logged_out(ended, "après un rafraîchissement refusé")
    yield (*oidc_session.gave_up(psc.exchanges()), *told)
    yield from idle(software, psc, logins, mode)


def idle(software: Software, psc: PscService, logins: Logins, mode: str) -> Iterator[Iterable[Finding]]:
    """A user who does nothing for the configured time is logged out of the software, not of Pro Santé Connect."""
    if not software.ask("regler", inactivite_s=IDLE_S).ok:
        yield sessions.not_shown("regler", "la fermeture des sessions inactives")
        return
    session, seen = logins.begin(mode), len(psc.exchanges())
    software.wait(IDLE_S + 0.5)
    state = logins.read(session)
    software.do("regler", inactivite_s=USUAL_S)
    yield (*oidc_session.single_session_kept(logins.since(seen)), *sessions.logged_out(state, "malgré l’inactivité"))

"""Connexion par Pro Santé Connect en CIBA : le professionnel répond sur son appareil."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, oidc, oidc_session, sessions
from conformance.checks.oidc_mutations import MUTATIONS
from conformance.drivers.logins import CIBA, Logins
from conformance.drivers.services import PscService

FALSIFIED = tuple(name for name, mutation in MUTATIONS.items() if mutation.ciba or name.startswith("idt-"))
LONGER_S = 3


@verifies("PSC.01.03")
def test_ciba(psc: PscService, logins: Logins) -> None:
    """Le professionnel accepte sur son appareil ; le logiciel attend comme on le lui dit et s’arrête quand on le lui dit."""
    logins.offers(CIBA)
    session = logins.begin(CIBA)
    state = logins.settled(session)
    require(behaviour.logged_in(state), oidc_session.ciba_request(psc.exchange("ciba")))
    require(oidc.token_call(psc.exchange("token")), oidc.userinfo(psc.exchange("userinfo")))
    require(oidc_session.number_shown(state, psc.exchange("ciba")))
    logins.close(session)
    require(oidc_session.ended(psc.exchanges()), sessions.logged_out(logins.read(session), "après la déconnexion"))
    psc.live(long_interval_s=LONGER_S)
    logins.meets((name for name in FALSIFIED if name != "idt-wrong-nonce"), CIBA)
    require(oidc_session.pace(psc.exchanges()))

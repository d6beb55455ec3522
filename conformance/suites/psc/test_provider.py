"""Connexion par un fournisseur d’identité OpenID Connect quelconque, comme celui d’une structure (SSI/IAM.80)."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, oidc
from conformance.checks.oidc_mutations import MUTATIONS
from conformance.drivers.logins import CIBA, EXTERNAL, STRUCTURE, WEB, Logins
from conformance.drivers.services import PscService

SCOPES = "openid"
BY_BROWSER = tuple(
    name for name, mutation in MUTATIONS.items() if not mutation.ciba and not name.startswith(("userinfo-", "other-"))
)
FALSIFIED = tuple(name for name in BY_BROWSER if name.startswith("idt-"))


@verifies("SSI/IAM.80.01", "SSI/IAM.80")
def test_web(psc: PscService, logins: Logins) -> None:
    """L’utilisateur se connecte par le fournisseur de sa structure, en mode web ; une réponse altérée est refusée."""
    by_browser(psc, logins, WEB)


@verifies("SSI/IAM.80.02")
def test_native(psc: PscService, logins: Logins) -> None:
    """L’utilisateur se connecte par le fournisseur de sa structure, depuis l’application native."""
    by_browser(psc, logins, EXTERNAL)


@verifies("SSI/IAM.80.03")
def test_ciba(psc: PscService, logins: Logins) -> None:
    """L’utilisateur se connecte par le fournisseur de sa structure, sur son appareil."""
    logins.offers(CIBA)
    require(behaviour.logged_in(logins.settled(logins.begin(CIBA, STRUCTURE))))
    require(oidc.token_call(psc.exchange("fournisseur token")), oidc.userinfo(psc.exchange("fournisseur userinfo")))
    logins.meets((name for name in FALSIFIED if name != "idt-wrong-nonce"), CIBA, STRUCTURE)


def by_browser(psc: PscService, logins: Logins, mode: str) -> None:
    """A sound login, then each falsified answer."""
    logins.offers(mode)
    require(behaviour.logged_in(logins.read(logins.begin(mode, STRUCTURE))))
    asked = psc.exchange("fournisseur authorize")
    require(
        oidc.authorization(asked, scopes=SCOPES, native=mode != WEB),
        oidc.token_call(psc.exchange("fournisseur token"), asked),
        oidc.userinfo(psc.exchange("fournisseur userinfo")),
    )
    logins.meets(BY_BROWSER, mode, STRUCTURE)

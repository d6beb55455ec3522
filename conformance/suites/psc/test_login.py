"""Connexion par Pro Santé Connect : exigences de vague 2, jouées à titre d’information en vague 1."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, oidc
from conformance.drivers.browser import Browser
from conformance.drivers.services import PscService
from conformance.drivers.software import Software

MUTATIONS = {
    "wrong-state": "le state rendu n’est pas celui de la demande",
    "no-state": "aucun state n’est rendu",
    "wrong-iss-param": "le retour se dit d’un autre émetteur",
    "idt-wrong-iss": "l’émetteur (iss) du jeton d’identité est un autre",
    "idt-wrong-aud": "le destinataire (aud) du jeton d’identité est un autre",
    "idt-expired": "le jeton d’identité est expiré (exp)",
    "idt-wrong-nonce": "le nonce du jeton d’identité n’est pas celui de la demande",
    "userinfo-wrong-sub": "le sub des informations d’utilisateur n’est pas celui du jeton",
}
"""What a provider may get wrong and a relying party must refuse (OpenID Connect Core 3.1.3.7, 5.3.2; RFC 9207)."""


@verifies("PSC.08.01")
def test_the_level_asked_for_is_eidas1(software: Software, psc: PscService, browser: Browser) -> None:
    """La demande d’authentification porte acr_values=eidas1."""
    browser.log_in(software.do("connecter_psc")["url"])
    require(oidc.level(psc.exchange("authorize")))


@verifies("PSC.01.01")
def test_a_professional_logs_in_and_out(software: Software, psc: PscService, browser: Browser) -> None:
    """Le professionnel se connecte en mode web, une réponse altérée est refusée, la déconnexion ferme la session."""
    session = log_in(software, browser)
    require(behaviour.logged_in(software.do("lire_connexion", id=session)))
    asked = psc.exchange("authorize")
    require(
        oidc.authorization(asked),
        oidc.token_call(psc.exchange("token"), asked),
        oidc.userinfo(psc.exchange("userinfo")),
    )
    out = software.do("deconnecter", id=session)
    if out.get("url"):
        browser.open(str(out["url"]))
    require(oidc.logout(psc.exchanges()))
    for mutation, meaning in MUTATIONS.items():
        psc.mutate(mutation)
        seen = len(psc.exchanges())
        state = software.do("lire_connexion", id=log_in(software, browser))
        psc.mutate(None)
        require(behaviour.login_refused(state, mutation, meaning), oidc.no_access_after(psc.exchanges()[seen:]))


def log_in(software: Software, browser: Browser) -> str:
    """Start a login and play the browser leg; gives the software's session id."""
    started = software.do("connecter_psc")
    browser.log_in(str(started["url"]))
    return str(started["session"])

"""What a provider's answers are worth: who is connected, once everything that was received holds together.

Sources: OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9207; référentiel Pro Santé Connect, EX PSC 11 and 16.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import token
from .login import CONNECTE, EMBEDDED, EXTERNAL, PSC, STRUCTURE, Login, situations, usual
from .provider import Provider
from .token import PscError

_STATE_LIFE = 600.0
# Gives the local account of a professional, by national id, subject and names; PscError when it must not be opened.
Accounts = Callable[[Mapping[str, str], str], str | None]


@dataclass(frozen=True)
class Handshake:
    """How this software talks with a provider; ``callback`` is where the browser comes back, ``clock`` gives seconds."""

    callback: str
    clock: Callable[[], float]
    accounts: Accounts
    defects: frozenset[str]
    lapses: frozenset[str]

    def authorization_url(self, provider: Provider, login: Login) -> str:
        """Where the browser goes to log in."""
        asked = {"nonce": login.nonce, "acr_values": "eidas1", "scope": "openid scope_all"}
        if login.provider == STRUCTURE:
            asked = {"nonce": login.nonce, "scope": "openid profile email"}
        if "psc-without-eidas1" in self.defects:
            asked.pop("acr_values", None)
        if "no-nonce" in self.lapses:
            del asked["nonce"]
        return provider.authorization_url(self.callback, login.state, self._verifier(login), asked)

    def _verifier(self, login: Login) -> str | None:
        native = login.mode in (EXTERNAL, EMBEDDED) and "psc-native-without-pkce" in self.defects
        return None if native or "no-pkce" in self.lapses else login.verifier

    def connect(self, provider: Provider, login: Login, query: Mapping[str, str]) -> Login:
        """The login that this return of the browser connects; PscError when it must not."""
        discovery = provider.discover()
        self._check_return(login, query, discovery)
        tokens = provider.redeem(discovery, self.callback, query["code"], self._verifier(login))
        return self.identify(provider, login, discovery, tokens, None if "no-nonce" in self.lapses else login.nonce)

    def identify(
        self, provider: Provider, login: Login, discovery: Mapping[str, Any], tokens: dict[str, Any], nonce: str | None
    ) -> Login:
        """Whoever these tokens speak of is connected, once everything holds together."""
        blind = frozenset(self.lapses)
        levels = login.provider == PSC
        expected = token.Expected(discovery["issuer"], provider.client_id, nonce, levels, blind)
        claims = token.validate(tokens["id_token"], tokens["access_token"], expected, self._keys(provider), self.clock)
        subject = str(claims.get("sub") or "")
        info = provider.userinfo(discovery, tokens["access_token"])
        if subject and info.get("sub") != subject and "userinfo-sub" not in self.lapses:
            raise PscError("Les informations reçues sont celles d’une autre personne (sub).")
        return self.open(login, tokens, subject, info)

    def _keys(self, provider: Provider) -> token.KeySource:
        return (lambda _again: provider.keys(again=False)) if "stale-keys" in self.lapses else provider.keys

    def open(self, login: Login, tokens: dict[str, Any], subject: str, info: dict[str, Any]) -> Login:
        """The login, connected as the person of this user information."""
        name = "SubjectNameID" if login.provider == PSC else "preferred_username"
        national = info.get(name)
        if not isinstance(national, str) or not national:
            raise PscError("Pro Santé Connect n’a pas rendu l’identifiant national du professionnel.")
        names = {"nom": info.get("family_name"), "prenom": info.get("given_name")}
        user = {"id_national": national} | {key: str(value or "") for key, value in names.items()}
        if "userinfo-rigid" in self.lapses and not usual(info):
            raise PscError("Les informations d’utilisateur sont incomplètes.")
        now = self.clock()
        opened = replace(login, etat=CONNECTE, message="Connexion établie.", user=user, situations=situations(info))
        opened = replace(opened, cookie=secrets.token_urlsafe(32), tokens=tokens, subject=subject, seen=now)
        account = self.accounts(user, subject) if login.provider == PSC else None
        return replace(opened, compte=account, until=now + _seconds(tokens.get("expires_in")))

    def renew(self, provider: Provider, login: Login) -> Login:
        """The login with fresh tokens, of the same person (EX PSC 11)."""
        tokens = provider.refresh(str(login.tokens.get("refresh_token", "")))
        discovery = provider.discover()
        blind = frozenset(self.lapses)
        expected = token.Expected(discovery["issuer"], provider.client_id, None, login.provider == PSC, blind)
        claims = token.validate(tokens["id_token"], tokens["access_token"], expected, self._keys(provider), self.clock)
        if claims.get("sub") != login.subject and "sub" not in self.lapses:
            raise PscError("Le jeton renouvelé est celui d’une autre personne (sub).")
        provider.userinfo(discovery, tokens["access_token"])
        until = self.clock() + _seconds(tokens.get("expires_in"))
        return replace(login, tokens={**login.tokens, **tokens}, until=until)

    def _check_return(self, login: Login, query: Mapping[str, str], discovery: Mapping[str, Any]) -> None:
        if self.clock() - login.started > _STATE_LIFE:
            raise PscError("La demande d’authentification a expiré.")
        announced = discovery.get("authorization_response_iss_parameter_supported") is True
        came_from = query.get("iss", None if announced else discovery["issuer"])
        if came_from != discovery["issuer"] and "iss-param" not in self.lapses:
            raise PscError("Le retour d’authentification ne vient pas de l’émetteur attendu (iss).")
        if "error" in query:
            raise PscError(f"Pro Santé Connect a refusé l’authentification ({query['error'][:60]}).")
        if not query.get("code"):
            raise PscError("Le retour d’authentification ne porte pas de code.")


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0

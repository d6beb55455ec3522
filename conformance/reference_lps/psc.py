"""A relying party of Pro Santé Connect: authorization code flow with PKCE, then logout at the provider.

Every address comes from the discovery document: the authorization page lives on another host than the issuer.
Sources: OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9207; référentiel Pro Santé Connect, EX PSC 16.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus, urlencode

from . import psc_token, wire
from .psc_token import PscError
from .types import Bench

ATTENTE, CONNECTE, REFUSE = "ATTENTE", "CONNECTE", "REFUSE"
_STATE_LIFE = 600.0


@dataclass(frozen=True)
class Login:
    """One login, from the button to the logout. ``cookie`` opens the pages once the state is CONNECTE."""

    id: str
    state: str
    nonce: str
    verifier: str
    started: float
    cookie: str
    etat: str = ATTENTE
    message: str = "En attente de l’authentification."
    user: dict[str, str] | None = None
    id_token: str = ""
    used: bool = False


class PscClient:
    """Holds the logins of this workstation, in memory only: a restart logs everybody out."""

    def __init__(self, bench: Bench, base_url: str, defects: frozenset[str]) -> None:
        self._bench = bench
        self._callback = f"{base_url}/psc/retour"
        self._after_logout = f"{base_url}/psc/fin"
        self._defects = defects
        self._lock = threading.RLock()
        self._logins: dict[str, Login] = {}
        self._key_set: dict[str, Any] | None = None

    def start(self) -> tuple[Login, str | None]:
        """Open a login; its authorization URL, or None when the provider cannot be heard."""
        login = Login(
            str(uuid.uuid4()),
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(48),
            time.monotonic(),
            secrets.token_urlsafe(32),
        )
        self._keep(login)
        try:
            return login, self._authorization_url(login)
        except (PscError, wire.WireError) as failure:
            return self._refuse(login, str(failure)), None

    def login(self, login_id: str) -> Login | None:
        """The login of that id, or None."""
        with self._lock:
            return self._logins.get(login_id)

    def connected(self, cookie: str) -> Login | None:
        """The open session this cookie belongs to, or None."""
        with self._lock:
            everyone = list(self._logins.values())
        return next((one for one in everyone if one.etat == CONNECTE and _same(one.cookie, cookie)), None)

    def come_back(self, query: Mapping[str, str]) -> Login:
        """Treat the return of the browser: the login, CONNECTE or REFUSE; PscError when it is nobody's."""
        login = self._expected(query.get("state", ""))
        try:
            return self._connect(login, query)
        except (PscError, wire.WireError) as failure:
            return self._refuse(login, str(failure))

    def close(self, login_id: str) -> str | None:
        """End the local session first; the URL that ends the one at the provider, if there is one to end."""
        login = self._logins[login_id]
        self._keep(replace(login, etat=REFUSE, message="Session fermée.", user=None, id_token="", cookie=""))
        if login.etat != CONNECTE or "psc-no-single-logout" in self._defects:
            return None
        try:
            end_session = self._discover().get("end_session_endpoint")
        except (PscError, wire.WireError):
            return None
        query = {
            "id_token_hint": login.id_token,
            "post_logout_redirect_uri": self._after_logout,
            "state": secrets.token_urlsafe(32),
        }
        return f"{end_session}?{urlencode(query)}" if end_session else None

    def _authorization_url(self, login: Login) -> str:
        discovery = self._discover()
        page = discovery["authorization_endpoint"]
        if "psc-login-url-from-issuer" in self._defects:
            page = discovery["issuer"] + "/protocol/openid-connect/auth"
        digest = hashlib.sha256(login.verifier.encode("ascii")).digest()
        query = {
            "response_type": "code",
            "client_id": self._psc["client_id"],
            "redirect_uri": self._callback,
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "state": login.state,
            "nonce": login.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        if "psc-without-eidas1" in self._defects:
            del query["acr_values"]
        return f"{page}?{urlencode(query)}"

    def _expected(self, state: str) -> Login:
        """The login a return belongs to, once. One user a workstation: a foreign one ends those in progress."""
        with self._lock:
            waiting = [one for one in self._logins.values() if one.etat == ATTENTE and not one.used]
            known = next((one for one in self._logins.values() if _same(one.state, state)), None)
            if known is None and waiting and "psc-accepts-any-state" in self._defects:
                known = waiting[-1]
            if known in waiting and known is not None:
                return self._keep(replace(known, used=True))
        if known:
            raise PscError("Ce retour d’authentification a déjà servi.")
        message = "Le retour d’authentification ne correspond à aucune demande (state inconnu)."
        for one in waiting:
            self._refuse(one, message)
        raise PscError(message)

    def _connect(self, login: Login, query: Mapping[str, str]) -> Login:
        discovery = self._discover()
        self._check_return(login, query, discovery)
        tokens = self._exchange(login, query["code"], discovery)
        nonce = None if "psc-accepts-wrong-nonce" in self._defects else login.nonce
        expected = psc_token.Expected(discovery["issuer"], self._psc["client_id"], nonce)
        claims = psc_token.validate(tokens["id_token"], tokens["access_token"], expected, self._keys(discovery))
        user = self._user(tokens["access_token"], claims["sub"], discovery)
        opened = replace(login, etat=CONNECTE, message="Connexion établie.", user=user)
        return self._keep(replace(opened, id_token=tokens["id_token"]))

    def _check_return(self, login: Login, query: Mapping[str, str], discovery: Mapping[str, Any]) -> None:
        if time.monotonic() - login.started > _STATE_LIFE:
            raise PscError("La demande d’authentification a expiré.")
        announced = discovery.get("authorization_response_iss_parameter_supported") is True
        if query.get("iss", None if announced else discovery["issuer"]) != discovery["issuer"]:
            raise PscError("Le retour d’authentification ne vient pas de l’émetteur attendu (iss).")
        if "error" in query:
            raise PscError(f"Pro Santé Connect a refusé l’authentification ({query['error'][:60]}).")
        if not query.get("code"):
            raise PscError("Le retour d’authentification ne porte pas de code.")

    def _exchange(self, login: Login, code: str, discovery: Mapping[str, Any]) -> dict[str, str]:
        # RFC 6749 §2.3.1: both parts are form-encoded before the Basic scheme joins them.
        pair = f"{quote_plus(self._psc['client_id'])}:{quote_plus(self._psc['client_secret'])}"
        header = {"Authorization": "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")}
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": login.verifier,
        }
        answer = self._json("POST", discovery["token_endpoint"], data=form, headers=header)
        tokens = {name: answer.get(name) for name in ("access_token", "id_token")}
        kind = answer.get("token_type")
        if not all(isinstance(value, str) and value.isascii() for value in tokens.values()):
            raise PscError("Pro Santé Connect n’a pas rendu les jetons attendus.")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise PscError("Pro Santé Connect a rendu un jeton d’accès d’un autre type que Bearer.")
        return {name: str(value) for name, value in tokens.items()}

    def _user(self, access_token: str, subject: str, discovery: Mapping[str, Any]) -> dict[str, str]:
        header = {"Authorization": f"Bearer {access_token}"}
        info = self._json("GET", discovery["userinfo_endpoint"], headers=header)
        if info.get("sub") != subject:
            raise PscError("Les informations reçues sont celles d’une autre personne (sub).")
        national = info.get("SubjectNameID")
        if not isinstance(national, str) or not national:
            raise PscError("Pro Santé Connect n’a pas rendu l’identifiant national du professionnel.")
        names = {"nom": info.get("family_name"), "prenom": info.get("given_name")}
        return {"id_national": national} | {key: str(value or "") for key, value in names.items()}

    def _discover(self) -> dict[str, Any]:
        found = self._json("GET", self._psc["decouverte"])
        needed = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
        if not all(isinstance(found.get(name), str) for name in needed):
            raise PscError("Le document de découverte de Pro Santé Connect est incomplet.")
        return found

    def _keys(self, discovery: Mapping[str, Any]) -> psc_token.KeySource:
        def read(again: bool) -> dict[str, Any]:
            if again or self._key_set is None:
                self._key_set = self._json("GET", discovery["jwks_uri"])
            return self._key_set

        return read

    def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        with wire.session(self._bench) as client:
            heard = wire.call(client, method, url, **options)
        if heard.status != 200:
            raise PscError(f"Pro Santé Connect a répondu le statut HTTP {heard.status}.")
        try:
            answer = json.loads(heard.body)
        except (ValueError, RecursionError):
            raise PscError("Pro Santé Connect a répondu autre chose que du JSON.") from None
        if not isinstance(answer, dict):
            raise PscError("Pro Santé Connect a répondu un JSON inattendu.")
        return answer

    @property
    def _psc(self) -> dict[str, str]:
        settings: dict[str, str] = self._bench.raw["psc"]
        return settings

    def _keep(self, login: Login) -> Login:
        with self._lock:
            self._logins[login.id] = login
        return login

    def _refuse(self, login: Login, message: str) -> Login:
        return self._keep(replace(login, etat=REFUSE, message=message))


def _same(secret: str, given: str) -> bool:
    return secrets.compare_digest(secret.encode("utf-8"), given.encode("utf-8", "replace"))

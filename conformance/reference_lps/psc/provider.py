"""The calls a relying party makes to its OpenID provider, by Authlib: every address comes from the discovery document.

The authorization page of Pro Santé Connect lives on another host than its issuer. Sources: OpenID Connect Core 1.0 §3.1,
RFC 6749, RFC 7636, OpenID Connect CIBA Core 1.0.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from conformance.reference_lps import wire
from conformance.reference_lps.types import Bench

from .token import PscError
from .transport import settle

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

CIBA_GRANT = "urn:openid:params:grant-type:ciba"
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


class RefusedError(PscError):
    """The provider answered an OAuth error; ``code`` is its name."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Pro Santé Connect a refusé la demande ({code[:60]}).")
        self.code = code


class Provider:
    """One provider: ``settings`` are its ``decouverte``, ``client_id`` and ``client_secret``, as bench.json gives them."""

    def __init__(self, bench: Bench, settings: Mapping[str, str], defects: frozenset[str]) -> None:
        self._bench = bench
        self._settings = settings
        self._defects = defects
        self._key_set: dict[str, Any] | None = None

    @property
    def client_id(self) -> str:
        """The software's own name at the provider."""
        return self._settings["client_id"]

    def discover(self) -> dict[str, Any]:
        """The discovery document; PscError when it misses what a login needs."""
        found = self._json("GET", self._settings["decouverte"])
        if not all(isinstance(found.get(name), str) for name in _NEEDED):
            raise PscError("Le document de découverte de Pro Santé Connect est incomplet.")
        return found

    def authorization_url(self, redirect_uri: str, state: str, verifier: str | None, asked: Mapping[str, str]) -> str:
        """Where the browser goes; ``asked`` are the further parameters, PKCE (S256) goes with a verifier."""
        discovery = self.discover()
        page = discovery["authorization_endpoint"]
        if "psc-login-url-from-issuer" in self._defects:
            page = discovery["issuer"] + "/protocol/openid-connect/auth"
        with self._oauth(redirect_uri) as oauth:
            proof = {"code_verifier": verifier} if verifier else {}
            url, _ = oauth.create_authorization_url(page, state=state, **proof, **asked)
        return str(url)

    def redeem(
        self, discovery: Mapping[str, Any], redirect_uri: str, code: str, verifier: str | None
    ) -> dict[str, Any]:
        """Tokens against a code."""
        proof = {"code_verifier": verifier} if verifier else {}
        with self._oauth(redirect_uri) as oauth:
            url = discovery["token_endpoint"]
            return _bearer(oauth.fetch_token(url, grant_type="authorization_code", code=code, **proof))

    def refresh(self, token: str) -> dict[str, Any]:
        """Tokens against a refresh token; RefusedError when it does not serve any more."""
        discovery = self.discover()
        with self._oauth() as oauth:
            return _bearer(oauth.refresh_token(discovery["token_endpoint"], refresh_token=token))

    def ask_device(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Have a professional asked on his device (CIBA): the provider's answer."""
        url = self.discover().get("backchannel_authentication_endpoint")
        if not isinstance(url, str):
            raise PscError("Ce fournisseur n’offre pas le mode CIBA.")
        with self._oauth() as oauth:
            auth = oauth.client_auth("segur")
            answer = oauth.request("POST", url, data=dict(asked), withhold_token=True, auth=auth)
            return _object(answer.content)

    def poll(self, discovery: Mapping[str, Any], number: str) -> dict[str, Any]:
        """Tokens of a professional who has accepted; RefusedError for everything else, waiting included."""
        with self._oauth() as oauth:
            answer = oauth.fetch_token(discovery["token_endpoint"], grant_type=CIBA_GRANT, auth_req_id=number)
            return _bearer(answer)

    def userinfo(self, discovery: Mapping[str, Any], access_token: str) -> dict[str, Any]:
        """What the provider says of the user; the token travels in the header only."""
        url, header = discovery["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"}
        return self._json("GET", url, headers=header)

    def end_session_url(self, id_token: str, back: str, state: str) -> str | None:
        """Where the browser closes the session at the provider."""
        page = self.discover().get("end_session_endpoint")
        query = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": state}
        return f"{page}?{urlencode(query)}" if page else None

    def end_session(self, id_token: str) -> None:
        """Close the session without a browser, as a CIBA client does."""
        if page := self.discover().get("end_session_endpoint"):
            with wire.session(self._bench) as client:
                wire.call(client, "POST", page, data={"id_token_hint": id_token})

    def keys(self, again: bool) -> dict[str, Any]:
        """The published keys, remembered until one is missing."""
        if again or self._key_set is None:
            self._key_set = self._json("GET", self.discover()["jwks_uri"])
        return self._key_set

    def exchange(self, access_token: str, scope: str) -> str:
        """A token for an API, over the organisation's certificate (RFC 8693): CI-SIS, API Pro Santé Connectées."""
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": access_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "scope": scope,
        }
        with wire.session(self._bench, self._bench.credentials["org_auth"]) as client:
            heard = wire.call(client, "POST", self._settings["jeton_api"], data=form)
        token = _object(heard.body).get("access_token")
        if not isinstance(token, str):
            raise PscError("Le jeton de Pro Santé Connect n’a pas pu être échangé contre celui de l’API.")
        return token

    def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        with wire.session(self._bench) as client:
            heard = wire.call(client, method, url, **options)
        if heard.status != 200:
            raise PscError(f"Pro Santé Connect a répondu le statut HTTP {heard.status}.")
        return _object(heard.body)

    @contextmanager
    def _oauth(self, redirect_uri: str | None = None) -> Iterator[OAuth2Session]:
        """Authlib's client for one call, on our own bounded transport; its errors come out as ours."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.requests_client import OAuth2Session

        names = (self._settings["client_id"], self._settings["client_secret"])
        with OAuth2Session(
            *names, "segur", scope="openid scope_all", redirect_uri=redirect_uri, code_challenge_method="S256"
        ) as client:
            client.register_client_auth_method(("segur", _basic))
            settle(client, self._bench)
            for hook in ("access_token_response", "refresh_token_response"):
                client.register_compliance_hook(hook, _sound)
            try:
                yield client
            except AuthlibBaseError as refused:
                raise RefusedError(str(refused.error or "sans nom")) from refused
            except (ValueError, TypeError, KeyError, AttributeError, OSError) as strange:
                raise PscError("Pro Santé Connect n’a pas rendu les jetons attendus.") from strange


def _basic(client: Any, method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:
    # RFC 6749 §2.3.1: both parts are form-encoded before the Basic scheme joins them, which Authlib does not.
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
    return uri, headers, body


def _sound(answer: Any) -> Any:
    # Authlib takes tokens from an answer of any status below 500 that does not say « error ».
    if answer.status_code != HTTPStatus.OK and "error" not in _object(answer.content):
        raise PscError(f"Pro Santé Connect a répondu le statut HTTP {answer.status_code}.")
    return answer


def _bearer(answer: Any) -> dict[str, Any]:
    kind = answer.get("token_type")
    tokens = [answer.get(name) for name in ("access_token", "id_token")]
    if not all(isinstance(value, str) and value.isascii() for value in tokens):
        raise PscError("Pro Santé Connect n’a pas rendu les jetons attendus.")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise PscError("Pro Santé Connect a rendu un jeton d’accès d’un autre type que Bearer.")
    return dict(answer)


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise PscError("Pro Santé Connect a répondu autre chose que du JSON.") from None
    if not isinstance(answer, dict):
        raise PscError("Pro Santé Connect a répondu un JSON inattendu.")
    return answer

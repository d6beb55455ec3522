"""The endpoints of Pro Santé Connect under the issuer: tokens, user information, sessions, keys."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

from conformance.simulators.http import Request, Response
from conformance.simulators.psc_pages import data, discovery, endpoints, error, page, userinfo
from conformance.simulators.psc_realm import REALM, Grant, Outcome, Realm
from conformance.simulators.psc_tokens import challenge_of, subject_of
from conformance.simulators.psc_wallet import form, parameters

DISCOVERY = "/.well-known/wallet-openid-configuration"
_BASE = f"{REALM}/protocol/openid-connect"
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="esante-wallet"')


def configuration(realm: Realm, request: Request) -> Outcome:
    """The discovery document that names the right authorization endpoint."""
    return Outcome("discovery", data(200, discovery(realm.issuer, realm.wallet)), {"verdict": "accepté"})


def standard_configuration(realm: Realm, request: Request) -> Outcome:
    """The document at the standard address, whose authorization endpoint is a dead end."""
    document = discovery(realm.issuer, f"{realm.issuer}/protocol/openid-connect/auth")
    return Outcome("discovery-standard", data(200, document), {"verdict": "accepté"})


def wrong_door(realm: Realm, request: Request) -> Outcome:
    """The authorization endpoint that one reaches by deriving it from the issuer."""
    reason = "Ce n’est pas la page de connexion de Pro Santé Connect : utilisez wallet-openid-configuration."
    facts = {"verdict": "refusé", "refused": reason}
    sent, _ = parameters(request.query)
    keys = frozenset(sent[name][:200] for name in ("state", "nonce") if sent.get(name))
    return Outcome("authorize-issuer", page(400, "Mauvaise adresse", reason), facts, keys)


def certs(realm: Realm, request: Request) -> Outcome:
    """The published keys."""
    return Outcome("certs", data(200, realm.signer.keys), {"verdict": "accepté"})


def token(realm: Realm, request: Request) -> Outcome:
    """The token endpoint: a code or a refresh token against tokens."""
    sent, repeated = form(request)
    facts: dict[str, str] = {}
    facts |= {name: sent[name][:500] for name in ("grant_type", "redirect_uri") if name in sent}
    facts["client_auth"], known = _client(realm, request, sent)
    if request.method != "POST" or repeated:
        return _no("token", facts, "invalid_request", "POST attendu, sans paramètre répété")
    if not known:
        return _no("token", facts, "invalid_client", "client inconnu ou secret faux", status=401)
    kind = sent.get("grant_type", "")
    if kind == "authorization_code":
        grant, reason = realm.redeem(sent.get("code", ""))
        facts["pkce"], wrong = _pkce(grant, sent)
        if not reason and grant is not None and sent.get("redirect_uri") != grant.request.get("redirect_uri"):
            reason = "redirect_uri différente de celle de la demande"
        reason = reason or wrong
    elif kind == "refresh_token":
        grant, reason = realm.refreshed(sent.get("refresh_token", ""))
    else:
        return _no("token", facts, "unsupported_grant_type", "grant_type non ouvert à ce client")
    concerned = {"authorization_code": "code-refused", "refresh_token": "refresh-refused"}[kind]
    if not reason and realm.mutation == concerned:
        facts["mutation"], reason = concerned, "refus demandé par le banc"
    keys = grant.keys | {realm.professional.id_national} if grant else frozenset[str]()
    if reason or grant is None:
        return _no("token", facts, "invalid_grant", reason, keys=keys)
    if (realm.mutation or "").startswith("idt-"):
        facts["mutation"] = realm.mutation or ""
    answer = data(200, realm.tokens(grant), ("Pragma", "no-cache"))
    return Outcome("token", answer, facts | {"verdict": "accepté"}, keys)


def information(realm: Realm, request: Request) -> Outcome:
    """The user information endpoint."""
    facts: dict[str, str] = {}
    bearer = ""
    scheme, _, value = (request.header("Authorization") or "").partition(" ")
    if "access_token=" in request.query:
        facts["token_in"] = "query"
    elif scheme.lower() == "bearer" and value.strip():
        facts["token_in"], bearer = "header", value.strip()
    elif request.method == "POST" and (bearer := form(request)[0].get("access_token", "")):
        facts["token_in"] = "body"
    else:
        facts["token_in"] = "absent"
    claims = realm.claims(bearer)
    if claims is None:
        reason = "jeton dans l’adresse" if facts["token_in"] == "query" else "jeton absent, faux ou expiré"
        challenge = ("WWW-Authenticate", 'Bearer realm="esante-wallet", error="invalid_token"')
        return _no("userinfo", facts, "invalid_token", reason, status=401, header=challenge)
    sub = claims["sub"]
    if realm.mutation == "userinfo-wrong-sub":
        facts["mutation"] = realm.mutation
        sub = subject_of("899900000021")
    info = userinfo(realm.professional, realm.organisation, sub, claims["authMode"])
    keys = frozenset({realm.professional.id_national, claims["sid"], claims["nonce"]} - {""})
    return Outcome("userinfo", data(200, info), facts | {"verdict": "accepté"}, keys)


def introspect(realm: Realm, request: Request) -> Outcome:
    """Whether an access token is in force, and what it says (RFC 7662)."""
    sent, _ = form(request)
    facts: dict[str, str] = {}
    facts["client_auth"], known = _client(realm, request, sent)
    if not known:
        return _no("introspect", facts, "invalid_client", "client inconnu ou secret faux", status=401)
    claims = realm.claims(sent.get("token", ""))
    if claims is None:
        facts |= {"verdict": "accepté", "active": "non"}
        return Outcome("introspect", data(200, {"active": False}), facts)
    who = {"client_id": realm.client.id, "username": realm.professional.id_national, "active": True}
    keys = frozenset({realm.professional.id_national, claims["sid"]})
    facts |= {"verdict": "accepté", "active": "oui"}
    return Outcome("introspect", data(200, {**claims, **who}), facts, keys)


def revoke(realm: Realm, request: Request) -> Outcome:
    """End a token (RFC 7009): an unknown one is no error."""
    sent, _ = form(request)
    facts: dict[str, str] = {}
    facts["client_auth"], known = _client(realm, request, sent)
    if not known:
        return _no("revoke", facts, "invalid_client", "client inconnu ou secret faux", status=401)
    realm.revoke(sent.get("token", ""))
    keys = frozenset({realm.professional.id_national})
    return Outcome("revoke", Response(200), facts | {"verdict": "accepté"}, keys)


def logout(realm: Realm, request: Request) -> Outcome:
    """Logout asked by the software: ends the session and sends the browser back."""
    sent, _ = form(request) if request.method == "POST" else parameters(request.query)
    hint, back = sent.get("id_token_hint", ""), sent.get("post_logout_redirect_uri", "")
    state = sent.get("state", "")
    claims = realm.signer.read(hint) if hint else None
    facts = {"id_token_hint": "valide" if claims else "invalide" if hint else "absent"}
    facts |= {"post_logout_redirect_uri": back[:500], "state": state[:500]}
    keys = {state[:200]} if state else set()
    if claims is None:
        reason = "La déconnexion exige id_token_hint, le jeton d’identité de la session."
    elif back and not realm.allows_after_logout(back):
        reason = "post_logout_redirect_uri différente de celle qui est enregistrée."
    else:
        reason = ""
    if reason or claims is None:
        facts |= {"verdict": "refusé", "refused": reason}
        return Outcome("end_session", page(400, "Déconnexion refusée", reason), facts, frozenset(keys))
    ended = realm.close(claims.get("sid", ""))
    facts |= {"verdict": "accepté", "session": "fermée" if ended else "déjà fermée"}
    keys |= {realm.professional.id_national, claims.get("sid", "")} - {""}
    if not back:
        answer = page(200, "Déconnexion", "Votre session Pro Santé Connect est fermée.")
        return Outcome("end_session", answer, facts, frozenset(keys))
    if realm.mutation == "logout-no-state":
        facts["mutation"], state = realm.mutation, ""
    extra = f"{'&' if '?' in back else '?'}{urlencode({'state': state})}" if state else ""
    return Outcome("end_session", Response(302, (("Location", back + extra),)), facts, frozenset(keys))


def closed(realm: Realm, request: Request) -> Outcome:
    """An endpoint that discovery announces and that the bench does not open to this client."""
    name = request.path.removeprefix(_BASE)
    return _no(f"fermé {name}", {}, "unauthorized_client", "point d’accès non ouvert à ce client sur le banc")


Endpoint = Callable[[Realm, Request], Outcome]
ROUTES: Mapping[str, Endpoint] = {
    f"{REALM}{DISCOVERY}": configuration,
    f"{REALM}/.well-known/openid-configuration": standard_configuration,
    f"{_BASE}/auth": wrong_door,
    f"{_BASE}/certs": certs,
    f"{_BASE}/token": token,
    f"{_BASE}/token/introspect": introspect,
    f"{_BASE}/userinfo": information,
    f"{_BASE}/revoke": revoke,
    f"{_BASE}/logout": logout,
}
CLOSED = frozenset(url for url in endpoints(REALM).values() if url not in ROUTES)


def _client(realm: Realm, request: Request, sent: Mapping[str, str]) -> tuple[str, bool]:
    """How the client authenticated itself, and whether it is ours."""
    scheme, _, value = (request.header("Authorization") or "").partition(" ")
    if "client_secret=" in request.query:
        return "query", False
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return "basic", False
        return ("both", False) if "client_secret" in sent else ("basic", _same(realm, name, secret))
    if "client_secret" in sent:
        return "post", _same(realm, sent.get("client_id", ""), sent["client_secret"])
    return "none", False


def _same(realm: Realm, name: str, secret: str) -> bool:
    given = unquote_plus(secret).encode()
    return unquote_plus(name) == realm.client.id and hmac.compare_digest(given, realm.client.secret.encode())


def _pkce(grant: Grant | None, sent: Mapping[str, str]) -> tuple[str, str]:
    """The PKCE method of the grant, and why the verifier does not fit (empty when it does)."""
    challenge = grant.request.get("code_challenge", "") if grant else ""
    verifier = sent.get("code_verifier", "")
    if not challenge or grant is None:
        return "absent", "code_verifier sans code_challenge dans la demande" if verifier else ""
    method = grant.request.get("code_challenge_method", "plain")
    computed = challenge_of(verifier) if method == "S256" else verifier
    return method, "" if verifier and computed == challenge else "code_verifier absent ou faux"


def _no(
    operation: str,
    facts: Mapping[str, str],
    code: str,
    reason: str,
    status: int = 400,
    keys: frozenset[str] = frozenset(),
    header: tuple[str, str] | None = None,
) -> Outcome:
    headers: list[Any] = [header] if header else [_CHALLENGE] if status == 401 else []
    told = {**facts, "verdict": "refusé", "error": code, "refused": reason}
    return Outcome(operation, error(status, code, reason, *headers), told, keys)

"""The endpoints of a provider under its issuer: tokens, user information, sessions, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlencode

from conformance.simulators.http import Request, Response
from conformance.simulators.psc import exchange
from conformance.simulators.psc.ciba import GRANT as CIBA_GRANT
from conformance.simulators.psc.ciba import Devices, answered, backchannel
from conformance.simulators.psc.client import authenticate, refusal
from conformance.simulators.psc.exchange import ApiTokens
from conformance.simulators.psc.kinds import STANDARD_DISCOVERY, Kind
from conformance.simulators.psc.pages import data, discovery, endpoints, page
from conformance.simulators.psc.realm import Grant, Outcome, Realm
from conformance.simulators.psc.tokens import challenge_of, subject_of
from conformance.simulators.psc.wallet import LOGIN_PATH, PATH, authorize, form, identify, parameters

Endpoint = Callable[[Realm, Request], Outcome]
_PROTOCOL = "/protocol/openid-connect"
_REFUSALS = {"authorization_code": "code-refused", "refresh_token": "refresh-refused"}
_SHAPES = frozenset(f"userinfo-{name}" for name in ("several", "empty", "unknown", "minimal", "no-refpro"))


def routes(kind: Kind, devices: Devices, tokens: ApiTokens) -> dict[str, Endpoint]:
    """Every path that this provider answers under its issuer, and what does."""
    base = f"{kind.path}{_PROTOCOL}"
    closed_ones = {path: partial(closed, base) for path in endpoints(kind.path).values()}
    opened: dict[str, Endpoint] = {
        f"{kind.path}{kind.discovery}": configuration,
        f"{base}/certs": certs,
        f"{base}/token": partial(token, devices),
        f"{base}/token/introspect": introspect,
        f"{base}/userinfo": information,
        f"{base}/revoke": revoke,
        f"{base}/logout": logout,
        f"{base}/ext/ciba/auth": lambda realm, request: backchannel(realm, devices, request),
    }
    if kind.wallet:
        opened |= {
            f"{kind.path}{STANDARD_DISCOVERY}": standard_configuration,
            f"{base}/auth": wrong_door,
            exchange.TOKEN_PATH: lambda realm, request: exchange.exchange(realm, tokens, request),
            exchange.INTROSPECTION_PATH: lambda realm, request: exchange.introspect(realm, tokens, request),
        }
    else:
        opened |= {f"{kind.path}{PATH}": authorize, f"{kind.path}{LOGIN_PATH}": identify}
    return {**closed_ones, **opened}


def configuration(realm: Realm, request: Request) -> Outcome:
    """The discovery document that names the right authorization endpoint."""
    answer = data(200, discovery(realm.issuer, realm.wallet))
    return Outcome(f"{realm.kind.prefix}discovery", answer, {"verdict": "accepté"})


def standard_configuration(realm: Realm, request: Request) -> Outcome:
    """The document at the standard address, whose authorization endpoint is a dead end."""
    document = discovery(realm.issuer, f"{realm.issuer}{_PROTOCOL}/auth")
    return Outcome("discovery-standard", data(200, document), {"verdict": "accepté"})


def wrong_door(realm: Realm, request: Request) -> Outcome:
    """The authorization endpoint that one reaches by deriving it from the issuer."""
    reason = "Ce n’est pas la page de connexion de Pro Santé Connect : utilisez wallet-openid-configuration."
    facts = {"verdict": "refusé", "refused": reason}
    sent, _ = parameters(request.query)
    keys = frozenset(sent[name][:200] for name in ("state", "nonce") if sent.get(name))
    return Outcome("authorize-issuer", page(400, "Mauvaise adresse", reason), facts, keys)


def certs(realm: Realm, request: Request) -> Outcome:
    """The published keys."""
    return Outcome(f"{realm.kind.prefix}certs", data(200, realm.signer.keys), {"verdict": "accepté"})


def token(devices: Devices, realm: Realm, request: Request) -> Outcome:
    """The token endpoint: a code, a refresh token or a CIBA request against tokens."""
    name = f"{realm.kind.prefix}token"
    sent, repeated = form(request)
    facts: dict[str, str] = {}
    facts |= {key: sent[key][:500] for key in ("grant_type", "redirect_uri") if key in sent}
    facts["client_auth"], unknown = authenticate(realm, request, sent)
    if request.method != "POST" or repeated:
        return refusal(name, facts, "invalid_request", "POST attendu, sans paramètre répété")
    if unknown:
        return refusal(name, facts, "invalid_client", unknown, status=401)
    kind = sent.get("grant_type", "")
    if kind == CIBA_GRANT:
        grant, error, reason = answered(realm, devices, sent, facts)
        mutation = facts.get("mutation")
    elif kind in _REFUSALS:
        grant, reason = _granted(realm, sent, facts)
        error, mutation = "invalid_grant", realm.mutation
    else:
        return refusal(name, facts, "unsupported_grant_type", "grant_type non ouvert à ce client")
    keys = grant.keys if grant else frozenset({facts["login_hint"]} if "login_hint" in facts else ())
    if reason or grant is None:
        return refusal(name, facts, error, reason, keys=keys)
    if (mutation or "").startswith("idt-"):
        facts["mutation"] = mutation or ""
    answer = data(200, realm.tokens(grant, mutation), ("Pragma", "no-cache"))
    return Outcome(name, answer, facts | {"verdict": "accepté"}, keys)


def _granted(realm: Realm, sent: Mapping[str, str], facts: dict[str, str]) -> tuple[Grant | None, str]:
    """The grant of a code or of a refresh token, and why it is refused."""
    kind = sent["grant_type"]
    if kind == "authorization_code":
        grant, reason = realm.redeem(sent.get("code", ""))
        facts["pkce"], wrong = _pkce(grant, sent)
        if not reason and grant is not None and sent.get("redirect_uri") != grant.request.get("redirect_uri"):
            reason = "redirect_uri différente de celle de la demande"
        reason = reason or wrong
    else:
        grant, reason = realm.refreshed(sent.get("refresh_token", ""))
    if not reason and realm.mutation == _REFUSALS[kind]:
        facts["mutation"], reason = _REFUSALS[kind], "refus demandé par le banc"
    return grant, reason


def information(realm: Realm, request: Request) -> Outcome:
    """The user information endpoint."""
    name = f"{realm.kind.prefix}userinfo"
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
    found = realm.bearer(bearer)
    if found is None:
        reason = "jeton dans l’adresse" if facts["token_in"] == "query" else "jeton absent, faux ou expiré"
        challenge = ("WWW-Authenticate", 'Bearer realm="esante-wallet", error="invalid_token"')
        return refusal(name, facts, "invalid_token", reason, status=401, header=challenge)
    claims, session = found
    sub, shape = claims["sub"], realm.mutation if realm.mutation in _SHAPES else ""
    if realm.mutation == "userinfo-wrong-sub":
        sub = subject_of("899900000021")
    if shape or realm.mutation in ("userinfo-wrong-sub", "other-sub", "other-rpps"):
        facts["mutation"] = str(realm.mutation)
    info = realm.kind.userinfo(session.who, realm.organisation, sub, claims["authMode"], shape or "")
    keys = frozenset({session.who.id_national, claims["sid"], claims.get("nonce", "")} - {""})
    return Outcome(name, data(200, info), facts | {"verdict": "accepté"}, keys)


def introspect(realm: Realm, request: Request) -> Outcome:
    """Whether an access token is in force, and what it says (RFC 7662)."""
    name = f"{realm.kind.prefix}introspect"
    sent, _ = form(request)
    facts: dict[str, str] = {}
    facts["client_auth"], unknown = authenticate(realm, request, sent)
    if unknown:
        return refusal(name, facts, "invalid_client", unknown, status=401)
    found = realm.bearer(sent.get("token", ""))
    if found is None:
        facts |= {"verdict": "accepté", "active": "non"}
        return Outcome(name, data(200, {"active": False}), facts)
    claims, session = found
    who = {"client_id": realm.client.id, "username": session.who.id_national, "active": True}
    keys = frozenset({session.who.id_national, claims["sid"]})
    facts |= {"verdict": "accepté", "active": "oui"}
    return Outcome(name, data(200, {**claims, **who}), facts, keys)


def revoke(realm: Realm, request: Request) -> Outcome:
    """End a token (RFC 7009): an unknown one is no error."""
    name = f"{realm.kind.prefix}revoke"
    sent, _ = form(request)
    facts: dict[str, str] = {}
    facts["client_auth"], unknown = authenticate(realm, request, sent)
    if unknown:
        return refusal(name, facts, "invalid_client", unknown, status=401)
    found = realm.bearer(sent.get("token", ""))
    realm.revoke(sent.get("token", ""))
    keys = frozenset[str]() if found is None else frozenset({found[1].who.id_national})
    return Outcome(name, Response(200), facts | {"verdict": "accepté"}, keys)


def logout(realm: Realm, request: Request) -> Outcome:
    """Logout asked by the software: ends the session and sends the browser back."""
    name = f"{realm.kind.prefix}end_session"
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
        return Outcome(name, page(400, "Déconnexion refusée", reason), facts, frozenset(keys))
    ended = realm.close(claims.get("sid", ""))
    facts |= {"verdict": "accepté", "session": "fermée" if ended else "déjà fermée"}
    keys |= {claims.get("preferred_username", ""), claims.get("sid", "")} - {""}
    if not back:
        answer = page(200, "Déconnexion", "Votre session est fermée chez le fournisseur d’identité.")
        return Outcome(name, answer, facts, frozenset(keys))
    if realm.mutation in ("logout-no-state", "logout-wrong-state"):
        facts["mutation"] = realm.mutation
        state = "" if realm.mutation == "logout-no-state" else "un-autre-state"
    extra = f"{'&' if '?' in back else '?'}{urlencode({'state': state})}" if state else ""
    return Outcome(name, Response(302, (("Location", back + extra),)), facts, frozenset(keys))


def closed(base: str, realm: Realm, request: Request) -> Outcome:
    """An endpoint that discovery announces and that the bench does not open to this client."""
    name = request.path.removeprefix(base)
    return refusal(f"fermé {name}", {}, "unauthorized_client", "point d’accès non ouvert à ce client sur le banc")


def _pkce(grant: Grant | None, sent: Mapping[str, str]) -> tuple[str, str]:
    """The PKCE method of the grant, and why the verifier does not fit (empty when it does)."""
    challenge = grant.request.get("code_challenge", "") if grant else ""
    verifier = sent.get("code_verifier", "")
    if not challenge or grant is None:
        return "absent", "code_verifier sans code_challenge dans la demande" if verifier else ""
    method = grant.request.get("code_challenge_method", "plain")
    computed = challenge_of(verifier) if method == "S256" else verifier
    return method, "" if verifier and computed == challenge else "code_verifier absent ou faux"

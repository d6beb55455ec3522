"""The authorization endpoint of Pro Santé Connect: request checked, person identified, browser sent back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from conformance.simulators.http import Request, Response
from conformance.simulators.psc.mutations import CALLBACK
from conformance.simulators.psc.pages import login, page
from conformance.simulators.psc.realm import Outcome, Realm, Session

PATH, LOGIN_PATH = "/auth", "/auth/connexion"
COOKIE = "PSC_SESSION"
MEANS = {"CPS": "CARD", "E-CPS": "MOBILE"}
_OBSERVED = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "acr_values"),
    *("state", "nonce", "prompt", "code_challenge", "code_challenge_method"),
)


def parameters(text: str) -> tuple[dict[str, str], list[str]]:
    """The parameters of a query or form, and the names given several times, which OAuth 2.0 forbids."""
    pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace", max_num_fields=None)
    values: dict[str, str] = {}
    repeated = []
    for name, value in pairs:
        if name in values:
            repeated.append(name)
        values.setdefault(name, value)
    return values, repeated


def form(request: Request) -> tuple[dict[str, str], list[str]]:
    """The parameters of a posted form."""
    return parameters(request.body.decode("utf-8", errors="replace"))


def authorize(realm: Realm, request: Request) -> Outcome:
    """The authorization request: an error page, an error sent back to the software, or the login page."""
    name = f"{realm.kind.prefix}authorize"
    sent, repeated = form(request) if request.method == "POST" else parameters(request.query)
    facts = {name: sent[name][:500] for name in _OBSERVED if name in sent}
    facts["pkce"] = sent.get("code_challenge_method", "plain") if sent.get("code_challenge") else "absent"
    keys = frozenset(sent[name][:200] for name in ("state", "nonce") if sent.get(name))
    unsafe = _unsafe(realm, sent, repeated)
    if unsafe:
        answer = page(400, "Demande refusée", unsafe)
        return Outcome(name, answer, facts | {"verdict": "refusé", "refused": unsafe}, keys)
    error, reason = _wrong(sent)
    session = _known(realm, request)
    if not error and sent.get("prompt") == "none" and session is None:
        error, reason = "login_required", "aucune session ouverte et prompt=none"
    if error:
        facts |= {"verdict": "refusé", "error": error, "refused": reason}
        answer = _back(realm, sent, {"error": error, "error_description": reason})
        return Outcome(name, answer, facts, keys)
    facts["verdict"] = "accepté"
    if session is not None and "login" not in sent.get("prompt", "").split():
        told = Outcome(name, Response(0), facts | {"moyen": "SSO"}, keys)
        return _granted(realm, sent, session, told)
    action = f"{realm.wallet}{LOGIN_PATH.removeprefix(PATH)}"
    answer = login(realm.kind.name, action, realm.hold(sent), list(realm.people.values()))
    return Outcome(name, answer, facts, keys)


def identify(realm: Realm, request: Request) -> Outcome:
    """The login page comes back: the professional is identified, or gives up."""
    name = f"{realm.kind.prefix}login"
    sent, _ = form(request)
    asked = realm.held(sent.get("transaction", ""))
    if asked is None:
        reason = "Cette page de connexion n’est plus valable : recommencez depuis votre logiciel."
        return Outcome(name, page(400, "Page expirée", reason), {"verdict": "refusé", "refused": reason})
    keys = frozenset(asked[name][:200] for name in ("state", "nonce") if asked.get(name))
    means = MEANS.get(sent.get("moyen", ""))
    facts = {"verdict": "refusé", "moyen": sent.get("moyen", "")[:20]}
    if sent.get("action") == "annuler":
        answer = _back(realm, asked, {"error": "access_denied", "error_description": "connexion annulée"})
        return Outcome(name, answer, facts | {"error": "access_denied"}, keys)
    who = realm.people.get(sent.get("professionnel", ""))
    if means is None or who is None:
        reason = "Moyen d’identification ou professionnel inconnu du banc."
        return Outcome(name, page(400, "Connexion refusée", reason), facts | {"refused": reason}, keys)
    told = Outcome(name, Response(0), facts | {"verdict": "accepté"}, keys)
    return _granted(realm, asked, realm.open(means, who), told)


def _granted(realm: Realm, asked: Mapping[str, str], session: Session, told: Outcome) -> Outcome:
    facts = dict(told.facts)
    if realm.mutation in CALLBACK:
        facts["mutation"] = realm.mutation
    if realm.mutation == "error-access-denied":
        result = {"error": "access_denied", "error_description": "authentification refusée"}
        facts["error"] = "access_denied"
    else:
        result = {"code": realm.code(asked, session), "session_state": session.id}
    path = realm.kind.path if realm.kind.prefix else PATH
    cookie = (
        f"{COOKIE}={session.id}; Path={path}; Max-Age={int(realm.lifetimes.sso_max_s)}; HttpOnly; Secure; SameSite=Lax"
    )
    answer = _back(realm, asked, result, ("Set-Cookie", cookie))
    keys = told.keys | {session.id, session.who.id_national}
    return Outcome(told.operation, answer, facts, keys)


def _unsafe(realm: Realm, sent: Mapping[str, str], repeated: list[str]) -> str:
    """Why the browser must not be sent anywhere; empty when it may."""
    if repeated:
        return f"Paramètre répété : {repeated[0][:50]}."
    if sent.get("client_id") != realm.client.id:
        return "client_id inconnu de Pro Santé Connect."
    if not realm.allows(sent.get("redirect_uri", "")):
        return "redirect_uri absente ou différente de celle qui est enregistrée."
    return ""


def _wrong(sent: Mapping[str, str]) -> tuple[str, str]:
    """The OAuth error of a request whose software is known, and its reason; both empty when right."""
    if sent.get("response_type") != "code":
        return "unsupported_response_type", "seul response_type=code est ouvert à ce client"
    if "openid" not in sent.get("scope", "").split():
        return "invalid_scope", "scope doit contenir openid"
    if sent.get("response_mode", "query") != "query":
        return "invalid_request", "seul response_mode=query est ouvert à ce client"
    if sent.get("code_challenge_method", "plain") not in ("plain", "S256"):
        return "invalid_request", "code_challenge_method inconnue"
    return "", ""


def _known(realm: Realm, request: Request) -> Session | None:
    cookies = (part.strip().partition("=") for part in (request.header("Cookie") or "").split(";"))
    number = next((value for name, _, value in cookies if name == COOKIE), "")
    return realm.session(number)


def _back(realm: Realm, asked: Mapping[str, str], result: Mapping[str, str], *headers: tuple[str, str]) -> Response:
    """Send the browser back to the software, with state and iss (RFC 9207) as the mutation wants them."""
    values = dict(result) | {"iss": realm.issuer}
    if "state" in asked:
        values["state"] = asked["state"]
    former, realm.former_state = realm.former_state, asked.get("state", "")
    if realm.mutation == "wrong-state" or (realm.mutation == "old-state" and not former):
        values["state"] = secrets.token_urlsafe(16)
    elif realm.mutation == "old-state":
        values["state"] = former
    elif realm.mutation == "no-state":
        values.pop("state", None)
    elif realm.mutation == "wrong-iss-param":
        values["iss"] = "https://autre-emetteur.test/auth/realms/esante-wallet"
    uri = asked["redirect_uri"]
    location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}"
    return Response(302, (("Location", location), ("Cache-Control", "no-store"), *headers))

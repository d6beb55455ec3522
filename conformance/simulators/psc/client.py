"""How a software authenticates itself at the provider: its secret, or its certificate (RFC 6749 §2.3, RFC 8705 §2)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from conformance.simulators.http import Request
from conformance.simulators.psc.pages import error
from conformance.simulators.psc.realm import Outcome, Realm

CERTIFICATE = "org_auth"
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="esante-wallet"')


def authenticate(realm: Realm, request: Request, sent: Mapping[str, str]) -> tuple[str, str]:
    """How the client authenticated itself (basic, post, tls, query, both, none), and why it is refused, or empty."""
    method, known = _method(realm, request, sent)
    shown = realm.identify(request.certificate)
    if not known:
        return method, "client inconnu ou secret faux"
    if realm.mutual_tls_only and shown != CERTIFICATE:
        return method, "certificat client de l’organisation exigé (mTLS)"
    return method, ""


def _method(realm: Realm, request: Request, sent: Mapping[str, str]) -> tuple[str, bool]:
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
    if realm.identify(request.certificate) == CERTIFICATE:
        return "tls", sent.get("client_id") == realm.client.id
    return "none", False


def _same(realm: Realm, name: str, secret: str) -> bool:
    given = unquote_plus(secret).encode()
    return unquote_plus(name) == realm.client.id and hmac.compare_digest(given, realm.client.secret.encode())


def refusal(
    operation: str,
    facts: Mapping[str, str],
    code: str,
    reason: str,
    status: int = 400,
    keys: frozenset[str] = frozenset(),
    header: tuple[str, str] | None = None,
) -> Outcome:
    """An OAuth error, and the facts that say it."""
    headers: list[Any] = [header] if header else [_CHALLENGE] if status == 401 else []
    told = {**facts, "verdict": "refusé", "error": code, "refused": reason}
    return Outcome(operation, error(status, code, reason, *headers), told, keys)

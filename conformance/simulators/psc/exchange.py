"""The authorization server of a data provider: a Pro Santé Connect token against one for its API (RFC 8693).

« API Pro Santé Connectées »: the software shows its organisation's certificate (mTLS), the issued token is bound to it
(RFC 8705) and the API introspects it. Source: CI-SIS, volet de sécurisation du transport des API REST.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.simulators.http import Request
from conformance.simulators.psc.client import CERTIFICATE, refusal
from conformance.simulators.psc.pages import data
from conformance.simulators.psc.realm import Outcome, Realm
from conformance.simulators.psc.wallet import form

TOKEN_PATH = "/espace-de-confiance/token"
INTROSPECTION_PATH = f"{TOKEN_PATH}/introspect"
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS = "urn:ietf:params:oauth:token-type:access_token"
_KINDS = (_ACCESS, "urn:ietf:params:oauth:token-type:jwt")
_OBSERVED = ("grant_type", "subject_token_type", "requested_token_type", "scope", "audience", "subject_issuer")


@dataclass(slots=True)
class ApiTokens:
    """The tokens this server issued, and what they say. Thread-safe."""

    _known: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, said: dict[str, Any]) -> str:
        """A new opaque token."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._known[token] = said
        return token

    def said(self, token: str, now: float) -> dict[str, Any] | None:
        """What a token in force says."""
        with self._lock:
            said = self._known.get(token)
        return None if said is None or now >= said["exp"] else said


def thumbprint(certificate: bytes) -> str:
    """``x5t#S256`` of a certificate in DER (RFC 8705, 3.1)."""
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()


def exchange(realm: Realm, tokens: ApiTokens, request: Request) -> Outcome:
    """Exchange the professional's access token, over mTLS."""
    sent, repeated = form(request)
    facts = {name: sent[name][:500] for name in _OBSERVED if name in sent}
    shown = realm.identify(request.certificate)
    facts["certificat"] = shown or ("inconnu" if request.certificate else "aucun")
    bearer = realm.bearer(sent.get("subject_token", ""))
    keys = frozenset[str]() if bearer is None else frozenset({bearer[1].who.id_national, bearer[1].id})
    if shown != CERTIFICATE or request.certificate is None:
        reason = "certificat client de l’organisation exigé (mTLS)"
        return refusal("echange", facts, "invalid_client", reason, status=401, keys=keys)
    error, reason = _wrong(sent, repeated)
    if error or bearer is None:
        wrong = (error or "invalid_grant", reason or "subject_token faux, expiré ou révoqué")
        return refusal("echange", facts, *wrong, keys=keys)
    claims, session = bearer
    now = int(realm.clock())
    said = {
        "sub": claims["sub"],
        "preferred_username": session.who.id_national,
        "scope": sent["scope"],
        "exp": now + int(realm.lifetimes.api_s),
        "iat": now,
        "cnf": {"x5t#S256": thumbprint(request.certificate)},
    }
    token = tokens.issue(said)
    facts |= {"verdict": "accepté", "utilisateur": session.who.id_national}
    answer = {"access_token": token, "issued_token_type": _ACCESS, "token_type": "Bearer", "scope": sent["scope"]}
    return Outcome("echange", data(200, answer | {"expires_in": int(realm.lifetimes.api_s)}), facts, keys)


def _wrong(sent: Mapping[str, str], repeated: list[str]) -> tuple[str, str]:
    if repeated or sent.get("grant_type") != GRANT:
        return "unsupported_grant_type", f"grant_type={GRANT} attendu, sans paramètre répété"
    if sent.get("subject_token_type") not in _KINDS:
        return "invalid_request", "subject_token_type doit dire access_token ou jwt"
    if not sent.get("scope"):
        return "invalid_scope", "scope absent : les droits métier demandés à l’API"
    return "", ""


def introspect(realm: Realm, tokens: ApiTokens, request: Request) -> Outcome:
    """What an issued token says, for the API that received it."""
    sent, _ = form(request)
    facts = {"certificat": realm.identify(request.certificate) or "aucun", "verdict": "accepté"}
    if facts["certificat"] != CERTIFICATE:
        return refusal("echange-lecture", facts, "invalid_client", "certificat client exigé (mTLS)", status=401)
    said = tokens.said(sent.get("token", ""), realm.clock())
    return Outcome("echange-lecture", data(200, {"active": said is not None, **(said or {})}), facts)

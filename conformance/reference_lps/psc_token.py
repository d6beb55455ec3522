"""Validation of the identity token: signature by the published keys, then every claim the login depends on.

Source: OpenID Connect Core 1.0 §3.1.3.7. Levels above eidas1 are accepted: real accounts have eidas2.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Gives the published key set; the argument asks to read it again rather than trust what is remembered.
KeySource = Callable[[bool], dict[str, Any]]
# Never "none", nor HS*: the client secret must not be able to sign for the provider.
_HASHES = {"RS256": "sha256", "PS256": "sha256", "ES256": "sha256", "RS384": "sha384", "RS512": "sha512"}
_CLOCK_SKEW = 10
_MAX_AGE = 600


class PscError(Exception):
    """The login cannot be accepted; the message is the French sentence for the user."""


@dataclass(frozen=True)
class Expected:
    """What the token must say. ``nonce`` None means that it is not looked at."""

    issuer: str
    client_id: str
    nonce: str | None


def validate(token: str, access_token: str, expected: Expected, keys: KeySource) -> dict[str, Any]:
    """The claims of a token that is genuine, fresh and meant for this login; PscError otherwise."""
    algorithm, claims = _verified(token, keys)
    if claims.get("iss") != expected.issuer:
        raise PscError("Le jeton d’identité vient d’un autre émetteur (iss).")
    _check_audience(claims, expected.client_id)
    _check_times(claims)
    if expected.nonce is not None and not _same(claims.get("nonce"), expected.nonce):
        raise PscError("Le jeton d’identité ne répond pas à cette demande (nonce).")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise PscError("Le jeton d’identité ne nomme personne (sub).")
    if "acr" in claims and not re.fullmatch(r"eidas[1-9]", str(claims["acr"])):
        raise PscError("Le niveau d’authentification est inférieur à eidas1 (acr).")
    if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(access_token, algorithm)):
        raise PscError("Le jeton d’accès n’est pas celui du jeton d’identité (at_hash).")
    return claims


def _verified(token: str, keys: KeySource) -> tuple[str, dict[str, Any]]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _HASHES:
        raise PscError("Le jeton d’identité n’est pas signé par un algorithme accepté (alg).")
    try:
        key = import_key(_key(header.get("kid"), keys))
        claims = dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
    except (JoseError, ValueError, TypeError, KeyError) as failure:
        raise PscError("La signature du jeton d’identité est invalide.") from failure
    return algorithm, claims


def _key(kid: object, keys: KeySource) -> dict[str, Any]:
    """The key that signed; the set is read again when it does not know the kid, for keys rotate."""
    for again in (False, True):
        published = keys(again).get("keys")
        everyone: list[Any] = published if isinstance(published, list) else []
        usable: list[dict[str, Any]] = [key for key in everyone if _signs(key)]
        named = usable if kid is None else [key for key in usable if key.get("kid") == kid]
        if len(named) == 1:
            return named[0]
    raise PscError("La clé du jeton d’identité n’est pas publiée par Pro Santé Connect (kid).")


def _signs(key: object) -> bool:
    return isinstance(key, dict) and key.get("use", "sig") == "sig"


def _header(token: str) -> Mapping[str, Any]:
    try:
        start = token.partition(".")[0]
        header = json.loads(base64.urlsafe_b64decode(start + "=" * (-len(start) % 4)))
    except (ValueError, RecursionError):
        raise PscError("Le jeton d’identité est illisible.") from None
    if not isinstance(header, dict):
        raise PscError("Le jeton d’identité est illisible.")
    return header


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    everyone = audience if isinstance(audience, list) else [audience]
    if client_id not in everyone:
        raise PscError("Le jeton d’identité est destiné à un autre service (aud).")
    if claims.get("azp", client_id if len(everyone) == 1 else None) != client_id:
        raise PscError("Le jeton d’identité est destiné à plusieurs services (azp).")


def _check_times(claims: Mapping[str, Any]) -> None:
    now = time.time()
    times = (claims.get("exp"), claims.get("iat"))
    if any(isinstance(moment, bool) or not isinstance(moment, int | float) for moment in times):
        raise PscError("Le jeton d’identité n’est pas daté (exp, iat).")
    if claims["exp"] <= now - _CLOCK_SKEW:
        raise PscError("Le jeton d’identité est expiré (exp).")
    if not now - _MAX_AGE <= claims["iat"] <= now + _CLOCK_SKEW:
        raise PscError("Le jeton d’identité n’a pas été émis à l’instant (iat).")


def _half_hash(access_token: str, algorithm: str) -> str:
    digest = hashlib.new(_HASHES[algorithm], access_token.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode("ascii")


def _same(value: object, wanted: str) -> bool:
    return isinstance(value, str) and secrets.compare_digest(value.encode("utf-8", "replace"), wanted.encode("utf-8"))

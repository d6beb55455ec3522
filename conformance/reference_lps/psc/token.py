"""Validation of the identity token: signature by the published keys (joserfc), then every claim (Authlib).

Source: OpenID Connect Core 1.0 §3.1.3.7. Levels above eidas1 are accepted: real accounts have eidas2.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Gives the published key set; the argument asks to read it again rather than trust what is remembered.
KeySource = Callable[[bool], dict[str, Any]]
# Never "none", nor HS*: the client secret must not be able to sign for the provider.
_ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "RS512")
_CLOCK_SKEW = 10
_MAX_AGE = 600
_WRONG = {
    "iss": "Le jeton d’identité vient d’un autre émetteur (iss).",
    "aud": "Le jeton d’identité est destiné à un autre service (aud).",
    "azp": "Le jeton d’identité est destiné à plusieurs services (azp).",
    "exp": "Le jeton d’identité est expiré (exp).",
    "iat": "Le jeton d’identité n’a pas été émis à l’instant (iat).",
    "nonce": "Le jeton d’identité ne répond pas à cette demande (nonce).",
    "sub": "Le jeton d’identité ne nomme personne (sub).",
    "at_hash": "Le jeton d’accès n’est pas celui du jeton d’identité (at_hash).",
}


class PscError(Exception):
    """The login cannot be accepted; the message is the French sentence for the user."""


@dataclass(frozen=True)
class Expected:
    """What the token must say. ``nonce`` None means that none was sent; ``levels`` that acr must be an eIDAS one.

    ``blind`` are the claims this software does not look at: none, unless it is made careless on purpose.
    """

    issuer: str
    client_id: str
    nonce: str | None
    levels: bool = True
    blind: frozenset[str] = frozenset()


def validate(
    token: str, access_token: str, expected: Expected, keys: KeySource, clock: Callable[[], float] = time.time
) -> dict[str, Any]:
    """The claims of a token that is genuine, fresh and meant for this login; PscError otherwise."""
    from authlib.oidc.core import CodeIDToken
    from joserfc.errors import JoseError

    now = int(clock())
    header = _part(token, 0)
    genuine = _part(token, 1) if "signature" in expected.blind else _verified(token, header, keys)
    claims = genuine | _unseen(expected, now)
    options = {"iss": {"essential": True, "value": expected.issuer}, "aud": {"value": expected.client_id}}
    told = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": access_token}
    if "signature" in expected.blind:
        header = {"alg": "RS256"}
    try:
        CodeIDToken(claims, header, options, told).validate(now, _CLOCK_SKEW)
    except (JoseError, ValueError, TypeError) as wrong:
        name = getattr(wrong, "claim", None) or next((one for one in _WRONG if one in str(wrong)), "exp")
        raise PscError(_WRONG.get(name, f"Le jeton d’identité est refusé ({name}).")) from wrong
    _further(claims, expected, now)
    return genuine


def _unseen(expected: Expected, now: int) -> dict[str, Any]:
    """What a careless software takes for granted: the claims it does not look at, as they should have been."""
    good: dict[str, Any] = {
        "iss": expected.issuer,
        "aud": expected.client_id,
        "azp": expected.client_id,
        "exp": now + 60,
        "iat": now,
        "nonce": expected.nonce,
        "sub": "quiconque",
    }
    return {name: value for name, value in good.items() if name in expected.blind}


def _further(claims: Mapping[str, Any], expected: Expected, now: int) -> None:
    """What the library leaves to its user."""
    for name in ("exp", "iat"):
        if isinstance(claims[name], bool) or not isinstance(claims[name], int | float):
            raise PscError("Le jeton d’identité n’est pas daté (exp, iat).")
    if not now - _MAX_AGE <= claims["iat"] <= now + _CLOCK_SKEW:
        raise PscError(_WRONG["iat"])
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise PscError(_WRONG["sub"])
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != expected.client_id:
        raise PscError(_WRONG["azp"])
    if expected.levels and "acr" in claims and not re.fullmatch(r"eidas[1-9]", str(claims["acr"])):
        raise PscError("Le niveau d’authentification est inférieur à eidas1 (acr).")


def _verified(token: str, header: Mapping[str, Any], keys: KeySource) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    algorithm = header.get("alg")
    if algorithm not in _ALGORITHMS:
        raise PscError("Le jeton d’identité n’est pas signé par un algorithme accepté (alg).")
    try:
        key = import_key(_key(header.get("kid"), keys))
        return dict(jwt.decode(token, key, algorithms=[str(algorithm)]).claims)
    except (JoseError, ValueError, TypeError, KeyError) as failure:
        raise PscError("La signature du jeton d’identité est invalide.") from failure


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


def _part(token: str, number: int) -> dict[str, Any]:
    try:
        text = token.split(".")[number]
        part = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, IndexError, RecursionError):
        raise PscError("Le jeton d’identité est illisible.") from None
    if not isinstance(part, dict):
        raise PscError("Le jeton d’identité est illisible.")
    return part

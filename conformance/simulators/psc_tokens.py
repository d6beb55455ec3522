"""The tokens of Pro Santé Connect: access and identity tokens, and the latter made wrong on purpose."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ACCESS_S, REFRESH_S = 120, 1800

Claims = dict[str, Any]


def _without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def _with(**changes: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **changes}


def _expired(claims: Claims) -> Claims:
    now, asked = claims["iat"], claims["auth_time"]
    return {**claims, "iat": now - 3720, "auth_time": asked - 3720, "exp": now - 3600}


# What each mutation of the identity token changes in its claims.
CLAIM_MUTATIONS: Mapping[str, Callable[[Claims], Claims]] = {
    "idt-wrong-iss": _with(iss="https://autre-emetteur.test/auth/realms/esante-wallet"),
    "idt-wrong-aud": _with(aud="un-autre-client"),
    "idt-expired": _expired,
    "idt-wrong-nonce": lambda claims: {**claims, "nonce": secrets.token_urlsafe(24)},
    "idt-missing-sub": _without("sub"),
    "idt-missing-aud": _without("aud"),
    "idt-missing-iat": _without("iat"),
}


class Signer:
    """The realm's signing keys, the newest first."""

    def __init__(self) -> None:
        self._keys: tuple[RSAKey, ...] = (_new_key(),)

    def rotate(self) -> None:
        """Sign with a new key from now on; the old ones stay published and still verify what they signed."""
        self._keys = (_new_key(), *self._keys)

    @property
    def keys(self) -> dict[str, Any]:
        """The published key set (JWKS)."""
        published = (key.as_dict(private=False) for key in self._keys)
        return {"keys": [{**key, "use": "sig", "alg": "RS256"} for key in published]}

    def sign(self, claims: Claims, mutation: str | None = None) -> str:
        """A compact JWT; ``mutation`` may be one that concerns an identity token."""
        from joserfc import jwt

        key = self._keys[0]
        claims = CLAIM_MUTATIONS.get(mutation or "", _with())(claims)
        header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
        if mutation == "idt-alg-none":
            return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
        token = jwt.encode(header, claims, key)
        if mutation == "idt-bad-signature":
            head, _, signature = token.rpartition(".")
            other = "A" if signature[20] != "A" else "B"
            return f"{head}.{signature[:20]}{other}{signature[21:]}"
        return token

    def read(self, token: str) -> Claims | None:
        """The claims of a token these keys signed, whatever its expiry; None for anything else."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            return dict(jwt.decode(token, KeySet(list(self._keys)), algorithms=["RS256"]).claims)
        except (JoseError, ValueError, TypeError):
            return None


def at_hash(access_token: str) -> str:
    """The left half of the access token's SHA-256 (OpenID Connect Core, 3.1.3.6)."""
    return _base64(hashlib.sha256(access_token.encode()).digest()[:16])


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return _base64(hashlib.sha256(verifier.encode()).digest())


def subject_of(id_national: str) -> str:
    """The ``sub`` of a professional: ``f:<uuid>:<national id>``, the uuid being the bench's."""
    return f"f:{uuid.uuid5(uuid.NAMESPACE_DNS, 'psc.banc.test')}:{id_national}"


def _new_key() -> RSAKey:
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    return key


def _part(data: Mapping[str, Any]) -> str:
    return _base64(json.dumps(data).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""The tokens of Pro Santé Connect: access and identity tokens, and the latter made wrong on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

Claims = dict[str, Any]
_REMEMBERED = 1000


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
    "idt-extra-aud": lambda claims: {**_without("azp")(claims), "aud": [claims["aud"], "un-autre-client"]},
    "idt-expired": _expired,
    "idt-wrong-nonce": lambda claims: {**claims, "nonce": secrets.token_urlsafe(24)},
    "idt-missing-sub": _without("sub"),
    "idt-missing-aud": _without("aud"),
    "idt-missing-iat": _without("iat"),
}


class Signer:
    """The realm's signing keys, the newest first; the first is made when it is first needed."""

    def __init__(self) -> None:
        self._made: tuple[RSAKey, ...] = ()
        self._given: dict[str, Claims] = {}
        self._lock = threading.Lock()

    def rotate(self) -> None:
        """Sign with a new key from now on; the old ones stay published and still verify what they signed."""
        self._made = (_new_key(), *self._keys)

    @property
    def _keys(self) -> tuple[RSAKey, ...]:
        with self._lock:
            self._made = self._made or (_new_key(),)
        return self._made

    @property
    def keys(self) -> dict[str, Any]:
        """The published key set (JWKS)."""
        published = (key.as_dict(private=False) for key in self._keys)
        return {"keys": [{**key, "use": "sig", "alg": "RS256"} for key in published]}

    def sign(self, claims: Claims, mutation: str | None = None, secret: str = "") -> str:
        """A compact JWT; ``mutation`` may be one that concerns an identity token, ``secret`` is the client's."""
        from joserfc import jwt

        key = self._keys[0]
        claims = CLAIM_MUTATIONS.get(mutation or "", _with())(claims)
        header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
        if mutation == "idt-alg-none":
            return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
        if mutation == "idt-hs256":
            return _hs256(claims, secret)
        token = jwt.encode(header, claims, key)
        with self._lock:
            # What we signed a moment ago, word for word, needs no verification; older ones are verified.
            while len(self._given) >= _REMEMBERED:
                del self._given[next(iter(self._given))]
            self._given[token] = claims
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

        with self._lock:
            if token in self._given:
                return dict(self._given[token])
        try:
            return dict(jwt.decode(token, KeySet(list(self._keys)), algorithms=["RS256"]).claims)
        except (JoseError, ValueError, TypeError):
            return None


def _hs256(claims: Claims, secret: str) -> str:
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def at_hash(access_token: str) -> str:
    """The left half of the access token's SHA-256 (OpenID Connect Core, 3.1.3.6)."""
    return _base64(hashlib.sha256(access_token.encode()).digest()[:16])


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return _base64(hashlib.sha256(verifier.encode()).digest())


def subject_of(id_national: str, realm: str = "psc.banc.test") -> str:
    """The ``sub`` of a professional: ``f:<uuid>:<national id>``, the uuid being that of the bench's realm."""
    return f"f:{uuid.uuid5(uuid.NAMESPACE_DNS, realm)}:{id_national}"


def _new_key() -> RSAKey:
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    return key


def _part(data: Mapping[str, Any]) -> str:
    return _base64(json.dumps(data).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""The private keys of the software's certificates, each opened once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .types import Credential


def signing_key(credential: Credential) -> RSAPrivateKey:
    """The key that signs for this certificate. Raises ValueError when the file holds no RSA key."""
    return _opened(credential.key.read_bytes())


@lru_cache(maxsize=16)
def _opened(pem: bytes) -> RSAPrivateKey:
    """Opening a key proves its primes again, which costs a hundred signatures: a key whose file has changed is another."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem, password=None)
    if isinstance(key, RSAPrivateKey):
        return key
    raise ValueError("the signing key is not an RSA key")

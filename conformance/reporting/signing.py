"""Signatures made with one key: PAdES on the PDF, detached JWS on the files. Nothing here calls anyone.

The key is that of a PKCS#12 file, of a PEM file with its certificate, or of a PKCS#11 token; pyHanko opens all three, and
its raw signature makes the JWS too.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

FIELD = "Signature"


class SealError(Exception):
    """A key cannot be used, or a file cannot be signed; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the key is. ``secret`` is the passphrase or the PIN, None when there is none.

    Either ``p12``; or ``key`` and ``certificate`` (PEM); or ``library``, ``token`` and ``label`` (PKCS#11).
    """

    p12: Path | None = None
    key: Path | None = None
    certificate: Path | None = None
    library: Path | None = None
    token: str | None = None
    label: str | None = None
    secret: str | None = None


@contextmanager
def opened(source: KeySource) -> Iterator[Signer]:
    """The key, for the time of the context. Raises SealError when it cannot be used."""
    if source.library is not None:
        with _token(source) as signer:
            yield signer
        return
    from pyhanko.sign import signers

    simple: Any = signers.SimpleSigner

    secret = None if source.secret is None else source.secret.encode()
    path = source.p12 or source.key
    if path is None or (source.p12 is None and source.certificate is None):
        raise SealError("aucune clé : donnez --p12, ou --key et --cert, ou --pkcs11")
    for needed in (source.p12, source.key, source.certificate):
        if needed is not None and not needed.is_file():
            raise SealError(f"{needed} : ce fichier n’existe pas")
    try:
        if source.p12 is not None:
            signer = simple.load_pkcs12(str(source.p12), passphrase=secret)
        else:
            signer = simple.load(str(source.key), str(source.certificate), key_passphrase=secret)
    except (ValueError, TypeError, OSError) as error:
        raise SealError(f"{path} : clé illisible ({error})") from None
    if signer is None:
        raise SealError(f"{path} : clé illisible, ou mot de passe faux")
    yield signer


@contextmanager
def _token(source: KeySource) -> Iterator[Signer]:
    try:
        import pkcs11
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError:
        raise SealError("PKCS#11 demande un paquet de plus : pip install segur-conformance[pkcs11]") from None
    try:
        wanted = None if source.token is None else TokenCriteria(label=source.token)
        session = open_pkcs11_session(str(source.library), token_criteria=wanted, user_pin=source.secret)
        with session:
            yield PKCS11Signer(session, cert_label=source.label, key_label=source.label)
    except (pkcs11.PKCS11Error, OSError, RuntimeError) as error:
        raise SealError(
            f"{source.library} : jeton inutilisable ({type(error).__name__} {error})".rstrip(" ()")
        ) from None


def signer_name(signer: Signer) -> str:
    """The common name of the certificate, or its whole subject."""
    certificate = signer.signing_cert
    if certificate is None:
        raise SealError("la clé n’a pas de certificat")
    subject = certificate.subject.native
    return str(subject.get("common_name") or certificate.subject.human_friendly)


def sign_pdf(content: bytes, signer: Signer) -> bytes:
    """The PDF with a PAdES-B signature, invisible, over the whole file."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, name=signer_name(signer)
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    made = signers.sign_pdf(writer, metadata, signer=signer)
    return bytes(made.getvalue())


def sign_bytes(content: bytes, signer: Signer) -> bytes:
    """A detached JWS (RFC 7515, appendix F) in compact form, the certificate in its header (``x5c``)."""
    certificate = signer.signing_cert
    if certificate is None:
        raise SealError("la clé n’a pas de certificat")
    kind = certificate.public_key.algorithm
    if kind not in ("rsa", "ec") or (kind == "ec" and certificate.public_key.curve[1] != "secp256r1"):
        raise SealError("la clé doit être RSA ou EC P-256")
    header = {"alg": "RS256" if kind == "rsa" else "ES256", "x5c": [base64.b64encode(certificate.dump()).decode()]}
    protected = b64(json.dumps(header, separators=(",", ":"), sort_keys=True).encode())
    raw = asyncio.run(signer.async_sign_raw(f"{protected}.{b64(content)}".encode(), "sha256"))
    return f"{protected}..{b64(raw if kind == 'rsa' else _joined(raw))}".encode()


def _joined(raw: bytes) -> bytes:
    """An ECDSA signature as JWS has it, from the one that pyHanko gives (DER)."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    first, second = decode_dss_signature(raw)
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def b64(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed_by(content: bytes, signature: bytes) -> Any:
    """The certificate (of ``cryptography``) that signed these bytes. Raises SealError when the signature does not hold."""
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        certificate, whole, key = _parsed(content, signature)
        jws.deserialize_compact(whole, key, algorithms=["RS256", "ES256"], registry=_registry())
    except (JoseError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise SealError("la signature ne correspond pas") from None
    return certificate


def _parsed(content: bytes, signature: bytes) -> tuple[Any, str, Any]:
    """The certificate, the whole JWS and the key. Raises ValueError or KeyError for anything but what we write."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from joserfc.jwk import ECKey, RSAKey

    protected, empty, value = signature.decode("ascii").split(".")
    # Base64 allows several spellings of the same bytes: only the one we write is accepted.
    if empty or any(b64(_unb64(part)) != part for part in (protected, value)):
        raise ValueError(signature[:20])
    header = json.loads(_unb64(protected))
    certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0], validate=True))
    pem = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = RSAKey.import_key(pem) if header["alg"] == "RS256" else ECKey.import_key(pem)
    return certificate, f"{protected}.{b64(content)}.{value}", key


def _unb64(words: str) -> bytes:
    return base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))


def _registry() -> Any:
    """Joserfc refuses big payloads by default; ours is a whole run."""
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=["RS256", "ES256"])
    registry.max_header_length = 16_384
    registry.max_payload_length = 512_000_000
    registry.max_signature_length = 2_048
    return registry

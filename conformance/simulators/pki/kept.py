"""Whether the certificates of a kept bench can serve again: all there, of one piece, what today's bench would make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from conformance.simulators.pki.content import AUTHORITIES, CHAINED, LEAVES, Leaf, authority_name
from conformance.simulators.pki.files import Pair

if TYPE_CHECKING:
    from cryptography import x509

MARGIN = timedelta(days=30)
_PROOF = b"banc"


class Certificates(Protocol):
    """What is asked of the bench's certificates: where they are, and what they should say."""

    @property
    def trust(self) -> Path:
        """The authorities."""
        ...

    @property
    def crl(self) -> Path:
        """The revocation list."""
        ...

    def pair(self, name: str) -> Pair:
        """The files of a certificate."""
        ...

    def leaf(self, name: str) -> Leaf:
        """What it would say if it were made now."""
        ...


class UnusableError(Exception):
    """The certificates cannot serve again; the text is the reason, in French."""


def usable_until(pki: Certificates, at: datetime | None = None) -> datetime:
    """The day the first of the certificates expires. Raises UnusableError when they cannot serve for a month more.

    What a certificate says is compared with what ``pki`` would write now: a set made for other people, or by a former
    version of the bench, is not one that can serve.
    """
    files = [pki.trust, pki.crl, *_pairs(pki)]
    missing = [path.name for path in files if not path.is_file()]
    if len(missing) == len(files):
        raise UnusableError("premier usage de ce dossier")
    if missing:
        raise UnusableError(f"il manquait {', '.join(missing[:3])}{'…' if missing[3:] else ''}")
    now = at or datetime.now(UTC)
    authorities = _authorities(pki)
    lasting = list(authorities.values())
    for name in LEAVES:
        certificate = _leaf(pki, name, authorities)
        if not pki.leaf(name).expired:
            lasting.append(certificate)
        elif certificate.not_valid_after_utc >= now:
            raise UnusableError(f"{pki.pair(name).certificate.name} devait être périmé")
    if any(certificate.not_valid_before_utc > now for certificate in lasting):
        raise UnusableError("ils ne sont pas encore valables à la date de cette machine")
    _current(pki, authorities["organisations"], now)
    until = min(certificate.not_valid_after_utc for certificate in lasting)
    if until < now + MARGIN:
        raise UnusableError(f"les précédents expirent le {until:%d/%m/%Y}, dans moins de {MARGIN.days} jours")
    return until


def _pairs(pki: Certificates) -> Iterator[Path]:
    for name in LEAVES:
        pair = pki.pair(name)
        yield from (pair.certificate, pair.key)


def _authorities(pki: Certificates) -> dict[str, x509.Certificate]:
    trusted = _read(pki.trust)
    foreign = pki.pair("server_untrusted").certificate
    chain = [*trusted, *_read(foreign)[1:]]
    if len(trusted) != len(AUTHORITIES) - 1 or len(chain) != len(AUTHORITIES):
        raise UnusableError(f"{pki.trust.name} et {foreign.name} ne portent pas les autorités attendues")
    found = dict(zip(AUTHORITIES, chain, strict=True))
    for name, certificate in found.items():
        issuer = found["root"] if name in ("organisations", "persons") else certificate
        if certificate.subject != authority_name(name) or not _issued(certificate, issuer):
            raise UnusableError(f"l’autorité « {name} » n’est pas celle du banc")
    return found


def _current(pki: Certificates, issuer: x509.Certificate, now: datetime) -> None:
    """The revocation list is the authority's, and holds as long as its certificates."""
    from cryptography import x509

    try:
        found = x509.load_der_x509_crl(pki.crl.read_bytes())
    except ValueError:
        raise UnusableError(f"{pki.crl.name} est illisible") from None
    until = found.next_update_utc
    if not found.is_signature_valid(issuer.public_key()) or until is None:  # type: ignore[arg-type]
        raise UnusableError(f"{pki.crl.name} ne vient pas de l’autorité du banc")
    if until < now + MARGIN:
        raise UnusableError(f"{pki.crl.name} expire le {until:%d/%m/%Y}")


def _leaf(pki: Certificates, name: str, authorities: dict[str, x509.Certificate]) -> x509.Certificate:
    """The certificate of that name, once sure that it is the expected one and that its key is its own."""
    from cryptography import x509

    pair, expected = pki.pair(name), pki.leaf(name)
    certificate, *chain = _read(pair.certificate)
    issuer = authorities[expected.issuer]
    if not _issued(certificate, issuer) or chain != ([issuer] if name in CHAINED else []):
        raise UnusableError(f"{pair.certificate.name} ne vient pas de l’autorité du banc")
    drawn = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
    said = {(one.value, one.critical) for one in certificate.extensions if not isinstance(one.value, drawn)}
    if certificate.subject != expected.subject or said != set(expected.extensions):
        raise UnusableError(f"{pair.certificate.name} ne dit plus ce que le banc attend")
    if not _opens(pair.key, certificate):
        raise UnusableError(f"{pair.key.name} n’est pas la clé de {pair.certificate.name}")
    return certificate


def _read(path: Path) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError:
        raise UnusableError(f"{path.name} est illisible") from None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _opens(path: Path, certificate: x509.Certificate) -> bool:
    """Whether the private key is the certificate's: what it signs, the certificate verifies."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # Proving the primes again would cost as much as a new set; the signature below tells what matters.
        key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError):
        return False
    public = certificate.public_key()
    if not (isinstance(key, RSAPrivateKey) and isinstance(public, RSAPublicKey)):
        return False
    try:
        public.verify(key.sign(_PROOF, PKCS1v15(), hashes.SHA256()), _PROOF, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True

"""What tells that a certificate of the bench is revoked: the list (RFC 5280) and the responder's answers (RFC 6960)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from conformance.simulators.pki.content import LEAVES, RESPONDER, REVOKED

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.simulators.pki.authority import Pki


def revocation_list(
    issuer: x509.Certificate, key: RSAPrivateKey, revoked: Sequence[x509.Certificate], valid: timedelta
) -> bytes:
    """The list of ``issuer``, DER, on which those ``revoked`` stand."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    now = datetime.now(UTC) - timedelta(days=1)
    builder = (
        x509.CertificateRevocationListBuilder(issuer_name=issuer.subject).last_update(now).next_update(now + valid)
    )
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.add_extension(authority, critical=False)
    reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.add_extension(reason, critical=False).build())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def ocsp_answer(pki: Pki, asked: bytes) -> bytes:
    """The responder's answer to that request, DER: « unknown » for a certificate that the bench did not make.

    Raises ValueError for what is not a request.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
    from cryptography.x509 import ocsp

    request = ocsp.load_der_ocsp_request(asked)
    known, revoked = _numbers(pki, LEAVES), _numbers(pki, REVOKED)
    pair = pki.pair(RESPONDER)
    key = load_pem_private_key(pair.key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{pair.key.name} n’est pas une clé RSA")
    now, number = datetime.now(UTC), request.serial_number
    bad = number in revoked
    good = ocsp.OCSPCertStatus.GOOD if number in known else ocsp.OCSPCertStatus.UNKNOWN
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=request.issuer_name_hash,
        issuer_key_hash=request.issuer_key_hash,
        serial_number=number,
        algorithm=request.hash_algorithm,
        cert_status=ocsp.OCSPCertStatus.REVOKED if bad else good,
        this_update=now - timedelta(minutes=5),
        next_update=now + timedelta(hours=1),
        revocation_time=now - timedelta(days=1) if bad else None,
        revocation_reason=x509.ReasonFlags.key_compromise if bad else None,
    )
    certificate = x509.load_der_x509_certificate(pair.der)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate).certificates([certificate])
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def told_port(pki: Pki) -> int:
    """The port where the certificates already in the folder say that revocations are told; 0 when they do not."""
    from urllib.parse import urlsplit

    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(pki.pair("server").der)
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        names = points[0].full_name or []
        return urlsplit(str(names[0].value)).port or 0
    except (OSError, ValueError, IndexError, x509.ExtensionNotFound):
        return 0


def _numbers(pki: Pki, names: Sequence[str]) -> frozenset[int]:
    """The serial numbers of those that the authority of organisations issued."""
    from cryptography import x509

    issued = [name for name in names if pki.leaf(name).issuer == "organisations"]
    return frozenset(x509.load_der_x509_certificate(pki.pair(name).der).serial_number for name in issued)

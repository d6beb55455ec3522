"""The lists of revoked certificates: that of the operator's authority (MSS/CONF.22), and those that certificates name.

Each is kept until its own end.
"""

from __future__ import annotations

import base64
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import wire
from .types import Bench

if TYPE_CHECKING:
    from cryptography import x509

_MOST_KEPT = 16


class RevokedList:
    """``path`` is where the list is kept, as OpenSSL reads it (PEM)."""

    def __init__(self, bench: Bench, path: Path, defects: frozenset[str]) -> None:
        self._bench, self._path, self._defects = bench, path, defects

    def file(self) -> Path | None:
        """The list to check against: today's, else the last one kept; None when the bench tells of none.

        OpenSSL itself refuses one that has expired, and a connection that no list covers.
        """
        where = self._bench.raw.get("revocation", {}).get("crl")
        if where is None or "mss-revocation-ignored" in self._defects:
            return None
        if (fresh := self._fetch(str(where))) is not None:
            self._path.write_text(fresh, encoding="ascii")
        elif "mss-revocation-not-kept" in self._defects:
            self._path.write_text("", encoding="ascii")
        return self._path

    def _fetch(self, where: str) -> str | None:
        """The list published now, None when it cannot be had or is not one of an authority that is trusted."""
        heard = published(self._bench, where)
        if heard is None:
            return None
        body = "\n".join(textwrap.wrap(base64.b64encode(heard[0]).decode("ascii"), 64))
        return f"-----BEGIN X509 CRL-----\n{body}\n-----END X509 CRL-----\n"


class UnknownStatusError(Exception):
    """Whether a certificate is revoked cannot be known; the message is the French sentence for who shows it."""


class NamedLists:
    """The lists that certificates name (RFC 5280, 4.2.1.13). For one thread."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._kept: dict[str, x509.CertificateRevocationList] = {}

    def revoked(self, certificate: x509.Certificate) -> bool:
        """Whether it stands on its authority's list. Raises UnknownStatusError when no current list can be had."""
        for where in _points(certificate):
            listed = self._current(where)
            if listed is not None and listed.issuer == certificate.issuer:
                return listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        raise UnknownStatusError("La liste de révocation de ce certificat ne peut être obtenue.")

    def _current(self, where: str) -> x509.CertificateRevocationList | None:
        kept = self._kept.get(where)
        if kept is not None and _holds(kept):
            return kept
        heard = published(self._bench, where)
        if heard is None:
            return None
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[where] = heard[1]
        return heard[1]


def published(bench: Bench, where: str) -> tuple[bytes, x509.CertificateRevocationList] | None:
    """The list published there now (DER, and read); None when it cannot be had or is not one of an authority that is trusted."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        with wire.session(bench) as client:
            heard = wire.call(client, "GET", where)
        found = x509.load_der_x509_crl(heard.body) if heard.status == 200 else None
    except (wire.WireError, ValueError):
        return None
    # A list that says more than a reader understands covers something else than all the authority's certificates.
    if found is None or not _holds(found) or any(extension.critical for extension in found.extensions):
        return None
    trusted = x509.load_pem_x509_certificates(bench.trust.read_bytes())
    signers = [one.public_key() for one in trusted if one.subject == found.issuer]
    if not any(isinstance(key, rsa.RSAPublicKey) and found.is_signature_valid(key) for key in signers):
        return None
    return heard.body, found


def _holds(listed: x509.CertificateRevocationList) -> bool:
    now, until = datetime.now(UTC), listed.next_update_utc
    return until is not None and listed.last_update_utc <= now < until


def _points(certificate: x509.Certificate) -> list[str]:
    """Where the certificate says that its authority publishes its list, by HTTP."""
    from cryptography import x509

    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [name.value for point in points for name in point.full_name or ()]
    return [name for name in names if isinstance(name, str) and name.startswith(("http://", "https://"))]

"""The list of revoked certificates of the authority: the last one that has not expired is kept (MSS/CONF.22)."""

from __future__ import annotations

import base64
import textwrap
from datetime import UTC, datetime
from pathlib import Path

from . import wire
from .types import Bench


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
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import rsa

        try:
            with wire.session(self._bench) as client:
                heard = wire.call(client, "GET", where)
            found = x509.load_der_x509_crl(heard.body) if heard.status == 200 else None
        except (wire.WireError, ValueError):
            return None
        if found is None or found.next_update_utc is None or found.next_update_utc < datetime.now(UTC):
            return None
        trusted = x509.load_pem_x509_certificates(self._bench.trust.read_bytes())
        signers = [one.public_key() for one in trusted if one.subject == found.issuer]
        if not any(isinstance(key, rsa.RSAPublicKey) and found.is_signature_valid(key) for key in signers):
            return None
        body = "\n".join(textwrap.wrap(base64.b64encode(heard.body).decode("ascii"), 64))
        return f"-----BEGIN X509 CRL-----\n{body}\n-----END X509 CRL-----\n"

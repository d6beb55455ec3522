"""A throw-away PKI that mimics the test branch of the IGC-Santé: same subjects, « TEST » everywhere.

Root ``TEST AC RACINE IGC-SANTE ELEMENTAIRE``, two issuing authorities (organisations and persons), RSA 2048
and SHA-256 throughout, and a foreign root that nobody trusts. Source: names read in the DMP test kit.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.simulators.naming import known
from conformance.simulators.people import ORGANISATION, PROFESSIONAL, Organisation, Professional
from conformance.simulators.pki.content import (
    AUTHORITIES,
    CHAINED,
    CLIENTS,
    LEAVES,
    OWN_SERVER,
    RESPONDER,
    REVOKED,
    SERVERS,
    THIRD_PARTIES,
    TWINS,
    Leaf,
    authority_name,
    client,
    own_server,
    responder,
    server,
    third_party,
    usage,
)
from conformance.simulators.pki.files import Pair, write_private
from conformance.simulators.pki.kept import UnusableError, usable_until

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_BITS = 2048
_VALID = timedelta(days=365)
_LATER = timedelta(days=30)
"""The revocation list outlives the certificates: what ends their use is their own date."""


@dataclass(frozen=True, slots=True)
class _Issuer:
    certificate: x509.Certificate
    key: RSAPrivateKey


class Pki:
    """The bench's certificates; ``create()`` writes them in ``folder``, named as in bench.json.

    ``kept`` then tells whether they were there before, ``origin`` why or until when, in French. The authorities' keys
    are never written: whoever trusts the bench trusts these certificates, and nobody can sign another. ``revocation``
    is the address, without its path, where the servers' certificates say that their revocation is told; empty for none.
    """

    def __init__(
        self,
        folder: Path,
        organisation: Organisation = ORGANISATION,
        professional: Professional = PROFESSIONAL,
        revocation: str = "",
    ) -> None:
        self.folder = folder
        self.organisation = organisation
        self.professional = professional
        self.revocation = revocation
        self.kept = False
        self.origin = ""
        self._digests: dict[str, str] = {}

    @property
    def trust(self) -> Path:
        """What the software under test must trust: the root and both issuing authorities, PEM."""
        return self.folder / "ac.pem"

    @property
    def crl(self) -> Path:
        """The revocation list of the authority of organisations, DER."""
        return self.folder / "organisations.crl"

    def pair(self, name: str) -> Pair:
        """The files of a certificate, by its name in LEAVES."""
        stem = known(name, LEAVES, "paire de certificats").replace("_", "-")
        return Pair(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")

    def identify(self, der: bytes | None) -> str | None:
        """The name of the bench's client certificate that this is (DER); None for any other or for none."""
        return None if der is None else self._digests.get(hashlib.sha256(der).hexdigest())

    def create(self, keep: bool = False) -> Pki:
        """Write every certificate and key; at most two seconds.

        With ``keep``, a complete and coherent set that is still good for a month is left as it is.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept, self.origin = False, "neufs"
        if keep:
            try:
                self.kept, self.origin = True, f"gardés, valables jusqu’au {usable_until(self):%d/%m/%Y}"
            except UnusableError as why:
                self.kept, self.origin = False, f"neufs : {why}"
        if not self.kept:
            self._make()
        self._digests = {hashlib.sha256(self.pair(name).der).hexdigest(): name for name in CLIENTS}
        return self

    def _make(self) -> None:
        from conformance.simulators.pki.revocation import revocation_list

        names = [name for name in (*AUTHORITIES, *LEAVES) if name not in TWINS]
        # Drawing RSA primes is the whole cost, and the library releases the interpreter lock meanwhile.
        with ThreadPoolExecutor(4) as pool:
            keys = dict(zip(names, pool.map(lambda _: _new_key(), names), strict=True))
        keys |= {name: keys[twin] for name, twin in TWINS.items()}
        authorities, revoked = self._authorities(keys), []
        trusted = [authorities[name] for name in ("root", "organisations", "persons")]
        self.trust.write_bytes(b"".join(_pem(issuer.certificate) for issuer in trusted))
        for name in LEAVES:
            leaf = self.leaf(name)
            issuer = authorities[leaf.issuer]
            chain = [issuer.certificate] if name in CHAINED else []
            made = _leaf(leaf, keys[name], issuer)
            self._write(name, keys[name], made, chain)
            revoked += [made] if name in REVOKED else []
        issuer = authorities["organisations"]
        self.crl.write_bytes(revocation_list(issuer.certificate, issuer.key, revoked, _VALID + _LATER))

    def leaf(self, name: str) -> Leaf:
        """What the certificate of that name (in LEAVES) says."""
        if name == RESPONDER:
            return responder()
        if name == OWN_SERVER:
            return own_server(self.organisation)
        if name in THIRD_PARTIES:
            return third_party(name, self.revocation)
        if name in SERVERS:
            return server(name, self.revocation)
        return client(name, self.organisation, self.professional)

    def server_context(
        self,
        name: str = "server",
        ask_client: bool = True,
        minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        maximum: ssl.TLSVersion | None = None,
        ciphers: str | None = None,
    ) -> ssl.SSLContext:
        """A server's TLS settings.

        A client certificate is asked for, not required: its absence is the service's to record and refuse,
        whereas one from another authority fails the handshake.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        pair = self.pair(name)
        if ciphers is not None:
            context.set_ciphers(ciphers)
        context.load_cert_chain(pair.certificate, pair.key)
        context.minimum_version = minimum
        if maximum is not None:
            context.maximum_version = maximum
        if ask_client:
            context.load_verify_locations(self.trust)
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_context(self, name: str | None = None) -> ssl.SSLContext:
        """A client's TLS settings: trusts the bench, shows the named certificate when there is one."""
        context = ssl.create_default_context(cafile=str(self.trust))
        if name is not None:
            pair = self.pair(name)
            context.load_cert_chain(pair.certificate, pair.key)
        return context

    def _authorities(self, keys: dict[str, RSAPrivateKey]) -> dict[str, _Issuer]:
        made: dict[str, _Issuer] = {}
        for name in AUTHORITIES:
            parent = made["root"] if name in ("organisations", "persons") else None
            made[name] = _Issuer(_authority(authority_name(name), keys[name], parent), keys[name])
        return made

    def _write(
        self, name: str, key: RSAPrivateKey, certificate: x509.Certificate, chain: Sequence[x509.Certificate]
    ) -> None:
        from cryptography.hazmat.primitives import serialization as serial

        pair = self.pair(name)
        pair.certificate.write_bytes(b"".join(_pem(item) for item in (certificate, *chain)))
        encoding = (serial.Encoding.PEM, serial.PrivateFormat.PKCS8, serial.NoEncryption())
        write_private(pair.key, key.private_bytes(*encoding))


def _new_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _builder(subject: x509.Name, key: RSAPrivateKey, issuer: x509.Name) -> x509.CertificateBuilder:
    from cryptography import x509

    base = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return base.serial_number(x509.random_serial_number()).add_extension(identifier, critical=False)


def _authority(subject: x509.Name, key: RSAPrivateKey, parent: _Issuer | None) -> x509.Certificate:
    from cryptography import x509

    builder = _builder(subject, key, parent.certificate.subject if parent else subject)
    limits = x509.BasicConstraints(ca=True, path_length=0 if parent else 1)
    builder = builder.add_extension(limits, critical=True)
    builder = builder.add_extension(usage(authority=True), critical=True)
    return _signed(builder, parent.key if parent else key, expired=False)


def _leaf(leaf: Leaf, key: RSAPrivateKey, issuer: _Issuer) -> x509.Certificate:
    builder = _builder(leaf.subject, key, issuer.certificate.subject)
    for extension, critical in leaf.extensions:
        builder = builder.add_extension(extension, critical=critical)
    return _signed(builder, issuer.key, leaf.expired)


def _signed(builder: x509.CertificateBuilder, key: RSAPrivateKey, expired: bool) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    # A day of grace: a vendor's machine may be late.
    start = datetime.now(UTC) - timedelta(days=60 if expired else 1)
    end = start + (timedelta(days=30) if expired else _VALID)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.not_valid_before(start).not_valid_after(end).add_extension(authority, critical=False)
    return builder.sign(key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)

"""A throw-away PKI that mimics the test branch of the IGC-Santé: same subjects, « TEST » everywhere.

Root ``TEST AC RACINE IGC-SANTE ELEMENTAIRE``, two issuing authorities (organisations and persons), RSA 2048
and SHA-256 throughout, and a foreign root that nobody trusts. Source: names read in the DMP test kit.
"""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.simulators.naming import known
from conformance.simulators.people import ORGANISATION, PROFESSIONAL, Organisation, Professional

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_BITS = 2048
OPERATOR = "operateur.mssante.test"
SERVERS = ("server", "server_other", "server_expired", "server_untrusted")
CLIENTS = ("org_auth", "org_sign", "cps_auth", "cps_sign", "org_untrusted")
_AUTHORITIES = ("root", "organisations", "persons", "foreign")
_VALID = timedelta(days=365)
_NAMES = {
    "root": "TEST AC RACINE IGC-SANTE ELEMENTAIRE",
    "organisations": "TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS",
    "persons": "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES",
    "foreign": "TEST AC ETRANGERE AU BANC",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (PEM, then its authority for servers) and its private key (PEM, not encrypted)."""

    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        """The certificate itself, in DER."""
        return ssl.PEM_cert_to_DER_cert(_first_pem(self.certificate.read_text(encoding="ascii")))


@dataclass(frozen=True, slots=True)
class _Issuer:
    certificate: x509.Certificate
    key: RSAPrivateKey


class Pki:
    """The bench's certificates; ``create()`` writes them in ``folder``, named as in bench.json."""

    def __init__(
        self,
        folder: Path,
        organisation: Organisation = ORGANISATION,
        professional: Professional = PROFESSIONAL,
    ) -> None:
        self.folder = folder
        self.organisation = organisation
        self.professional = professional
        self._digests: dict[str, str] = {}

    @property
    def trust(self) -> Path:
        """What the software under test must trust: the root and both issuing authorities, PEM."""
        return self.folder / "ac.pem"

    def pair(self, name: str) -> Pair:
        """The files of a certificate, by its name in SERVERS or CLIENTS."""
        stem = known(name, SERVERS + CLIENTS, "paire de certificats").replace("_", "-")
        return Pair(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")

    def identify(self, der: bytes | None) -> str | None:
        """The name of the bench's client certificate that this is (DER); None for any other or for none."""
        return None if der is None else self._digests.get(hashlib.sha256(der).hexdigest())

    def create(self) -> Pki:
        """Write every certificate and key; at most two seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = (*_AUTHORITIES, *SERVERS, *CLIENTS)
        # Drawing RSA primes is the whole cost, and the library releases the interpreter lock meanwhile.
        with ThreadPoolExecutor(4) as pool:
            keys = dict(zip(names, pool.map(lambda _: _new_key(), names), strict=True))
        authorities = self._authorities(keys)
        trusted = [authorities[name] for name in ("root", "organisations", "persons")]
        self.trust.write_bytes(b"".join(_pem(issuer.certificate) for issuer in trusted))
        for name in SERVERS:
            issuer = authorities["foreign" if name == "server_untrusted" else "organisations"]
            self._write(name, keys[name], self._server(name, keys[name], issuer), chain=[issuer.certificate])
        for name in CLIENTS:
            branch = {"cps_auth": "persons", "cps_sign": "persons", "org_untrusted": "foreign"}
            certificate = self._client(name, keys[name], authorities[branch.get(name, "organisations")])
            self._write(name, keys[name], certificate, chain=[])
            self._digests[hashlib.sha256(self.pair(name).der).hexdigest()] = name
        return self

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
        for name in _AUTHORITIES:
            parent = made["root"] if name in ("organisations", "persons") else None
            owner = (("C", "FR"), ("O", "ASIP-SANTE"), ("OU", "0002 187512751"), ("OU", "IGC-SANTE TEST"))
            subject = _name(*owner, ("CN", _NAMES[name]))
            made[name] = _Issuer(_authority(subject, keys[name], parent), keys[name])
        return made

    def _server(self, name: str, key: RSAPrivateKey, issuer: _Issuer) -> x509.Certificate:
        from cryptography import x509

        subject = _name(("C", "FR"), ("O", "BANC DE CONFORMITE TEST"), ("CN", OPERATOR))
        names = [x509.DNSName(host) for host in ("localhost", OPERATOR)]
        addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        alternative = x509.SubjectAlternativeName([*names, *addresses])
        return _leaf(subject, key, issuer, _usage(), "server", alternative, expired=name == "server_expired")

    def _client(self, name: str, key: RSAPrivateKey, issuer: _Issuer) -> x509.Certificate:
        from cryptography import x509

        signs = name.endswith("_sign")
        if name.startswith("cps_"):
            who = self.professional
            # A card's last relative name holds three attributes, which naive readers get wrong.
            holder = (("CN", who.id_national), ("SN", f"{who.nom} TEST"), ("GN", who.prenom))
            subject = _name(("C", "FR"), ("O", "ASIP-SANTE"), ("OU", "TEST"), last=holder)
        else:
            label = "CACHET TEST" if signs else "INSI-AUTO"
            organisation = ("O", f"{self.organisation.nom.upper()} TEST")
            unit = ("OU", self.organisation.id_structure)
            subject = _name(("C", "FR"), ("ST", "Marne (51)"), organisation, unit, ("CN", label))
        mail = x509.SubjectAlternativeName([x509.RFC822Name(f"test@{OPERATOR}")])
        return _leaf(subject, key, issuer, _usage(signs=signs), None if signs else "client", mail)

    def _write(
        self, name: str, key: RSAPrivateKey, certificate: x509.Certificate, chain: Sequence[x509.Certificate]
    ) -> None:
        from cryptography.hazmat.primitives import serialization as serial

        pair = self.pair(name)
        pair.certificate.write_bytes(b"".join(_pem(item) for item in (certificate, *chain)))
        encoding = (serial.Encoding.PEM, serial.PrivateFormat.PKCS8, serial.NoEncryption())
        pair.key.write_bytes(key.private_bytes(*encoding))


def _new_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _name(*parts: tuple[str, str], last: Sequence[tuple[str, str]] = ()) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    oids = {
        "C": NameOID.COUNTRY_NAME,
        "ST": NameOID.STATE_OR_PROVINCE_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "CN": NameOID.COMMON_NAME,
        "SN": NameOID.SURNAME,
        "GN": NameOID.GIVEN_NAME,
    }
    groups = [[part] for part in parts] + ([list(last)] if last else [])
    names = [[x509.NameAttribute(oids[kind], value) for kind, value in group] for group in groups]
    return x509.Name([x509.RelativeDistinguishedName(group) for group in names])


def _usage(signs: bool = False, authority: bool = False) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=signs,
        key_encipherment=not (signs or authority),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


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
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return _signed(builder, parent.key if parent else key, expired=False)


def _leaf(
    subject: x509.Name,
    key: RSAPrivateKey,
    issuer: _Issuer,
    usage: x509.KeyUsage,
    purpose: str | None,
    alternative: x509.SubjectAlternativeName,
    expired: bool = False,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    builder = _builder(subject, key, issuer.certificate.subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True).add_extension(alternative, critical=False)
    if purpose is not None:
        oid = ExtendedKeyUsageOID.SERVER_AUTH if purpose == "server" else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([oid]), critical=False)
    return _signed(builder, issuer.key, expired)


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


def _first_pem(text: str) -> str:
    end = "-----END CERTIFICATE-----"
    return text.partition(end)[0] + end

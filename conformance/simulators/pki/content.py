"""What the certificates of the bench say: subjects, uses, names. The keys are drawn and the rest signed in ``pki``."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.simulators.people import PROFESSIONAL, THIRD_PARTY, Organisation, Professional

if TYPE_CHECKING:
    from cryptography import x509

OPERATOR = "operateur.mssante.test"
AUTOCONFIG = f"autoconfig.{OPERATOR}"
AUTHORITIES = ("root", "organisations", "persons", "foreign")
SERVERS = ("server", "server_other", "server_expired", "server_untrusted", "server_revoked", "server_elsewhere")
RANKS = {"rang_validateur": PROFESSIONAL.rpps, "rang_confrere": "89990000062"}
"""Certificates of two doctors of one practice, each with its own RPPS and rank, and whose they are."""
CLIENTS = ("org_auth", "org_sign", "cps_auth", "cps_sign", "org_untrusted", *RANKS)
OWN_SERVER = "org_server"
"""A server's certificate for what the software under test opens itself."""
THIRD_PARTIES = ("third_auth", "third_sign", "third_revoked", "third_expired", "third_untrusted")
"""What a third-party structure may show to the software: certificates that differ by what they are worth alone."""
RESPONDER = "ocsp"
"""Who answers for revocations, on behalf of the authority of organisations."""
LEAVES = (*SERVERS, *CLIENTS, OWN_SERVER, *THIRD_PARTIES, RESPONDER)
TWINS = {OWN_SERVER: "org_auth", **dict.fromkeys(THIRD_PARTIES[1:], THIRD_PARTIES[0])}
"""Certificates of a key that another has already: drawing one is most of what a certificate costs."""
REVOKED = ("server_revoked", "third_revoked")
CHAINED = (*SERVERS, OWN_SERVER)
"""Those whose file goes on with their authority."""
CRL_PATH, OCSP_PATH = "/crl/organisations.crl", "/ocsp"
_NAMES = {
    "root": "TEST AC RACINE IGC-SANTE ELEMENTAIRE",
    "organisations": "TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS",
    "persons": "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES",
    "foreign": "TEST AC ETRANGERE AU BANC",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a certificate says, before its key is drawn; ``issuer`` is a name of AUTHORITIES."""

    subject: x509.Name
    issuer: str
    extensions: tuple[tuple[x509.ExtensionType, bool], ...]
    expired: bool = False


def authority_name(name: str) -> x509.Name:
    """The subject of an authority, by its name in AUTHORITIES."""
    owner = (("C", "FR"), ("O", "ASIP-SANTE"), ("OU", "0002 187512751"), ("OU", "IGC-SANTE TEST"))
    return _name(*owner, ("CN", _NAMES[name]))


def server(name: str, revocation: str = "") -> Leaf:
    """A server's certificate, by its name in SERVERS; ``revocation`` is where its revocation is told, if anywhere."""
    from cryptography import x509

    subject = _name(("C", "FR"), ("O", "BANC DE CONFORMITE TEST"), ("CN", OPERATOR))
    hosts = ("autre-operateur.mssante.test",) if name == "server_elsewhere" else ("localhost", OPERATOR, AUTOCONFIG)
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    if name != "server_elsewhere":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    issuer = "foreign" if name == "server_untrusted" else "organisations"
    extensions = _extensions(usage(), "server", x509.SubjectAlternativeName(names))
    return Leaf(subject, issuer, (*extensions, *_revocation(revocation)), name == "server_expired")


def own_server(organisation: Organisation) -> Leaf:
    """The certificate of a server of the practice, on the loopback."""
    from cryptography import x509

    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    subject = _structure(organisation, "SERVEUR TEST")
    return Leaf(subject, "organisations", _extensions(usage(), "server", x509.SubjectAlternativeName(names)))


def third_party(name: str, revocation: str = "") -> Leaf:
    """A certificate of the third-party structure, by its name in THIRD_PARTIES."""
    from cryptography import x509

    signs = name.endswith("_sign")
    issuer = "foreign" if name == "third_untrusted" else "organisations"
    mail = x509.SubjectAlternativeName([x509.RFC822Name("test@structure-tierce.test")])
    extensions = (*_extensions(usage(signs=signs), None if signs else "client", mail), *_revocation(revocation))
    subject = _structure(THIRD_PARTY, "CACHET TEST" if signs else "AUTHENTIFICATION TEST")
    return Leaf(subject, issuer, extensions, name == "third_expired")


def responder() -> Leaf:
    """The certificate of the OCSP responder (RFC 6960, 4.2.2.2)."""
    from cryptography import x509

    subject = _name(("C", "FR"), ("O", "BANC DE CONFORMITE TEST"), ("CN", "REPONDEUR OCSP TEST"))
    alternative = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    extensions = (*_extensions(usage(), "responder", alternative), (x509.OCSPNoCheck(), False))
    return Leaf(subject, "organisations", extensions)


def _revocation(url: str) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    if not url:
        return ()
    crl, ocsp = (x509.UniformResourceIdentifier(url + path) for path in (CRL_PATH, OCSP_PATH))
    points = x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)])
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, ocsp)
    return ((points, False), (x509.AuthorityInformationAccess([access]), False))


def client(name: str, organisation: Organisation, professional: Professional) -> Leaf:
    """A client's certificate, by its name in CLIENTS."""
    from cryptography import x509

    signs = name.endswith("_sign")
    if name.startswith("cps_"):
        # A card's last relative name holds three attributes, which naive readers get wrong.
        holder = (("CN", professional.id_national), ("SN", f"{professional.nom} TEST"), ("GN", professional.prenom))
        subject = _name(("C", "FR"), ("O", "ASIP-SANTE"), ("OU", "TEST"), last=holder)
    else:
        structure = f"4{RANKS[name]}002" if name in RANKS else organisation.id_structure
        subject = _structure(replace(organisation, id_structure=structure), "CACHET TEST" if signs else "INSI-AUTO")
    mail = x509.SubjectAlternativeName([x509.RFC822Name(f"test@{OPERATOR}")])
    branch = {"cps_auth": "persons", "cps_sign": "persons", "org_untrusted": "foreign"}
    issuer = branch.get(name, "organisations")
    return Leaf(subject, issuer, _extensions(usage(signs=signs), None if signs else "client", mail))


def _structure(organisation: Organisation, label: str) -> x509.Name:
    owner = (("O", f"{organisation.nom.upper()} TEST"), ("OU", organisation.id_structure))
    return _name(("C", "FR"), ("ST", "Marne (51)"), *owner, ("CN", label))


def usage(signs: bool = False, authority: bool = False) -> x509.KeyUsage:
    """What a key may serve for: authenticate, sign (``signs``) or issue certificates."""
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


def _extensions(
    key_usage: x509.KeyUsage, purpose: str | None, alternative: x509.SubjectAlternativeName
) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    limits = x509.BasicConstraints(ca=False, path_length=None)
    common: list[tuple[x509.ExtensionType, bool]] = [(limits, True), (key_usage, True), (alternative, False)]
    if purpose is not None:
        oids = {
            "server": ExtendedKeyUsageOID.SERVER_AUTH,
            "client": ExtendedKeyUsageOID.CLIENT_AUTH,
            "responder": ExtendedKeyUsageOID.OCSP_SIGNING,
        }
        common.append((x509.ExtendedKeyUsage([oids[purpose]]), False))
    return tuple(common)


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

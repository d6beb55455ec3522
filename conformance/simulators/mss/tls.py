"""How the simulated operator presents itself in TLS: a table of behaviours by name.

``normal`` is what MSS/va1.31 and CONF.03 ask for: TLS 1.2 alone and six suites. The others are what a client
must refuse (expired, revoked or foreign certificate, another host's, version or suites outside the list, groups too
short) or must accept (another certificate of the same authority).
"""

from __future__ import annotations

import base64
import ssl
import textwrap
import warnings
from collections.abc import Callable, Mapping
from math import factorial
from pathlib import Path

from conformance.simulators.naming import known
from conformance.simulators.pki import Pki

# 0xC030, 0xC02F, 0xC028, 0xC027, 0x009F, 0x009E, by their OpenSSL names.
SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",
)
UNLISTED = ("AES256-SHA256", "ECDHE-RSA-CHACHA20-POLY1305")
# OpenSSL 3 signs TLS 1.1 exchanges (MD5 and SHA-1) at security level 0 only.
LEGACY = ("ECDHE-RSA-AES256-SHA", "AES256-SHA", "@SECLEVEL=0")
DH_BITS = 2048
WEAK_BITS = 1024
WEAK_CURVE = "prime192v1"


def _listed(pki: Pki, name: str = "server", maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    context = pki.server_context(name, maximum=maximum, ciphers=":".join(SUITES))
    context.load_dh_params(str(_dh_parameters(pki.folder)))
    return context


def _weak_dh(pki: Pki) -> ssl.SSLContext:
    context = pki.server_context(maximum=ssl.TLSVersion.TLSv1_2, ciphers=f"{':'.join(SUITES[4:])}:@SECLEVEL=0")
    context.load_dh_params(str(_weak_parameters(pki.folder)))
    return context


def _weak_curve(pki: Pki) -> ssl.SSLContext:
    context = pki.server_context(maximum=ssl.TLSVersion.TLSv1_2, ciphers=f"{':'.join(SUITES[:4])}:@SECLEVEL=0")
    context.set_ecdh_curve(WEAK_CURVE)
    return context


def _unlisted(pki: Pki) -> ssl.SSLContext:
    return pki.server_context(maximum=ssl.TLSVersion.TLSv1_2, ciphers=":".join(UNLISTED))


def _tls13(pki: Pki) -> ssl.SSLContext:
    return pki.server_context(minimum=ssl.TLSVersion.TLSv1_3)


def _tls11(pki: Pki) -> ssl.SSLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # an old version is the very point
        version = ssl.TLSVersion.TLSv1_1
        return pki.server_context(minimum=version, maximum=version, ciphers=":".join(LEGACY))


PRESENTATIONS: Mapping[str, Callable[[Pki], ssl.SSLContext]] = {
    "normal": _listed,
    "tls12-tls13": lambda pki: _listed(pki, maximum=ssl.TLSVersion.TLSv1_3),
    "other-igc": lambda pki: _listed(pki, "server_other"),
    "expired": lambda pki: _listed(pki, "server_expired"),
    "untrusted": lambda pki: _listed(pki, "server_untrusted"),
    "revoked": lambda pki: _listed(pki, "server_revoked"),
    "wrong-host": lambda pki: _listed(pki, "server_elsewhere"),
    "unlisted-suite": _unlisted,
    "weak-dh": _weak_dh,
    "weak-curve": _weak_curve,
    "tls13-only": _tls13,
    "tls11-only": _tls11,
}


def context(pki: Pki, name: str) -> ssl.SSLContext:
    """The TLS settings of that name in ``PRESENTATIONS``.

    Raises ValueError for an unknown name, and ssl.SSLError when this OpenSSL was built without what it takes.
    """
    return PRESENTATIONS[known(name, PRESENTATIONS, "présentation TLS")](pki)


def _dh_parameters(folder: Path) -> Path:
    """The ffdhe2048 group (RFC 7919), computed from its definition and written once for OpenSSL to read."""
    path = folder / "dh.pem"
    if not path.exists():
        # p = 2^2048 − 2^1984 + ([2^1918 e] + 560316) 2^64 − 1; the rest of e's series is below 2^-2800.
        top = factorial(400)
        scaled = sum(top // factorial(k) for k in range(401)) * 2**1918 // top
        prime = 2**DH_BITS - 2**1984 + (scaled + 560316) * 2**64 - 1
        path.write_text(_dh_pem(prime.to_bytes(DH_BITS // 8, "big")), encoding="ascii")
    return path


def _weak_parameters(folder: Path) -> Path:
    """The 1024-bit group of RFC 2409 (6.2), too short for CONF.03, computed from its definition."""
    path = folder / "dh-faible.pem"
    if not path.exists():
        # p = 2^1024 − 2^960 − 1 + 2^64 ([2^894 π] + 129093); π by Machin's formula, with bits to spare.
        one = 2**1000
        pi = 4 * (4 * _arctan(5, one) - _arctan(239, one))
        prime = 2**WEAK_BITS - 2**960 - 1 + 2**64 * (pi // 2**106 + 129093)
        path.write_text(_dh_pem(prime.to_bytes(WEAK_BITS // 8, "big")), encoding="ascii")
    return path


def _arctan(inverse: int, one: int) -> int:
    """``one`` times the arctangent of 1/``inverse``."""
    power, total, rank = one // inverse, 0, 1
    while power:
        total += power // rank if rank % 4 == 1 else -(power // rank)
        power, rank = power // inverse**2, rank + 2
    return total


def _dh_pem(prime: bytes) -> str:
    """PKCS #3: SEQUENCE { INTEGER prime, INTEGER 2 }; the leading zero keeps the prime positive."""
    length = (len(prime) + 1).to_bytes(2, "big")
    number = b"\x02" + b"\x82" + length + b"\x00" + prime + b"\x02\x01\x02"
    der = b"\x30\x82" + len(number).to_bytes(2, "big") + number
    lines = textwrap.wrap(base64.b64encode(der).decode("ascii"), 64)
    return "\n".join(("-----BEGIN DH PARAMETERS-----", *lines, "-----END DH PARAMETERS-----", ""))

"""TLS contexts of the LPS: its two network clients, of the secure mail operator and of the DMP, and what it serves."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

from .types import Bench

# Référentiel socle MSSanté #2, CONF.03: C030, C02F, C028, C027, 009F, 009E. Level 2 also refuses groups under 2048 bits.
_MAIL_SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:"
    "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=2"
)
_ANY_SUITE = "ALL:!aNULL:@SECLEVEL=0"
_X509_NO_CHECK_TIME = 0x200000


def mail_context(
    bench: Bench, defects: frozenset[str], *, with_certificate: bool, revoked: Path | None = None, own: str = "org_auth"
) -> ssl.SSLContext:
    """Context of a SMTP or IMAP session: TLS 1.2 alone, six suites, the authorities of the bench alone.

    ``with_certificate`` presents the certificate ``own``, as an applicative box must. ``revoked`` is the list of
    revoked certificates (PEM) that the server's must not be on. Raises OSError when that list is not there.
    """
    context = _client_context(bench)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_ANY_SUITE if "mss-any-suite" in defects else _MAIL_SUITES)
    if "mss-short-groups" in defects:
        context.set_ciphers(_MAIL_SUITES.replace("@SECLEVEL=2", "@SECLEVEL=0"))
    if "mss-old-tls" in defects:
        _allow_tls11(context)
    if "mss-accepts-tls13" in defects:
        context.maximum_version = ssl.TLSVersion.TLSv1_3
    if "mss-accepts-expired" in defects:
        context.verify_flags |= ssl.VerifyFlags(_X509_NO_CHECK_TIME)
    if with_certificate:
        _present(context, bench, own)
    if revoked is not None:
        context.load_verify_locations(cafile=str(revoked))
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return context


def _allow_tls11(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers(f"{_MAIL_SUITES.replace(':@SECLEVEL=2', '')}:ECDHE-RSA-AES256-SHA:AES256-SHA:@SECLEVEL=0")


def dmp_context(bench: Bench, own: str = "org_auth") -> ssl.SSLContext:
    """Context of the calls to the DMP: TLS 1.2 or later, mutual authentication with the certificate ``own``."""
    context = _client_context(bench)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _present(context, bench, own)
    return context


def entrance_context(bench: Bench, defects: frozenset[str]) -> ssl.SSLContext:
    """Context of the entrance of third-party structures: a certificate of the authorities of the bench is demanded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _present(context, bench, "org_server")
    context.load_verify_locations(cafile=str(bench.trust))
    context.verify_mode = ssl.CERT_REQUIRED
    if "ie-structure-without-certificate" in defects:
        context.verify_mode = ssl.CERT_OPTIONAL
    if "ie-structure-accepts-expired" in defects:
        context.verify_flags |= ssl.VerifyFlags(_X509_NO_CHECK_TIME)
    if "ie-structure-any-authority" in defects:
        # This file of the bench goes on with its foreign authority.
        context.load_verify_locations(cafile=str(bench.trust.with_name("server-untrusted.pem")))
    return context


def _client_context(bench: Bench) -> ssl.SSLContext:
    """Server certificate required, host name checked, no authority of the machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=str(bench.trust))
    return context


def _present(context: ssl.SSLContext, bench: Bench, name: str = "org_auth") -> None:
    own = bench.credentials[name]
    context.load_cert_chain(str(own.certificate), str(own.key))

"""Judgement of the signature of a VIHF: present, valid, made with the right certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.vihf.model import Certificate, Vihf, say
from conformance.model.evidence import Tls
from conformance.model.finding import Finding, Severity


def signature(vihf: Vihf, tls: Tls | None = None) -> Iterator[Finding]:
    """The assertion is signed, the signature valid, its certificate made for signing and named by the issuer.

    ``tls`` is the session of the call: its client certificate must be another one. Known traps are told by
    name.
    """
    told = vihf.signature
    if not told.present:
        yield say(
            "signature",
            "Le VIHF n’est pas signé.",
            vihf.where,
            "une signature XML dans l’assertion",
            "absente",
            "Signer l’assertion (enveloped, C14N exclusive).",
        )
        return
    if told.fault is not None:
        yield say(
            "signature",
            f"La signature du VIHF n’est pas valide\u00a0: {told.fault}.",
            vihf.where,
            "une signature valide sur l’assertion",
            told.fault,
            "Signer en dernier et ne plus toucher à l’assertion ensuite (ni espaces, ni préfixes).",
        )
    if told.uses_sha1:
        yield say(
            "signature.sha1",
            "La signature emploie SHA-1, algorithme ancien.",
            vihf.where,
            "rsa-sha256 et sha256",
            told.method,
            "Passer à RSA-SHA256.",
            Severity.WARNING,
        )
    if told.certificate is not None:
        yield from _certificate(vihf, told.certificate, tls)


def _certificate(vihf: Vihf, certificate: Certificate, tls: Tls | None) -> Iterator[Finding]:
    authentication = tls is not None and tls.client_sha256 == certificate.sha256
    unfit = certificate.usages is not None and "content_commitment" not in certificate.usages
    if authentication or unfit:
        # The real service answers DMPInvalidCertificate, « Not a valid signature certificate ».
        observed = (
            "le certificat du canal TLS"
            if authentication
            else ", ".join(sorted(certificate.usages or ())) or "aucun usage"
        )
        yield say(
            "signature.certificate",
            "Le VIHF est signé avec un certificat d’authentification et non de signature.",
            vihf.where,
            "un certificat d’usage nonRepudiation, autre que celui du canal TLS",
            observed,
            "Signer avec le certificat de signature (ORG SIGN ou signature de la carte).",
        )
    if vihf.issuer and _dn(vihf.issuer) != _dn(certificate.subject):
        yield say(
            "issuer.dn",
            "L’émetteur du VIHF n’est pas le sujet du certificat de signature.",
            vihf.where,
            certificate.subject,
            vihf.issuer,
            "Écrire le DN du certificat de signature (RFC 2253, GN et ST).",
        )


def _dn(text: str) -> list[str]:
    """The parts of a distinguished name: order, spaces and case of the types do not count."""
    aliases = {
        "S": "ST",
        "G": "GN",
        "GIVENNAME": "GN",
        "2.5.4.42": "GN",
        "2.5.4.4": "SN",
        "SURNAME": "SN",
        "2.5.4.12": "TITLE",
    }
    parts = []
    for part in re.split(r"(?<!\\)[,+]", text):
        kind, _, value = part.strip().partition("=")
        kind = aliases.get(kind.strip().upper(), kind.strip().upper())
        parts.append(f"{kind}={_hex_value(value.strip())}")
    return sorted(parts)


def _hex_value(value: str) -> str:
    """A value in ``#`` hexadecimal (a DER string) as its text; any other as it is."""
    if not re.fullmatch(r"#(?:[0-9A-Fa-f]{2}){3,}", value):
        return value
    raw = bytes.fromhex(value[1:])
    return raw[2:].decode("utf-8", "replace") if raw[1] == len(raw) - 2 else value

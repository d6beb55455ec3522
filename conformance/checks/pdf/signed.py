"""The electronic signature of a PDF: there, over the whole file, right by computation, by a certificate that may sign.

Everything is computed from the bytes and from the authorities that are given: no revocation is asked for, and the time is
the one that the signature itself tells, so that the same bytes are judged alike at any time.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from conformance.checks.pdf.text import unreadable
from conformance.model.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SOURCE = "REM, DOC/va1.32 ; ISO 32000-1, 12.8 ; ETSI EN 319 142-1 (PAdES)"
_SILENCE = logging.NullHandler()
_PADES = "/ETSI.CAdES.detached"
_MOST = 20
"""How many signatures are looked at: each is computed over the whole file."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """What computing told of one signature. ``added`` is whether anything but long-term proofs came after it."""

    field: str
    format: str
    intact: bool
    valid: bool
    trusted: bool
    covers: bool
    added: bool
    certificate: Certificate


def signed(name: str, content: bytes, authorities: bytes) -> Iterator[Finding]:
    """Every reason why the PDF is not soundly signed by someone whom those authorities (PEM) vouch for.

    Raises ValueError when ``authorities`` holds no certificate: nothing could then be judged.
    """
    roots = _certificates(authorities)
    if (found := unreadable(name, content)) is not None:
        yield found
        return
    try:
        seen = _signatures(content, roots)
    except _troubles() as problem:
        yield _fault(
            name,
            "unreadable",
            "La signature du PDF ne peut pas être vérifiée : elle est mal formée, ou d’un genre qui ne se vérifie pas.",
            "une signature CMS détachée (PAdES)",
            f"{type(problem).__name__} {problem}"[:200].strip(),
            "Signer le PDF au format PAdES, avec une bibliothèque qui sait le faire.",
        )
        return
    if not seen:
        yield _missing(name, content)
    for one in seen:
        yield from _computed(name, one)
        yield from _certificate(name, one)
    # A signature put after another covers it: nothing may follow the last one only.
    for one in seen[-1:]:
        yield from _last(name, one)


def is_signed(content: bytes) -> bool:
    """Whether the PDF bears a signature, sound or not; one that cannot be read is one."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        return bool(PdfFileReader(io.BytesIO(content), strict=False).embedded_regular_signatures)
    except _troubles():
        return b"/ByteRange" in content


def _computed(name: str, one: _Signature) -> Iterator[Finding]:
    """The digest is that of the signed bytes, and the signature that of the certificate's key."""
    if not one.intact:
        yield _fault(
            name,
            "altered",
            "Le contenu du PDF a changé depuis sa signature.",
            "l’empreinte des octets signés",
            "une autre empreinte",
            "Ne plus toucher aux octets du fichier une fois signé ; signer en dernier.",
            one,
        )
    if not one.valid:
        yield _fault(
            name,
            "value",
            "La signature ne se vérifie pas avec la clé du certificat qu’elle porte.",
            "une signature faite avec la clé privée de ce certificat",
            one.certificate.subject.rfc4514_string(),
            "Joindre à la signature le certificat de la clé qui a signé.",
            one,
        )
    if not one.covers:
        yield _fault(
            name,
            "coverage",
            "La signature laisse hors d’elle une partie du fichier.",
            "un ByteRange qui couvre tout le fichier, sauf la signature elle-même",
            "des octets non couverts",
            "Calculer l’empreinte sur tout le fichier, du premier octet au dernier.",
            one,
        )
    if one.format != _PADES:
        yield _fault(
            name,
            "format",
            "La signature n’est pas annoncée au format PAdES.",
            _PADES,
            one.format,
            "Signer au format PAdES (SubFilter ETSI.CAdES.detached).",
            one,
            Severity.WARNING,
        )


def _last(name: str, one: _Signature) -> Iterator[Finding]:
    if one.covers and one.added:
        yield _fault(
            name,
            "after",
            "Du contenu a été ajouté au PDF après sa signature.",
            "rien après la dernière signature, hors horodatage et preuves de validation",
            "une révision de plus, que rien ne signe",
            "Achever le document avant de le signer ; après toute retouche, le signer de nouveau.",
            one,
        )


def _certificate(name: str, one: _Signature) -> Iterator[Finding]:
    """Issued by an authority that is expected, and for signing. The chain of a broken signature is not looked for."""
    holder = one.certificate
    if holder.issuer == holder.subject:
        yield _fault(
            name,
            "self-signed",
            "Le certificat de la signature est auto-signé : personne ne répond de qui a signé.",
            "un certificat délivré par une autorité attendue",
            holder.subject.rfc4514_string(),
            "Signer avec le certificat de signature de l’IGC-Santé (org_sign de bench.json pendant l’essai).",
            one,
        )
    elif one.intact and one.valid and not one.trusted:
        dates = f"{holder.not_valid_before_utc:%d/%m/%Y} au {holder.not_valid_after_utc:%d/%m/%Y}"
        yield _fault(
            name,
            "authority",
            "Le certificat de la signature ne remonte pas à une autorité attendue, valable au jour de la signature.",
            "une chaîne de certificats valables jusqu’à une autorité attendue",
            f"délivré par {holder.issuer.rfc4514_string()}, valable du {dates}",
            "Signer avec un certificat en cours de validité de l’IGC-Santé (org_sign de bench.json pendant l’essai).",
            one,
        )
    if wrong := _unfit(holder):
        yield _fault(
            name,
            "usage",
            "Le certificat employé n’est pas fait pour signer.",
            "keyUsage digitalSignature ou nonRepudiation, sans extendedKeyUsage réservé à l’authentification",
            wrong,
            "Employer le certificat de signature, et non celui d’authentification ou d’une autorité.",
            one,
        )


def _unfit(holder: Certificate) -> str:
    """Why the certificate may not sign documents (RFC 5280, 4.2.1.3 and 4.2.1.12); empty when it may."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

    for kind in (x509.KeyUsage, x509.ExtendedKeyUsage):
        try:
            said: Any = holder.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            continue
        if isinstance(said, x509.KeyUsage) and not (said.digital_signature or said.content_commitment):
            return "keyUsage sans digitalSignature ni nonRepudiation"
        if isinstance(said, x509.ExtendedKeyUsage) and set(said) <= {Purpose.CLIENT_AUTH, Purpose.SERVER_AUTH}:
            return "extendedKeyUsage réservé à l’authentification (clientAuth, serverAuth)"
    return ""


def _missing(name: str, content: bytes) -> Finding:
    drawn = " ; des images, qui ne sont pas des signatures" if _has_images(content) else ""
    return _fault(
        name,
        "missing",
        "Le PDF ne porte aucune signature électronique.",
        "une signature électronique dans le fichier (PAdES)",
        f"aucune{drawn}",
        "Signer le fichier lui-même ; l’image ou le nom d’un signataire ne prouvent rien.",
    )


def _has_images(content: bytes) -> bool:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            streams = (item for item in document.objects if isinstance(item, pikepdf.Stream))
            return any(str(item.get("/Subtype")) == "/Image" for item in streams)
    except (pikepdf.PdfError, ValueError, RecursionError):
        return False


def _signatures(content: bytes, roots: list[Any]) -> list[_Signature]:
    """The signatures, oldest first, computed against those authorities. Raises what ``_troubles`` lists."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    for logger in ("pyhanko", "pyhanko_certvalidator"):
        # What they log of a damaged file would reach the terminal: the findings say it.
        logging.getLogger(logger).addHandler(_SILENCE)
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    lasting = bool(reader.embedded_timestamp_signatures) or "/DSS" in reader.root
    return [_judged(one, roots, lasting) for one in reader.embedded_regular_signatures[:_MOST]]


def _judged(one: Any, roots: list[Any], lasting: bool) -> _Signature:
    """One signature computed; ``lasting`` tells that the file holds long-term proofs, which are added after signing."""
    from cryptography import x509
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    holder = x509.load_der_x509_certificate(one.signer_cert.dump())
    told = one.self_reported_timestamp or holder.not_valid_before_utc
    moment = told if told.tzinfo else told.replace(tzinfo=UTC)
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment)
    # What the key may serve for is judged apart, with words of its own.
    status = validate_pdf_signature(one, context, key_usage_settings=KeyUsageConstraints(key_usage=()))
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    proofs = lasting and status.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    return _Signature(
        field=str(one.field_name),
        format=str(one.sig_object.get("/SubFilter", "aucun")),
        intact=bool(status.intact),
        valid=bool(status.valid),
        trusted=bool(status.trusted),
        covers=(whole or status.coverage is SignatureCoverageLevel.ENTIRE_REVISION) and not _hidden(one),
        added=not (whole or proofs),
        certificate=holder,
    )


def _hidden(one: Any) -> bool:
    """Whether something else than zeros fills the place left after the signature, the only one that it does not cover."""
    return bool(one.pkcs7_content.partition(one.signed_data.dump())[2].strip(b"\0"))


def _certificates(pem: bytes) -> list[Any]:
    from pyhanko.keys import load_certs_from_pemder_data

    if not (found := list(load_certs_from_pemder_data(pem))):
        raise ValueError("aucune autorité attendue n’est donnée")
    return found


def _troubles() -> tuple[type[Exception], ...]:
    """What a hostile file can make the readers raise: theirs, and those of a structure that is not what it says."""
    from pyhanko.pdf_utils.misc import PdfError

    wrong_shape = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, NotImplementedError)
    return (PdfError, *wrong_shape, RecursionError, zlib.error)


def _fault(
    name: str,
    rule: str,
    message: str,
    expected: str,
    observed: str,
    fix: str,
    one: _Signature | None = None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    where = Location(name, path=None if one is None else f"signature « {one.field} »"[:120])
    return Finding(f"pdf.signature.{rule}", message, severity, where, expected, observed, fix, _SOURCE)

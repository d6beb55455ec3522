"""The way from an imaging report to its images: addresses written in the report, QR codes that repeat them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from conformance.checks.imaging_report import studies
from conformance.checks.pdf.barcodes import barcodes
from conformance.checks.pdf.text import pages, text, unreadable
from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document

_SOURCE = "DB/RIS.11"
# As for a datamatrix, a second draw resolves small modules.
_RESOLUTIONS = (150, 300)
_MOST_PAGES = 20


def qr_codes(content: bytes) -> tuple[str, ...] | None:
    """What the QR codes of the first pages of a PDF say, each once; None when the PDF cannot be opened."""
    found: dict[str, None] = {}
    for resolution in _RESOLUTIONS:
        drawn = pages(content, resolution, most=_MOST_PAGES)
        if drawn is None:
            return None
        found |= {code.decode("utf-8", "replace"): None for page in drawn for code in barcodes(page, "QRCode")}
    return tuple(found)


def linked(document: Document, name: str, content: bytes) -> Iterator[Finding]:
    """The PDF of the report shows at least an address and its QR code, which say the same and cite the exams."""
    shown = qr_codes(content)
    if shown is None:
        found = unreadable(name, content)
        if found is not None:
            yield found
        return
    addresses = [one for one in shown if _is_address(one)]
    written = _squeezed(text(content) or "")
    if not addresses:
        seen = ", ".join(shown) or "aucun QR code lisible"
        yield _fault(name, "Le compte rendu ne montre pas le QR code d’une adresse vers les images.", "https://…", seen)
    for address in addresses:
        if _squeezed(address) not in written:
            message = "L’adresse que donne le QR code n’est pas écrite dans le compte rendu."
            yield _fault(name, message, f"{address}, en toutes lettres", "absente du texte")
    yield from _cited(document, name, addresses)


def _cited(document: Document, name: str, addresses: list[str]) -> Iterator[Finding]:
    said = " ".join(unquote(address) for address in addresses)
    for uid in studies(document) if addresses else ():
        if not re.search(rf"(?<![\d.]){re.escape(uid)}(?![\d.])", said):
            # The form of the address is set by a specification that was not read: it may name exams otherwise.
            message = "Aucune adresse ne cite le Study Instance UID d’un examen de l’en-tête."
            yield _fault(name, message, uid, ", ".join(addresses), Severity.WARNING)
    if addresses and len(addresses) > max(1, len(studies(document))):
        message = "Le compte rendu montre plus d’adresses qu’il ne cite d’examens."
        yield _fault(name, message, f"{len(studies(document))} au plus", str(len(addresses)), Severity.WARNING)


def _is_address(payload: str) -> bool:
    try:
        parts = urlsplit(payload.strip())
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc)


def _squeezed(value: str) -> str:
    """Without blanks: a long address is cut between the lines of a page."""
    return re.sub(r"[\s\u00ad\u200b\ufffe]+", "", value)


def _fault(name: str, message: str, expected: str, observed: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        "imagerie.lien",
        message,
        severity,
        Location(name),
        expected,
        observed[:300],
        "Écrire dans le corps du compte rendu l’adresse des images de chaque examen, et son QR code.",
        _SOURCE,
    )

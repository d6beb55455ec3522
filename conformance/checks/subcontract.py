"""What the software did of a subcontracting laboratory's report: filed by the number of the request, with its PDF, or left unfiled.

The number is read in ``inFulfillmentOf/order/id`` (CI-SIS, volet compte rendu d’examens biologiques).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from conformance.checks.lab import Document, find
from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location

_say = Voice("sous-traitance", "DOC/va1.31 ; CI-SIS, volet compte rendu d’examens biologiques")


def filed(documents: Sequence[Document], unique_id: str) -> Iterator[Finding]:
    """The report is in the record of the request that it answers, without anybody's help."""
    if not find(documents, unique_id):
        yield _say(
            "dossier",
            "Le compte rendu du sous-traitant n’est pas rangé au dossier de la demande dont il rappelle le numéro.",
            Location("documents reçus de l’usager de la demande"),
            unique_id,
            f"{len(documents)} autre(s) document(s)",
            "À la relève de la boîte applicative, retrouver la demande par inFulfillmentOf/order/id et ranger sans attendre.",
        )


def not_filed(documents: Sequence[Document], unique_id: str, why: str) -> Iterator[Finding]:
    """The report is in none of these records; ``why`` ends the sentence « alors que … »."""
    for one in find(documents, unique_id):
        yield _say(
            "dossier.autre",
            f"Le compte rendu du sous-traitant est rangé alors que {why}.",
            Location(f"document {unique_id}", path="/patient"),
            "aucun de ces dossiers",
            f"usager {one.get('patient')}",
            "Ne ranger que si le numéro est celui d’une demande et si le compte rendu parle de l’usager de cette demande.",
        )


def pdf_kept(kept: bytes | None, sent: bytes, unique_id: str) -> Iterator[Finding]:
    """The PDF/A-1 that came with the report is filed with it, byte for byte."""
    if kept != sent:
        yield _say(
            "pdf",
            "Le PDF/A-1 du sous-traitant n’est pas rangé avec son compte rendu, tel qu’il a été reçu.",
            Location(f"document {unique_id}", path="/pdf"),
            _told(sent),
            "aucun PDF" if kept is None else _told(kept),
            "Garder le PDF joint au courriel avec le document de l’archive, sans le refaire.",
        )


def _told(content: bytes) -> str:
    return f"{len(content)} octets, SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…"

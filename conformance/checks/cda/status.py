"""The status of the act in a laboratory report: partial or complete."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.xds.deposit import Deposit
from conformance.model.finding import Finding, Severity
from conformance.validation.gate import Document, open_document

_STATUS = "{urn:oid:1.3.6.1.4.1.19376.1.3.2}statusCode"


def act_status(deposit: Deposit, expected: str) -> Iterator[Finding]:
    """Each laboratory report of the lot says that its act is ``active`` (partial) or ``completed``."""
    for entry in deposit.submission.documents:
        document = open_document(entry.id, deposit.documents.get(entry.id, b""))
        if not isinstance(document, Document):
            yield from document
        else:
            yield from document_status(document, expected)


def document_status(document: Document, expected: str) -> Iterator[Finding]:
    """The laboratory report says that its act is ``active`` (partial) or ``completed``.

    Where the volet has it written is inferred: a report without that element is a warning, one that says otherwise a fault.
    """
    found = [node.get("code", "") for node in document.root.iter(_STATUS)]
    if not found or found[0] != expected:
        yield Finding(
            "cda.statut-acte",
            "Le compte rendu ne dit pas où en est l’examen.",
            Severity.ERROR if found else Severity.WARNING,
            where=document.where(document.first("documentationOf/serviceEvent")),
            expected=f"lab:statusCode = {expected}",
            observed=found[0] if found else "aucun lab:statusCode",
            fix="Écrire active dans le compte rendu partiel, completed dans le complet.",
            source="IHE PaLM, XD-LAB ; CI-SIS, volet CR d’examens biologiques",
        )

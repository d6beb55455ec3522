"""Imaging orders and what follows from them: the number of an order, and the way from an order to its reports and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.cda.tools import fault, identified, warn
from conformance.checks.xds.deposit import Deposit
from conformance.checks.xds.model import Entry
from conformance.checks.xds.query import FIND_BY_REFERENCE, REFERENCE_LIST, Query, query
from conformance.checks.xds.references import Reference, references, well_formed
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document, open_document

_ACT, _FULFILLED = "documentationOf/serviceEvent/id", "inFulfillmentOf/order/id"
_SOURCE = "DB/LGC.01 ; CI-SIS, volet Demande d’actes d’imagerie"
_QUERY = "IHE ITI-18, FindDocumentsByReferenceId"


def order_numbers(document: Document) -> list[Reference]:
    """The Order Placer Numbers of the header, without repetition: that of the act asked for, those fulfilled."""
    nodes = [*document.all(_ACT), *document.all(_FULFILLED)]
    found = [Reference(node.get("root", ""), node.get("extension", "")) for node in nodes if node.get("extension")]
    return list(dict.fromkeys(found))


def numbered(deposit: Deposit) -> Iterator[Finding]:
    """The order of the lot bears one number with its authority, in its header and the same in its metadata."""
    for entry in deposit.submission.documents:
        document = open_document(entry.id, deposit.documents.get(entry.id, b""))
        if not isinstance(document, Document):
            yield from document
            continue
        yield from in_header(document)
        yield from well_formed(entry)
        yield from in_metadata(document, entry)


def in_header(document: Document) -> Iterator[Finding]:
    """One Order Placer Number with the OID of who gave it."""
    found = order_numbers(document)
    if len(found) != 1:
        yield fault(
            document,
            "imagerie.numero",
            "L’en-tête de la demande ne porte pas un Order Placer Number et un seul.",
            document.first("documentationOf/serviceEvent"),
            expected=f"{_ACT} : root (OID de l’autorité) et extension (numéro)",
            observed=", ".join(one.cxi for one in found) or "aucun",
            fix="Écrire le numéro de la demande et l’OID de son autorité d’affectation dans l’en-tête.",
            source=_SOURCE,
        )
        return
    for path in (_ACT, _FULFILLED):
        for node in document.all(path):
            yield from identified(document, "imagerie.numero", node, "L’Order Placer Number")
    if not document.all(_ACT):
        # The requirement only says « the header »; the place is that of the agency's own examples of the volet.
        yield warn(
            document,
            "imagerie.numero",
            "L’Order Placer Number n’est pas à la place où les exemples du volet l’écrivent.",
            document.first(_FULFILLED),
            expected=_ACT,
            observed=_FULFILLED,
            source=_SOURCE,
        )


def in_metadata(document: Document, entry: Entry) -> Iterator[Finding]:
    """The metadata refer to the orders of the header, and to no other."""
    said, found = order_numbers(document), references(entry)
    if set(said) != set(found) or not found:
        yield Finding(
            "imagerie.metadonnees",
            "Les métadonnées ne portent pas l’Order Placer Number de l’en-tête CDA.",
            where=entry.where,
            expected=", ".join(one.cxi for one in said) or "un Order Placer Number",
            observed=", ".join(one.cxi for one in found) or "aucune référence de demande (referenceIdList)",
            fix="Écrire le numéro et son autorité dans le Slot urn:ihe:iti:xds:2013:referenceIdList.",
            source=_SOURCE,
        )


def distinct(deposits: Sequence[Deposit]) -> Iterator[Finding]:
    """Each order has a number of its own, all under one authority."""
    numbers = [one for lot in deposits for entry in lot.submission.documents for one in references(entry)]
    for number in (one for one, times in Counter(numbers).items() if times > 1):
        yield Finding(
            "imagerie.unicite",
            "Deux demandes d’actes d’imagerie portent le même Order Placer Number.",
            expected="un numéro propre à chaque demande",
            observed=number.cxi,
            fix="Attribuer un numéro neuf à chaque demande créée, tous usagers confondus.",
            source=_SOURCE,
        )
    authorities = sorted({one.authority for one in numbers})
    if len(authorities) > 1:
        yield Finding(
            "imagerie.autorite",
            "Les demandes d’une même structure n’ont pas la même autorité d’affectation.",
            Severity.WARNING,
            expected="un seul OID d’autorité pour la structure",
            observed=", ".join(authorities),
            fix="Numéroter toutes les demandes sous l’OID obtenu pour la structure.",
            source=_SOURCE,
        )


def asked(queries: Sequence[Exchange], number: Reference) -> Iterator[Finding]:
    """Among those TD3.1, one searches the DMP on that Order Placer Number."""
    read = [(one, query(one)) for one in queries]
    yield from (finding for _, found in read if not isinstance(found, Query) for finding in found)
    searches = [(one, found) for one, found in read if isinstance(found, Query) and found.criteria.get(REFERENCE_LIST)]
    hits = [(one, found) for one, found in searches if number.cxi in found.criteria[REFERENCE_LIST]]
    if not hits:
        seen = [value for _, found in searches for value in found.criteria[REFERENCE_LIST]]
        yield Finding(
            "imagerie.recherche",
            "Le logiciel ne cherche pas au DMP par l’Order Placer Number de la demande.",
            where=Location(f"échange {queries[-1].number}") if queries else None,
            expected=f"{REFERENCE_LIST} = {number.cxi}",
            observed=", ".join(seen) or f"{len(queries)} requête(s) TD3.1 sans ce critère",
            fix="Interroger le DMP par FindDocumentsByReferenceId, avec le numéro et l’OID de son autorité.",
            source=_QUERY,
        )
    for one, found in hits:
        if found.id != FIND_BY_REFERENCE:
            # That other stored queries do not take this criterion is ITI-18's; what the DMP does of it is not known here.
            yield Finding(
                "imagerie.recherche",
                "La requête qui porte l’Order Placer Number n’est pas celle qu’IHE prévoit pour lui.",
                Severity.WARNING,
                where=Location(f"échange {one.number}"),
                expected=f"{FIND_BY_REFERENCE} (FindDocumentsByReferenceId)",
                observed=found.id or "aucune",
                source=_QUERY,
            )


def linked(answer: Mapping[str, Any], expected: str, start: str) -> Iterator[Finding]:
    """The software shows that document (uniqueId) and no other; the one that it started from may stand beside."""
    found = {str(one.get("unique_id")) for one in answer.get("documents") or []} - {start}
    if found != {expected}:
        yield Finding(
            "imagerie.liens",
            "Le logiciel ne retrouve pas le document lié par l’Order Placer Number, ou en montre d’autres.",
            expected=expected,
            observed=", ".join(sorted(found)) or str(answer.get("message") or "aucun document"),
            fix="Montrer les documents que le DMP rend pour ce numéro et cette autorité, sans en ajouter.",
            source="DB/LGC.03",
        )

"""Imaging reports: the orders, requests, studies and codes of the header, and the same in the metadata of the deposit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from conformance.checks.cda.tools import fault
from conformance.checks.xds.model import Entry
from conformance.checks.xds.references import ACCESSION, ORDER, STUDY, Reference, references
from conformance.model.finding import Finding, Severity
from conformance.validation.gate import Document

_ORDERS = "inFulfillmentOf/order"
_EVENTS = "documentationOf/serviceEvent"
_ACCESSION = "{urn:dicom-org:ps3-20}accessionNumber"
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_EXAMPLES = ("1.2.3.", "1.2.34.", "2.999.", "2.16.840.1.113883.19.")
"""Arcs that are nobody's: what documentations and DICOM tutorials draw their examples from."""
_SOURCE = "DB/RIS.08\u00a0; CI-SIS, volet Compte rendu d’imagerie\u00a0; DICOM PS3.20, 8.2"
_SYSTEMS = {
    "acte": {"1.2.250.1.215.300.1"},
    "modalité": {"1.2.840.10008.2.16.4", "1.2.250.1.213.1.1.5.618"},
    "région anatomique": {"2.16.840.1.113883.6.96", "1.2.250.1.213.1.1.5.695"},
}
"""Of each kind of code, its system, and the value set that a working client of the DMP writes in its place."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a report was written from: the orders, and each kind of code (``acte``, ``modalité``, ``région anatomique``)."""

    orders: frozenset[Reference]
    codes: Mapping[str, frozenset[str]]
    studies: int


def orders(document: Document) -> list[Reference]:
    """The orders that the header says are fulfilled."""
    return [Reference(node.get("root", ""), node.get("extension", "")) for node in document.all(f"{_ORDERS}/id")]


def accessions(document: Document) -> list[Reference]:
    """The Accession Numbers of the requests made of those orders."""
    nodes = [node for order in document.all(_ORDERS) for node in order.findall(_ACCESSION)]
    return [Reference(node.get("root", ""), node.get("extension", ""), ACCESSION) for node in nodes]


def studies(document: Document) -> list[str]:
    """The Study Instance UIDs of the acts, each once; an identifier with an extension is no UID."""
    found = [node.get("root", "") for node in document.all(f"{_EVENTS}/id") if not node.get("extension")]
    return list(dict.fromkeys(found))


def codes(document: Document) -> frozenset[tuple[str, str]]:
    """The code and the system of every act, its translations included."""
    nodes: list[etree._Element] = [*document.all(f"{_EVENTS}/code"), *document.all(f"{_EVENTS}/code/translation")]
    return frozenset((node.get("code", ""), node.get("codeSystem", "")) for node in nodes)


def in_header(document: Document, expected: Expected) -> Iterator[Finding]:
    """The header bears every order, a request for each, a study for each exam, and every code."""
    found = set(orders(document))
    if found != expected.orders:
        yield _missing(document, "Order Placer Number", _said(expected.orders), _said(found), _ORDERS)
    for order in document.all(_ORDERS):
        number = order.find(_ACCESSION)
        if number is None or not (number.get("extension") and _OID.fullmatch(number.get("root", ""))):
            seen = "absent" if number is None else f"{number.get('root')} {number.get('extension')}"
            yield _missing(document, "Accession Number", "ps3-20:accessionNumber (root, extension)", seen, _ORDERS)
    yield from well_formed(document)
    if len(studies(document)) != expected.studies:
        wanted, seen = f"{expected.studies} examens", ", ".join(studies(document)) or "aucun"
        yield _missing(document, "Study Instance UID", wanted, seen, _EVENTS)
    held = codes(document)
    for kind, values in expected.codes.items():
        seen_codes = {code for code, system in held if system in _SYSTEMS[kind]}
        if not values <= seen_codes:
            yield _missing(document, kind, ", ".join(sorted(values)), ", ".join(sorted(seen_codes)) or "aucun", _EVENTS)


def well_formed(document: Document) -> Iterator[Finding]:
    """A Study Instance UID is an OID of fewer than 64 characters, on a root of one's own."""
    for uid in studies(document):
        if not _OID.fullmatch(uid) or len(uid) >= 64 or uid.startswith(_EXAMPLES):
            message = (
                "Un Study Instance UID n’est pas un OID de moins de 64 caractères, sur une racine propre au logiciel."
            )
            yield fault(
                document,
                "imagerie.examen",
                message,
                document.first(_EVENTS),
                expected="un OID, 63 caractères au plus, hors des arcs d’exemple",
                observed=f"{uid} ({len(uid)} caractères)",
                fix="Attribuer à chaque examen un OID construit sur la racine attribuée au logiciel.",
                source="DB/RIS.07",
            )


def in_metadata(document: Document, entry: Entry, expected: Expected) -> Iterator[Finding]:
    """The metadata refer to the orders, requests and studies of the header, and repeat its codes."""
    header = {ORDER: set(orders(document)), ACCESSION: set(accessions(document))}
    for kind, name in ((ORDER, "Order Placer Number"), (ACCESSION, "Accession Number")):
        found = set(references(entry, kind))
        if found != header[kind] or not found:
            yield _differs(entry, name, _said(header[kind]) or "au moins un", _said(found) or "aucun")
    uids = {one.value for one in references(entry, STUDY)}
    if uids != set(studies(document)) or not uids:
        wanted = ", ".join(studies(document)) or "au moins un"
        yield _differs(entry, "Study Instance UID", wanted, ", ".join(sorted(uids)) or "aucun")
    events = entry.codes.get("eventCodeList", ())
    for kind, values in expected.codes.items():
        held = {code.value: code.system for code in events if code.value in values}
        if set(held) != values:
            seen = ", ".join(str(code) for code in events) or "aucun code"
            yield _differs(entry, f"eventCodeList ({kind})", ", ".join(sorted(values)), seen)
        for value, system in held.items():
            if system not in _SYSTEMS[kind]:
                # Which of the code system and the value set the DMP wants there was not read.
                told = " ou ".join(sorted(_SYSTEMS[kind]))
                yield _differs(entry, f"eventCodeList ({kind})", told, f"{value} ({system})", Severity.WARNING)


def kept(document: Document, given: Reference) -> Iterator[Finding]:
    """The order that came with its number keeps it."""
    if orders(document) != [given]:
        yield _missing(document, "Order Placer Number d’origine", given.cxi, _said(orders(document)), _ORDERS)


def attributed(documents: Sequence[Document]) -> Iterator[Finding]:
    """Each order that came without a number has one, given by an authority, and no other order has it."""
    for document in documents:
        numbers = orders(document)
        if len(numbers) != 1 or not (numbers[0].value and _OID.fullmatch(numbers[0].authority)):
            yield _missing(
                document, "Order Placer Number", "un numéro et son autorité", _said(numbers) or "aucun", _ORDERS
            )
    yield from _distinct("Order Placer Number", [one.cxi for document in documents for one in orders(document)])


def distinct_requests(documents: Sequence[Document]) -> Iterator[Finding]:
    """Each request has an Accession Number of its own, all under one authority."""
    for document in documents:
        if not accessions(document):
            yield _missing(document, "Accession Number", "ps3-20:accessionNumber", "aucun", _ORDERS)
    numbers = [one for document in documents for one in accessions(document)]
    yield from _distinct("Accession Number", [one.cxi for one in numbers])
    authorities = sorted({one.authority for one in numbers})
    if len(authorities) > 1:
        message = "Les Accession Numbers ne viennent pas d’une même autorité d’affectation."
        yield _told(message, "un seul OID d’autorité", ", ".join(authorities), Severity.WARNING)


def distinct_studies(documents: Sequence[Document]) -> Iterator[Finding]:
    """Each exam has a Study Instance UID of its own."""
    for document in documents:
        yield from well_formed(document)
        if not studies(document):
            yield _missing(document, "Study Instance UID", "un identifiant par examen", "aucun", _EVENTS)
    yield from _distinct("Study Instance UID", [uid for document in documents for uid in studies(document)])


def _distinct(name: str, values: Sequence[str]) -> Iterator[Finding]:
    for value in sorted(value for value, times in Counter(values).items() if times > 1):
        yield _told(f"Le même {name} est donné plusieurs fois.", "un identifiant propre à chaque objet", value)


def _missing(document: Document, name: str, expected: str, observed: str, path: str) -> Finding:
    return fault(
        document,
        "imagerie.entete",
        f"L’en-tête du compte rendu ne porte pas ce qu’il doit\u00a0: {name}.",
        document.first(path),
        expected=expected,
        observed=observed or "aucun",
        fix="Reprendre dans l’en-tête CDA les identifiants et les codes des demandes et des examens du compte rendu.",
        source=_SOURCE,
    )


def _differs(entry: Entry, name: str, expected: str, observed: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        "imagerie.metadonnees",
        f"Les métadonnées du compte rendu ne portent pas ce que dit son en-tête\u00a0: {name}.",
        severity,
        entry.where,
        expected,
        observed,
        "Reprendre dans les métadonnées XDS les identifiants (referenceIdList) et les codes (eventCodeList) de l’en-tête.",
        "DB/RIS.09",
    )


def _told(message: str, expected: str, observed: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        "imagerie.unicite",
        message,
        severity,
        expected=expected,
        observed=observed,
        fix="Attribuer un numéro neuf à chaque objet, sous l’autorité d’affectation du logiciel.",
        source="DB/RIS.03, DB/RIS.05, DB/RIS.07",
    )


def _said(numbers: Collection[Reference]) -> str:
    return ", ".join(sorted(one.cxi for one in numbers))

"""CDA R2 documents of the CI-SIS: rules of our own on the header and on the body of level 1, which need no
pack.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from conformance.checks.cda.care import CARE
from conformance.checks.cda.header import IDENTIFICATION
from conformance.checks.cda.people import PEOPLE
from conformance.checks.cda.tools import fault, text_of, warn
from conformance.model.finding import Finding
from conformance.validation.gate import Document

_OTHER_TYPES = ("text/plain", "text/rtf", "image/jpeg", "image/tiff")
_TEXT = "component/nonXMLBody/text"
_BODY_SOURCE = "IHE ITI XDS-SD ; référentiel socle MSSanté #2, ECO.2.1.5 ; CI-SIS, documents non structurés"


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: code, OID of its system, label."""

    code: str
    system: str
    label: str


def judge(document: Document) -> Iterator[Finding]:
    """Everything this module knows: remarks of the gate, header, body."""
    yield from document.remarks
    yield from header(document)
    yield from body(document)


def header(document: Document) -> Iterator[Finding]:
    """Every rule of the header, the traits of the INS excepted (see ``checks.ins.traits``)."""
    for rule in (*IDENTIFICATION, *PEOPLE, *CARE):
        yield from rule(document)


def body(document: Document) -> Iterator[Finding]:
    """One body; when it is not structured, a PDF in base64 that is one."""
    count = len(document.all("component/nonXMLBody")) + len(document.all("component/structuredBody"))
    if len(document.all("component")) != 1 or count != 1:
        yield fault(
            document,
            "cda.body",
            "Le corps du document manque ou est répété.",
            document.first("component"),
            expected="un élément component, avec nonXMLBody ou structuredBody",
            observed=f"{count} corps",
        )
    if document.first("component/nonXMLBody") is not None:
        yield from _unstructured(document)


def type_code(document: Document) -> Code | None:
    """The type of the document, such as 11490-0 in LOINC; None when the header has none."""
    element = document.first("code")
    if element is None or not element.get("code"):
        return None
    return Code(element.get("code", ""), element.get("codeSystem", ""), element.get("displayName", ""))


def unique_id(document: Document) -> str | None:
    """The unique identifier in the form XDS gives it: the root alone, or ``root^extension``."""
    return _identifier(document.first("id"))


def set_id(document: Document) -> str | None:
    """The identifier that the versions of the document share, in the same form."""
    return _identifier(document.first("setId"))


def version(document: Document) -> int | None:
    """The rank of this version; None when absent or unreadable."""
    element = document.first("versionNumber")
    value = "" if element is None else element.get("value", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def replaces(document: Document) -> str | None:
    """The unique identifier of the document that this one takes the place of; None for a first version."""
    return _identifier(document.first("relatedDocument[@typeCode='RPLC']/parentDocument/id"))


def act_date(document: Document) -> str | None:
    """The day of the main act as ``YYYYMMDD``, which names the PDF; None when the header does not tell."""
    element = document.first("documentationOf/serviceEvent/effectiveTime/low")
    value = "" if element is None else element.get("value", "")
    return value[:8] if value[:8].isdigit() and len(value) >= 8 else None


def is_n1(document: Document) -> bool:
    """Whether the document is of level 1: a body that is not structured."""
    return document.first("component/nonXMLBody") is not None


def encapsulated_pdf(document: Document) -> bytes | None:
    """The PDF of a level 1 document, byte for byte; None when there is no body that decodes to one."""
    element = document.first(_TEXT)
    data = None if element is None else _decoded(element)
    return data if data is not None and data.lstrip()[:5] == b"%PDF-" else None


def _identifier(element: etree._Element | None) -> str | None:
    if element is None or not element.get("root"):
        return None
    extension = element.get("extension")
    return f"{element.get('root')}^{extension}" if extension else element.get("root")


def _decoded(element: etree._Element) -> bytes | None:
    """The bytes of a base64 text, blanks aside; None when it is not base64."""
    try:
        return base64.b64decode("".join(text_of(element).split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _unstructured(document: Document) -> Iterator[Finding]:
    element = document.first(_TEXT)
    if element is None:
        yield fault(
            document,
            "cda.n1",
            "Le corps non structuré est vide.",
            document.first("component"),
            source=_BODY_SOURCE,
        )
        return
    yield from _media(document, element)
    if element.get("representation") != "B64":
        yield fault(
            document,
            "cda.n1.base64",
            "Le corps ne se déclare pas codé en base64.",
            element,
            expected='representation="B64"',
            observed=element.get("representation") or "absent",
            source=_BODY_SOURCE,
        )
    data = _decoded(element)
    if not data:
        yield fault(
            document,
            "cda.n1.base64",
            "Le corps du document est vide ou n’est pas du base64 valide.",
            element,
            expected="le fichier codé en base64, sans autre caractère que des blancs",
            observed=repr(text_of(element).strip()[:40]),
            fix="Coder le fichier en base64 (RFC 4648) sans en-tête « data: ».",
            source=_BODY_SOURCE,
        )
    elif element.get("mediaType") == "application/pdf" and data.lstrip()[:5] != b"%PDF-":
        yield fault(
            document,
            "cda.n1.pdf",
            "Le corps annonce un PDF, mais son contenu n’en est pas un.",
            element,
            expected="un fichier qui commence par %PDF-",
            observed=repr(data[:12]),
            source=_BODY_SOURCE,
        )


def _media(document: Document, element: etree._Element) -> Iterator[Finding]:
    media = element.get("mediaType") or "absent"
    if media == "application/pdf":
        return
    # XDS-SD knows other types than PDF; the requirements on produced documents ask for a PDF/A-1.
    judge_it = warn if media in _OTHER_TYPES else fault
    yield judge_it(
        document,
        "cda.n1.media",
        "Le corps non structuré n’est pas annoncé comme un PDF.",
        element,
        expected="application/pdf",
        observed=media,
        fix="Encapsuler le document en PDF/A-1.",
        source=_BODY_SOURCE,
    )

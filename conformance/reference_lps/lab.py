"""A biology report received as CDA R2: whom it is about, its results, and what it signals.

Source: CI-SIS volet « compte rendu d’examens biologiques » (templates .3.80 for a result); HL7 ObservationInterpretation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

CRITICAL, INTERPRETED, COMMENTED, OUT = "CRITIQUE", "INTERPRETATION", "COMMENTAIRE", "HORS_INTERVALLE"
_CDA = {"h": "urn:hl7-org:v3"}
_OBSERVATION = "1.3.6.1.4.1.19376.1.3.1.6"
_PERSON = "h:recordTarget/h:patientRole/h:patient"
_CRITICAL = frozenset({"AA", "HH", "LL"})
_NORMAL = frozenset({"", "N"})


class ReportError(ValueError):
    """The document cannot be read; the message says why, in French."""


@dataclass(frozen=True)
class Report:
    """What was read of a report; ``results`` are as the API shows them, ``orders`` the OID and the number of each request."""

    unique_id: str
    type_code: str
    matricule: str | None
    birth_name: str
    first_name: str
    birth_date: str
    orders: tuple[tuple[str, str], ...]
    replaces: str | None
    structured: bool
    results: tuple[dict[str, Any], ...]
    signals: tuple[str, ...]


def read(content: bytes, defects: frozenset[str]) -> Report:
    """Read a CDA document. Raises ReportError when it is not one."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise ReportError("Le document reçu n’est pas du XML lisible.") from None
    unique_id, type_code = _first(root, "h:id/@root"), _first(root, "h:code/@code")
    if not (unique_id and type_code):
        raise ReportError("Le document reçu n’est pas un CDA : il n’a ni identifiant ni type.")
    found = _nodes(root, f".//h:observation[h:templateId/@root='{_OBSERVATION}']")
    results = tuple(_result(one, defects) for one in found)
    return Report(
        unique_id,
        type_code,
        _first(root, "h:recordTarget/h:patientRole/h:id[starts-with(@root, '1.2.250.1.213.1.4.')]/@extension"),
        _first(root, f"{_PERSON}/h:name/h:family[@qualifier='BR']/text()") or "",
        _first(root, f"{_PERSON}/h:name/h:given[@qualifier='BR']/text()") or "",
        (_first(root, f"{_PERSON}/h:birthTime/@value") or "")[:8],
        tuple(_identifiers(root, "h:inFulfillmentOf/h:order/h:id")),
        _first(root, "h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id/@root"),
        bool(_nodes(root, "h:component/h:structuredBody")),
        results,
        tuple(sorted({signal for one in found for signal in _signals(one, defects)})),
    )


def _result(one: etree._Element, defects: frozenset[str]) -> dict[str, Any]:
    values = [{"valeur": _first(one, "h:value/@value"), "unite": _first(one, "h:value/@unit")}]
    others = _nodes(one, "h:value/h:translation")
    values += [{"valeur": other.get("value"), "unite": other.get("code")} for other in others]
    if "bio-one-unit" in defects:
        values = values[:1]
    if "bio-unit-rewritten" in defects:
        values = [
            {**value, "unite": (value["unite"] or "").replace("[", "").replace("]", "").replace("u", "µ")}
            for value in values
        ]
    return {
        "code": _first(one, "h:code/@code"),
        "libelle": _first(one, "h:code/@displayName"),
        "valeurs": values,
        "interpretation": _first(one, "h:interpretationCode/@code"),
        "commentaire": _comment(one),
    }


def _signals(one: etree._Element, defects: frozenset[str]) -> Iterator[str]:
    code = _first(one, "h:interpretationCode/@code") or ""
    if code in _CRITICAL and "bio-critical-as-abnormal" not in defects:
        yield CRITICAL
    if code not in _NORMAL:
        yield INTERPRETED
    if _comment(one) and "bio-comment-unseen" not in defects:
        yield COMMENTED
    if _outside(one) and "bio-range-ignored" not in defects:
        yield OUT


def _outside(one: etree._Element) -> bool:
    bounds = "h:referenceRange/h:observationRange/h:value/h:{}/@value"
    value, low, high = (
        _number(_first(one, path)) for path in ("h:value/@value", bounds.format("low"), bounds.format("high"))
    )
    if value is None:
        return False
    return (low is not None and value < low) or (high is not None and value > high)


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _comment(one: etree._Element) -> str | None:
    found = _nodes(one, "h:entryRelationship/h:act[h:code/@code='48767-8']/h:text")
    return " ".join("".join(found[0].itertext()).split()) or None if found else None


def _identifiers(node: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    """The OID and the extension of each identifier that is there (a nullFlavor has neither)."""
    for one in _nodes(node, path):
        if one.get("root") or one.get("extension"):
            yield one.get("root", ""), one.get("extension", "")


def _first(node: etree._Element, path: str) -> str | None:
    found = _nodes(node, path)
    return str(found[0]) if found else None


def _nodes(node: etree._Element, path: str) -> list[Any]:
    found = node.xpath(path, namespaces=_CDA)
    return found if isinstance(found, list) else []

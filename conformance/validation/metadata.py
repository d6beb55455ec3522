"""The structure of ebXML metadata: every departure from our schema of ``lcm:SubmitObjectsRequest`` (``ebxml.xsd``).

The schema is the harness's own, written from ebXML RegRep 3.0 and narrowed to the objects XDS uses; the findings say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from lxml import etree

from conformance.model.finding import Finding
from conformance.validation.gate import Document
from conformance.validation.metadata_errors import LCM, RIM, XSI, finding, label, say, split

__all__ = ["LCM", "MAX_ELEMENTS", "MAX_FINDINGS", "RIM", "validate"]

MAX_ELEMENTS = 20_000
"""More than a hundred documents in one lot; past it the structure is not judged, so that a hostile file costs little."""
MAX_FINDINGS = 100
_REQUEST = f"{{{LCM}}}SubmitObjectsRequest"


@dataclass(frozen=True, slots=True)
class _Schema:
    """The compiled schema, and the type of each element, both names as ``{namespace}name``."""

    compiled: Any
    types: Mapping[str, str]


def validate(document: Document) -> Iterator[Finding]:
    """Every place where the metadata of a document depart from the schema, with its line and path.

    The SubmitObjectsRequest may be the root or be wrapped (SOAP). At most ``MAX_FINDINGS`` are told in full.
    """
    requests = list(document.root.iter(_REQUEST))
    if not requests:
        yield _no_request(document)
    for request in requests:
        if sum(1 for _ in islice(request.iter(), MAX_ELEMENTS + 1)) <= MAX_ELEMENTS:
            yield from _judge(document, request)
            continue
        yield say(
            "size", "Les métadonnées contiennent un nombre démesuré d’éléments\u00a0: leur structure n’est pas lue.",
            document.where(request), f"{MAX_ELEMENTS} éléments au plus", "davantage",
            "Découper l’envoi en plusieurs lots.",
        )  # fmt: skip


@cache
def _schema() -> _Schema:
    """Compiled once per process (about 150 ms). Nothing but the files beside this module is ever opened."""
    from xmlschema import XMLSchema10
    from xmlschema.validators import XsdElement

    compiled = XMLSchema10(str(Path(__file__).with_name("ebxml.xsd")), defuse="always", allow="local")
    elements: Iterator[Any] = compiled.maps.iter_components(XsdElement)
    # A name stands for one type in this schema, wherever the element is declared.
    types = {item.name: item.type.name for item in elements if item.name}
    return _Schema(compiled, types)


def _judge(document: Document, request: etree._Element) -> Iterator[Finding]:
    schema = _schema()
    plain = _plain(request)
    originals = dict(zip(plain.iter(), request.iter(etree.Element), strict=True))
    told: dict[Finding, None] = {}
    untold = 0
    for node, original in originals.items():
        wrong = _hints(document, node, original, schema) if node.attrib else None
        if wrong is not None:
            told[wrong] = None
    try:
        for error in schema.compiled.iter_errors(plain, use_location_hints=False):
            if len(told) < MAX_FINDINGS:
                told[finding(document, error, originals)] = None
            else:
                untold += 1
    except RecursionError:
        told[_too_deep(document, request)] = None
    yield from told
    if untold:
        yield say(
            "more", f"La structure des métadonnées a {untold} autre(s) faute(s), non détaillée(s).",
            document.where(request), None, str(len(told) + untold), "Corriger les premières fautes, puis recommencer.",
        )  # fmt: skip


def _plain(request: etree._Element) -> ET.Element:
    """A copy without comments nor processing instructions, which are nobody's fault and which the processor takes for
    children; in the standard library's tree, where a child is found by its rank at once, however many there are.
    """
    # What is parsed here was written by lxml from a tree that the gate let in: no DOCTYPE, no entity.
    return ET.fromstring(etree.tostring(request, with_tail=False))  # noqa: S314


def _hints(document: Document, node: ET.Element, original: etree._Element, schema: _Schema) -> Finding | None:
    """Take the sender's hints out of the copy: where schemas would be, and the type it says the element has."""
    for hint in ("schemaLocation", "noNamespaceSchemaLocation"):
        node.attrib.pop(f"{{{XSI}}}{hint}", None)
    said = node.attrib.pop(f"{{{XSI}}}type", None)
    expected = schema.types.get(node.tag)
    if said is None or expected is None:
        return None
    prefix, _, name = said.strip().rpartition(":")
    if f"{{{original.nsmap.get(prefix or None, '')}}}{name}" == expected:
        return None
    return say(
        "type", f"«\u00a0xsi:type\u00a0» donne à «\u00a0{label(original)}\u00a0» un autre type que le sien.",
        document.where(original), split(expected)[1], said, "Retirer l’attribut xsi:type.",
    )  # fmt: skip


def _too_deep(document: Document, request: etree._Element) -> Finding:
    return say(
        "depth", "Les éléments des métadonnées sont imbriqués trop profondément\u00a0: leur structure n’est pas lue.",
        document.where(request), "quelques niveaux", "plusieurs centaines", "Ne pas imbriquer les lots les uns dans les autres.",
    )  # fmt: skip


def _no_request(document: Document) -> Finding:
    named = next(document.root.iter("{*}SubmitObjectsRequest"), document.root)
    namespace, name = split(str(named.tag))
    return say(
        "root", "Le document ne contient pas de «\u00a0SubmitObjectsRequest\u00a0» dans l’espace de noms d’ebXML RegRep 3.0.",
        document.where(named), f"SubmitObjectsRequest ({LCM})", f"{name} ({namespace or 'aucun espace de noms'})",
        f"Écrire SubmitObjectsRequest dans l’espace de noms {LCM}.",
    )  # fmt: skip

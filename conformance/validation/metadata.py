"""The structure of ebXML metadata: every departure from our schema of ``lcm:SubmitObjectsRequest`` (``ebxml.xsd``).

The schema is the harness's own, written from ebXML RegRep 3.0 and narrowed to the objects XDS uses; the findings say so.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from conformance.model.finding import Finding, Location
from conformance.validation.gate import Document

LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
SOURCE = "structure ebXML RegRep 3.0, schéma du banc"
MAX_ELEMENTS = 50_000
MAX_FINDINGS = 100
_REQUEST = f"{{{LCM}}}SubmitObjectsRequest"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {LCM: "lcm", RIM: "rim", _XSI: "xsi", _XML: "xml"}
_BOOLEAN = "true ou false"
_VALUES = {
    "isOpaque": _BOOLEAN,
    "createReplica": _BOOLEAN,
    "mimeType": "type/sous-type, par exemple text/xml",
    "name": "un nom non vide",
    f"{{{_XML}}}lang": "un code de langue, par exemple fr-FR",
}


@dataclass(frozen=True, slots=True)
class _Schema:
    """The compiled schema, and the name of the type of each element, both as ``{namespace}name``."""

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
        size = sum(1 for _ in islice(request.iter(), MAX_ELEMENTS + 1))
        if size > MAX_ELEMENTS:
            yield _say(
                "size", "Les métadonnées contiennent un nombre démesuré d’éléments\u00a0: leur structure n’est pas lue.",
                document.where(request), f"{MAX_ELEMENTS} éléments au plus", "davantage",
                "Découper l’envoi en plusieurs lots.",
            )  # fmt: skip
            continue
        found = _judge(document, request)
        yield from islice(found, MAX_FINDINGS)
        rest = sum(1 for _ in found)
        if rest:
            yield _say(
                "more", f"La structure des métadonnées a {rest} autre(s) faute(s), non détaillée(s).",
                document.where(request), None, str(MAX_FINDINGS + rest),
                "Corriger les premières fautes, puis recommencer.",
            )  # fmt: skip


@cache
def _schema() -> _Schema:
    """Compiled once per process (about 150 ms). Nothing but the files beside this module is ever opened."""
    from xmlschema import XMLSchema10
    from xmlschema.validators import XsdElement

    compiled = XMLSchema10(str(Path(__file__).with_name("ebxml.xsd")), defuse="always", allow="local")
    # Each name stands for one type in this schema, wherever the element is declared.
    types = {item.name: item.type.name or "" for item in compiled.maps.iter_components(XsdElement) if item.name}
    return _Schema(compiled, types)


def _judge(document: Document, request: etree._Element) -> Iterator[Finding]:
    """The findings of one request, in the order of the schema processor."""
    schema = _schema()
    plain = copy.deepcopy(request)
    # A comment or a processing instruction is nobody's fault, and the processor takes one for a child.
    etree.strip_elements(plain, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    originals = dict(zip(plain.iter(), request.iter(etree.Element), strict=True))
    for node, original in originals.items():
        yield from _without_hints(document, node, original, schema)
    for error in schema.compiled.iter_errors(plain, use_location_hints=False):
        yield _finding(document, error, originals)


def _without_hints(
    document: Document, node: etree._Element, original: etree._Element, schema: _Schema
) -> Iterator[Finding]:
    """Take the hints of the sender out of the copy: where schemas would be, and the type it says the element has."""
    for hint in ("schemaLocation", "noNamespaceSchemaLocation"):
        node.attrib.pop(f"{{{_XSI}}}{hint}", None)
    said = node.attrib.pop(f"{{{_XSI}}}type", None)
    expected = schema.types.get(str(node.tag))
    if said is None or expected is None:
        return
    prefix, _, local = str(said).strip().rpartition(":")
    if f"{{{original.nsmap.get(prefix or None, '')}}}{local}" != expected:
        yield _say(
            "type", f"«\u00a0xsi:type\u00a0» donne à «\u00a0{_name(node)}\u00a0» un autre type que le sien.",
            document.where(original), _local(expected), str(said), "Retirer l’attribut xsi:type.",
        )  # fmt: skip


def _finding(document: Document, error: Any, originals: Mapping[etree._Element, etree._Element]) -> Finding:
    """One French finding for one error of the schema processor; what it is about is read from the tree, not from words."""
    node = error.elem
    where = Location(document.name) if node is None else document.where(originals[node])
    if node is None:
        return _other(error, where)
    if hasattr(error, "index"):
        child = error.invalid_child
        if child is None:
            return _missing_child(node, _order(error.validator), where)
        return _unexpected_child(node, child, error, document.where(originals[child]))
    if isinstance(error.obj, str):
        return _value(node, error, where)
    if type(error.validator).__name__ == "XsdAttributeGroup":
        return _attribute(node, error, where)
    return _content(node, error, where)


def _unexpected_child(node: etree._Element, child: etree._Element, error: Any, where: Location) -> Finding:
    parent, name, known = _name(node), _name(child), _order(error.validator)
    tag, (namespace, local) = str(child.tag), _split(str(child.tag))
    locals_ = [_local(item) for item in known]
    if tag in known:
        earlier = sum(1 for item in child.itersiblings(tag, preceding=True))
        if earlier and _once(error.validator, tag):
            return _say(
                "child.repeated", f"«\u00a0{name}\u00a0» est répété dans «\u00a0{parent}\u00a0».", where,
                f"un seul {local}", f"{earlier + 1} au moins", f"N’écrire qu’un élément {local}.",
            )  # fmt: skip
        return _say(
            "child.order", f"«\u00a0{name}\u00a0» n’est pas à sa place dans «\u00a0{parent}\u00a0».", where,
            f"dans l’ordre\u00a0: {', '.join(locals_)}", _before(child), "Reprendre l’ordre des éléments d’ebXML.",
        )  # fmt: skip
    if local in locals_:
        right = _split(known[locals_.index(local)])[0]
        return _say(
            "namespace", f"«\u00a0{local}\u00a0» n’est pas dans le bon espace de noms.", where,
            right, namespace or "aucun espace de noms", f"Écrire {local} dans l’espace de noms {right}.",
        )  # fmt: skip
    return _say(
        "child.unknown", f"L’élément «\u00a0{name}\u00a0» n’est pas permis dans «\u00a0{parent}\u00a0».", where,
        ", ".join(locals_) or "aucun élément", name, _nearest(local, locals_) or f"Retirer {local}, ou le placer ailleurs.",
    )  # fmt: skip


def _missing_child(node: etree._Element, known: list[str], where: Location) -> Finding:
    present = {str(child.tag) for child in node}
    wanted = ", ".join(_local(item) for item in known if item not in present)
    return _say(
        "child.missing", f"Il manque un élément dans «\u00a0{_name(node)}\u00a0».", where, wanted,
        ", ".join(_name(child) for child in node) or "aucun élément", f"Ajouter {wanted}.",
    )  # fmt: skip


def _attribute(node: etree._Element, error: Any, where: Location) -> Finding:
    known = [str(name) for name in error.validator if name]
    told = _quoted(error.reason)
    if told in node.attrib:
        name = _prefixed(told)
        return _say(
            "attribute.unknown", f"L’attribut «\u00a0{name}\u00a0» n’est pas permis sur «\u00a0{_name(node)}\u00a0».",
            where, ", ".join(map(_prefixed, known)) or "aucun attribut", f"{name}=\"{node.get(told)}\"",
            _nearest(_local(told), [_local(item) for item in known]) or f"Retirer l’attribut {name}.",
        )  # fmt: skip
    name = _prefixed(told)
    return _say(
        "attribute.missing", f"L’attribut «\u00a0{name}\u00a0» manque sur «\u00a0{_name(node)}\u00a0».", where,
        name, ", ".join(_prefixed(str(item)) for item in node.attrib) or "aucun attribut", f"Ajouter l’attribut {name}.",
    )  # fmt: skip


def _value(node: etree._Element, error: Any, where: Location) -> Finding:
    candidates = [str(name) for name, value in node.attrib.items() if value == error.obj]
    named = [name for name in candidates if f"attribute {name}=" in (error.reason or "")]
    if not candidates:
        return _other(error, where)
    attribute = (named or candidates)[0]
    return _say(
        "value", f"L’attribut «\u00a0{_prefixed(attribute)}\u00a0» de «\u00a0{_name(node)}\u00a0» a une valeur invalide.",
        where, _VALUES.get(attribute, "une référence non vide, sans espace"), error.obj or "vide",
        f"Corriger la valeur de {_prefixed(attribute)}.",
    )  # fmt: skip


def _content(node: etree._Element, error: Any, where: Location) -> Finding:
    """Text among elements, or elements in a text."""
    texts = [text.strip() for text in (node.text, *(child.tail for child in node)) if text and text.strip()]
    if str(node.tag) == f"{{{RIM}}}Value" and len(node):
        return _say(
            "content", "«\u00a0Value\u00a0» contient un élément\u00a0: ce doit être du texte.", where, "du texte",
            _name(node[0]), "N’écrire que la valeur.",
        )  # fmt: skip
    if texts and type(error.validator).__name__ in ("XsdGroup", "XsdElement"):
        return _say(
            "content", f"Du texte se trouve parmi les éléments de «\u00a0{_name(node)}\u00a0».", where,
            "des éléments seulement", texts[0], "Retirer le texte, ou l’écrire dans une valeur.",
        )  # fmt: skip
    return _other(error, where)


def _other(error: Any, where: Location) -> Finding:
    return _say(
        "other", "La structure des métadonnées n’est pas celle du schéma.", where, None, str(error.reason or error.message),
        "Reprendre la structure d’ebXML RegRep 3.0 à cet endroit.",
    )  # fmt: skip


def _no_request(document: Document) -> Finding:
    named = [node for node in document.root.iter("{*}SubmitObjectsRequest")] or [document.root]
    namespace, local = _split(str(named[0].tag))
    return _say(
        "root", "Le document ne contient pas de «\u00a0SubmitObjectsRequest\u00a0» dans l’espace de noms d’ebXML RegRep 3.0.",
        document.where(named[0]), f"SubmitObjectsRequest ({LCM})", f"{local} ({namespace or 'aucun espace de noms'})",
        f"Écrire SubmitObjectsRequest dans l’espace de noms {LCM}.",
    )  # fmt: skip


def _order(group: Any) -> list[str]:
    """The children a content model knows, in its order, as ``{namespace}name``."""
    return list(dict.fromkeys(str(item.name) for item in group.iter_elements() if item.name))


def _once(group: Any, tag: str) -> bool:
    return any(item.name == tag and item.max_occurs == 1 for item in group.iter_elements()) and group.max_occurs == 1


def _before(child: etree._Element) -> str:
    previous = child.getprevious()
    return "en premier" if previous is None else f"après {_name(previous)}"


def _nearest(name: str, known: list[str]) -> str | None:
    near = difflib.get_close_matches(name.lower(), [item.lower() for item in known], n=1)
    return next((f"Écrire {item}." for item in known if near and item.lower() == near[0]), None)


def _quoted(reason: str | None) -> str:
    """The name that the processor puts between quotes, whatever its language."""
    parts = (reason or "").split("'")
    return parts[1] if len(parts) > 2 else ""


def _split(tag: str) -> tuple[str, str]:
    namespace, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return namespace, local


def _local(tag: str) -> str:
    return _split(tag)[1]


def _name(node: etree._Element) -> str:
    """The name of an element, without a prefix when it is one of ebXML's."""
    namespace, local = _split(str(node.tag))
    return local if namespace in (RIM, LCM) or not node.prefix else f"{node.prefix}:{local}"


def _prefixed(attribute: str) -> str:
    namespace, local = _split(attribute)
    return f"{_PREFIXES.get(namespace, namespace)}:{local}" if namespace else local


def _say(rule: str, message: str, where: Location, expected: str | None, observed: str, fix: str) -> Finding:
    return Finding(
        f"xds.schema.{rule}", message[:400], where=where, expected=expected and expected[:300], observed=observed[:300],
        fix=fix, source=SOURCE,
    )  # fmt: skip

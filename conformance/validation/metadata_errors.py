"""What the schema processor says of ebXML metadata, as French findings of ours.

What an error is about is read in the tree and in the components of the schema rather than in the processor's words.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document

LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {LCM: "lcm", RIM: "rim", XSI: "xsi", XML: "xml"}
_VALUES = {
    "isOpaque": "true ou false",
    "createReplica": "true ou false",
    "mimeType": "type/sous-type, par exemple text/xml",
    "name": "un nom non vide",
    f"{{{XML}}}lang": "un code de langue, par exemple fr-FR",
}


def finding(document: Document, error: Any, originals: Mapping[ET.Element, etree._Element]) -> Finding:
    """The finding for one error of ``xmlschema``; ``originals`` gives the document's element for each one judged."""
    if error.elem is None:
        return _other(error, Location(document.name))
    node = originals[error.elem]
    where = document.where(node)
    if hasattr(error, "index"):
        if error.invalid_child is None:
            return _missing_child(node, _order(error.validator), where)
        child = originals[error.invalid_child]
        return _unexpected_child(node, child, error.validator, document.where(child))
    if isinstance(error.obj, str):
        return _value(node, error, where)
    if type(error.validator).__name__ == "XsdAttributeGroup":
        return _attribute(node, error, where)
    return _content(node, error, where)


def say(
    rule: str,
    message: str,
    where: Location,
    expected: str | None,
    observed: str,
    fix: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding on the structure of metadata; long values are cut."""
    return Finding(
        f"xds.schema.{rule}", message[:400], severity, where=where, expected=expected and expected[:300], observed=observed[:300],
        fix=fix[:300], source="structure ebXML RegRep 3.0, schéma du banc",
    )  # fmt: skip


def split(tag: str) -> tuple[str, str]:
    """The namespace, empty when there is none, and the local name of ``{namespace}name``."""
    namespace, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return namespace, name


def label(node: etree._Element) -> str:
    """The name of an element, without a prefix when it is one of ebXML's."""
    namespace, name = split(str(node.tag))
    return name if namespace in (RIM, LCM) or not node.prefix else f"{node.prefix}:{name}"


def _unexpected_child(node: etree._Element, child: etree._Element, group: Any, where: Location) -> Finding:
    known = _order(group)
    namespace, name = split(str(child.tag))
    names = [split(item)[1] for item in known]
    if child.tag in known:
        return _misplaced(node, child, group, where)
    if name in names:
        right = split(known[names.index(name)])[0]
        return say(
            "namespace", f"«\u00a0{name}\u00a0» n’est pas dans le bon espace de noms.", where,
            right, namespace or "aucun espace de noms", f"Écrire {name} dans l’espace de noms {right}.",
        )  # fmt: skip
    return say(
        "child.unknown", f"L’élément «\u00a0{label(child)}\u00a0» n’est pas permis dans «\u00a0{label(node)}\u00a0».",
        where, ", ".join(names) or "aucun élément", label(child),
        _nearest(name, names) or f"Retirer {label(child)}, ou le placer ailleurs.",
    )  # fmt: skip


def _misplaced(node: etree._Element, child: etree._Element, group: Any, where: Location) -> Finding:
    """An element that may be here, but not twice or not after what precedes it."""
    name, previous = label(child), next(child.itersiblings("*", preceding=True), None)
    once = any(item.name == child.tag and item.max_occurs == 1 for item in group.iter_elements())
    if once and next(child.itersiblings(child.tag, preceding=True), None) is not None:
        return say(
            "child.repeated", f"«\u00a0{name}\u00a0» est répété dans «\u00a0{label(node)}\u00a0».", where,
            f"un seul {name}", "deux ou plus", f"N’écrire qu’un élément {name}.",
        )  # fmt: skip
    return say(
        "child.order", f"«\u00a0{name}\u00a0» n’est pas à sa place dans «\u00a0{label(node)}\u00a0».", where,
        f"dans l’ordre\u00a0: {', '.join(split(item)[1] for item in _order(group))}",
        f"{name} après {label(previous)}" if previous is not None else f"{name} en premier",
        "Écrire les éléments dans l’ordre d’ebXML.",
        Severity.WARNING,  # an archive published by the agency has Slot after Classification: shown, never condemned
    )  # fmt: skip


def _missing_child(node: etree._Element, known: list[str], where: Location) -> Finding:
    present = list(node.iterchildren("*"))
    wanted = ", ".join(split(item)[1] for item in known if item not in {child.tag for child in present})
    return say(
        "child.missing", f"Il manque un élément dans «\u00a0{label(node)}\u00a0».", where, wanted,
        ", ".join(map(label, present)) or "aucun élément", f"Ajouter {wanted}.",
    )  # fmt: skip


def _attribute(node: etree._Element, error: Any, where: Location) -> Finding:
    known = [str(name) for name in error.validator if name]
    # The processor puts the name between quotes, whatever the language it speaks.
    quoted = (error.reason or "").split("'")[1:2]
    told = next(iter(quoted), "")
    name = _prefixed(told)
    if told in node.attrib:
        return say(
            "attribute.unknown", f"L’attribut «\u00a0{name}\u00a0» n’est pas permis sur «\u00a0{label(node)}\u00a0».",
            where, ", ".join(map(_prefixed, known)) or "aucun attribut", f'{name}="{node.get(told)}"',
            _nearest(told, [item for item in known if item not in node.attrib]) or f"Retirer l’attribut {name}.",
        )  # fmt: skip
    return say(
        "attribute.missing", f"L’attribut «\u00a0{name}\u00a0» manque sur «\u00a0{label(node)}\u00a0».", where, name,
        ", ".join(_prefixed(str(item)) for item in node.attrib) or "aucun attribut", f"Ajouter l’attribut {name}.",
    )  # fmt: skip


def _value(node: etree._Element, error: Any, where: Location) -> Finding:
    candidates = [str(name) for name, value in node.attrib.items() if value == error.obj]
    named = [name for name in candidates if f"attribute {name}=" in (error.reason or "")]
    if not candidates:
        return _other(error, where)
    attribute = (named or candidates)[0]
    name = _prefixed(attribute)
    return say(
        "value", f"L’attribut «\u00a0{name}\u00a0» de «\u00a0{label(node)}\u00a0» a une valeur invalide.", where,
        _VALUES.get(attribute, "une référence non vide, sans espace"), error.obj or "vide",
        f"Corriger la valeur de {name}.",
    )  # fmt: skip


def _content(node: etree._Element, error: Any, where: Location) -> Finding:
    """Text among elements, elements in a text, or xsi:nil."""
    name = label(node)
    if f"{{{XSI}}}nil" in node.attrib:
        return say(
            "attribute.unknown", f"L’attribut «\u00a0xsi:nil\u00a0» n’est pas permis sur «\u00a0{name}\u00a0».", where,
            "un élément renseigné", f'xsi:nil="{node.get(f"{{{XSI}}}nil")}"', "Retirer l’attribut xsi:nil.",
        )  # fmt: skip
    inside = next(node.iterchildren("*"), None)
    if node.tag == f"{{{RIM}}}Value" and inside is not None:
        return say(
            "content", f"«\u00a0{name}\u00a0» contient un élément\u00a0: ce doit être du texte.", where, "du texte",
            label(inside), "N’écrire que la valeur.",
        )  # fmt: skip
    text = next((text.strip() for text in (node.text, *(child.tail for child in node)) if text and text.strip()), None)
    if text is None:
        return _other(error, where)
    return say(
        "content", f"Du texte se trouve dans «\u00a0{name}\u00a0», qui n’en admet pas.", where, "aucun texte", text,
        "Retirer le texte, ou l’écrire dans une valeur.",
    )  # fmt: skip


def _other(error: Any, where: Location) -> Finding:
    said = str(error.reason or error.message)
    return say(
        "other", "La structure des métadonnées n’est pas celle du schéma à cet endroit.", where, None, said,
        "Reprendre la structure d’ebXML RegRep 3.0.",
    )  # fmt: skip


def _order(group: Any) -> list[str]:
    """The children that a content model knows, in its order, as ``{namespace}name``."""
    return list(dict.fromkeys(str(item.name) for item in group.iter_elements() if item.name))


def _nearest(name: str, known: list[str]) -> str | None:
    """What to write instead of a name that is almost right."""
    lowered = {item.lower(): item for item in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.7)
    return f"Écrire {_prefixed(lowered[near[0]])}." if near else None


def _prefixed(name: str) -> str:
    namespace, local = split(name)
    return f"{_PREFIXES.get(namespace, namespace)}:{local}" if namespace else local

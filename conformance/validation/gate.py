"""The gate: what every document passes before a check looks at it. Hostile files stop here, with a sentence
that says why.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.archive import MIB, ZipLimits, open_zip
from conformance.validation.encoding import Decoded, decode, other_kind

__all__ = ["CDA", "MIB", "Document", "ZipLimits", "open_document", "open_xml", "open_zip"]

CDA = "urn:hl7-org:v3"
ROOT = f"{{{CDA}}}ClinicalDocument"
_MAX_MARKUP = 2_000_000
_MAX_TEXT = 32 * MIB
"""Characters of one text: an encapsulated PDF of 24 MiB, more than any network of health takes."""
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_XML_DECLARATION = re.compile(r"\A<\?xml\b[^>]{0,300}\?>")


@dataclass(frozen=True, slots=True)
class Document:
    """An XML document that passed the gate: its name, its root, and what the gate has to remark about it.

    For a CDA, ``root`` is the ClinicalDocument, taken out of the stylesheet that may wrap it; lines are the
    file's own.
    """

    name: str
    root: etree._Element
    content: bytes
    remarks: tuple[Finding, ...] = ()

    def where(self, element: etree._Element | None = None) -> Location:
        """The line of an element and a path that a person can read, prefixes left out for the CDA namespace."""
        node = self.root if element is None else element
        line = node.sourceline
        return Location(self.name, line=line if isinstance(line, int) else None, path=_path(node))

    def all(self, path: str, start: etree._Element | None = None) -> list[etree._Element]:
        """The elements at a path of CDA names without prefix, such as ``recordTarget/patientRole/id``."""
        return (self.root if start is None else start).findall(path, {None: CDA})  # type: ignore[dict-item]

    def first(self, path: str, start: etree._Element | None = None) -> etree._Element | None:
        """The first element at that path, or None."""
        return next(iter(self.all(path, start)), None)


def open_document(name: str, content: bytes, limit: int = 100 * MIB) -> Document | tuple[Finding, ...]:
    """A CDA document from bytes nobody vouches for, or why it cannot be judged; ``limit`` in bytes.

    Self-presenting documents are unwrapped. Anything readable is returned, its oddities in ``remarks``.
    """
    opened = open_xml(name, content, limit)
    if not isinstance(opened, Document):
        return opened
    if opened.root.tag == ROOT:
        return opened
    inside = list(opened.root.iter(ROOT))
    if len(inside) == 1:
        return _unwrapped(opened, inside[0])
    return (_wrong_root(opened, len(inside)),)


def open_xml(name: str, content: bytes, limit: int = 100 * MIB) -> Document | tuple[Finding, ...]:
    """Any XML document, with the same safeguards as :func:`open_document` but no demand on its root."""
    refused = _unreadable(name, content, limit)
    if refused is not None:
        return (refused,)
    decoded = decode(name, content)
    if not isinstance(decoded, Decoded):
        return (decoded,)
    refused = _dangerous(name, decoded.text)
    if refused is not None:
        return (*decoded.remarks, refused)
    root = _parse(name, decoded.text)
    if isinstance(root, Finding):
        return (*decoded.remarks, root)
    return Document(name, root, content, decoded.remarks)


def _unreadable(name: str, content: bytes, limit: int) -> Finding | None:
    if not content.strip(b" \t\r\n\x00"):
        return Finding("gate.empty", "Le fichier est vide.", where=Location(name), expected="un document XML")
    if len(content) > limit:
        return Finding(
            "gate.size",
            "Le fichier est trop volumineux pour être lu.",
            where=Location(name),
            expected=f"{limit / MIB:.0f} Mio au plus" if limit >= MIB else f"{limit} octets au plus",
            observed=f"{len(content)} octets",
        )
    kind = other_kind(content)
    if kind is None:
        return None
    return Finding(
        "gate.not-xml",
        f"Le fichier « {name} » n’est pas du XML : son contenu est {kind}.",
        where=Location(name),
        expected="un document XML",
        observed=kind,
        fix="Fournir le document XML lui-même, et un nom de fichier conforme à son contenu.",
    )


def _dangerous(name: str, text: str) -> Finding | None:
    """A document type declaration is the door of external entities and of exponential expansion: none is let
    in.
    """
    position = _prolog_end(text)
    if text[position : position + 9].upper() == "<!DOCTYPE":
        return Finding(
            "gate.doctype",
            (
                "Le document contient une déclaration DOCTYPE : elle est refusée sans être lue (entités "
                "externes, expansion)."
            ),
            where=Location(name, line=text.count("\n", 0, position) + 1),
            expected="aucune DTD",
            observed=text[position : position + 40].split("\n", 1)[0],
            fix="Retirer la déclaration DOCTYPE et les entités qu’elle définit ; un document CDA n’en a pas.",
        )
    if text.count("<") > _MAX_MARKUP:
        return Finding(
            "gate.elements",
            "Le document contient un nombre démesuré de balises : il n’est pas lu.",
            where=Location(name),
            expected=f"{_MAX_MARKUP} balises au plus",
        )
    return None


def _prolog_end(text: str) -> int:
    """Where the first thing that is neither blank, comment nor processing instruction begins."""
    position = 0
    while (match := _PROLOG.match(text, position)) is not None:
        position = match.end()
    return (
        position + len(text[position:]) - len(text[position:].lstrip())
        if text[position : position + 1].isspace()
        else position
    )


def _parse(name: str, text: str) -> etree._Element | Finding:
    # The declared encoding is dropped, for the text is already decoded; its line feeds stay, hence the line
    # numbers.
    declaration = _XML_DECLARATION.match(text)
    plain = text if declaration is None else "\n" * declaration.group().count("\n") + text[declaration.end() :]
    data = plain.encode("utf-8", "replace")
    found: etree._Element | Finding = _parse_once(name, data, huge=False)
    # libxml2 stops at 10 MB of text, which a base64 PDF may exceed; deep nesting stays refused.
    if isinstance(found, Finding) and found.rule == "gate.limit":
        found = _parse_once(name, data, huge=True)
        if not isinstance(found, Finding) and len(data) > _MAX_TEXT:
            return _endless(name, found) or found
    return found


def _endless(name: str, root: etree._Element) -> Finding | None:
    """Why a document with an endless text is refused; None when it has none."""
    for node in root.iter():
        size = max(map(len, (node.text or "", node.tail or "", *node.attrib.values())))
        if size > _MAX_TEXT:
            return Finding(
                "gate.text",
                "Un texte du document est démesuré : il n’est pas lu.",
                where=Location(name, line=node.sourceline if isinstance(node.sourceline, int) else None),
                expected=f"{_MAX_TEXT // MIB} Mio au plus d’un seul tenant",
                observed=f"{size / MIB:.0f} Mio",
                fix="Réduire le fichier encapsulé.",
            )
    return None


def _parse_once(name: str, data: bytes, *, huge: bool) -> etree._Element | Finding:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge,
        encoding="utf-8",
        remove_pis=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return _malformed(name, error)


def _malformed(name: str, error: etree.XMLSyntaxError) -> Finding:
    line, column = error.position
    where = Location(name, line=line or None, column=column or None)
    said = (error.msg or "").split(", line ")[0].strip()
    if "depth" in said:
        return Finding(
            "gate.depth",
            "Les éléments du document sont imbriqués trop profondément : il n’est pas lu.",
            where=where,
            expected="256 niveaux au plus",
        )
    if "HUGE" in said or "too big" in said or "too long" in said:
        return Finding("gate.limit", "Un texte du document dépasse la taille lisible.", where=where, observed=said)
    return Finding(
        "gate.well-formed",
        f"Le document n’est pas du XML bien formé : {_in_french(said)}.",
        where=where,
        observed=said,
        fix="Corriger la syntaxe XML à la ligne indiquée ; produire le document avec une bibliothèque XML.",
    )


_SENTENCES = (
    (r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)", r"<\1> (ligne \2) est fermé par </\3>"),
    (
        r"Premature end of data in tag (\S+) line (\d+)",
        r"le fichier s’arrête avant la fin de <\1> (ligne \2)",
    ),
    (r"Entity '(\S+)' not defined", r"l’entité « &\1; » n’est pas définie"),
    (r"(?:PCDATA|Char|xmlParseCharRef).*[Cc]har.*", "un caractère interdit en XML s’y trouve"),
    (r"Extra content at the end of the document", "il y a du contenu après l’élément racine"),
    (r"Start tag expected.*", "aucune balise n’ouvre le document"),
    (r"Namespace prefix (\S+) .*is not defined", r"le préfixe « \1 » n’est pas déclaré"),
    (r"Attribute (\S+) redefined", r"l’attribut « \1 » est répété"),
    (r".*xmlParseEntityRef.*", "un « & » n’est pas échappé"),
)


def _in_french(said: str) -> str:
    for pattern, sentence in _SENTENCES:
        match = re.fullmatch(pattern, said)
        if match is not None:
            return match.expand(sentence)
    return f"« {said} »"


def _unwrapped(wrapper: Document, inside: etree._Element) -> Document:
    remark = Finding(
        "gate.self-presenting",
        "Le document est auto-présentable : le ClinicalDocument qu’il contient est jugé seul.",
        Severity.INFO,
        wrapper.where(inside),
    )
    # A copy of its own, so that paths start at ClinicalDocument and schemas see a whole document.
    return Document(wrapper.name, copy.deepcopy(inside), wrapper.content, (*wrapper.remarks, remark))


def _wrong_root(document: Document, found: int) -> Finding:
    name = etree.QName(document.root)
    observed = f"{name.localname} (espace de noms {name.namespace or 'absent'})"
    if found > 1:
        message = f"Le fichier contient {found} éléments ClinicalDocument : on ne sait pas lequel juger."
    elif name.localname == "ClinicalDocument":
        message = "La racine est bien ClinicalDocument, mais pas dans l’espace de noms de HL7 v3."
    else:
        message = f"Le fichier n’est pas un document CDA : sa racine est « {name.localname} »."
    return Finding(
        "gate.root",
        message,
        where=document.where(),
        expected=f"ClinicalDocument dans l’espace de noms {CDA}",
        observed=observed,
        fix=f'Écrire <ClinicalDocument xmlns="{CDA}"> comme racine.',
        source="HL7 CDA R2, schéma CDA.xsd",
    )


def _path(element: etree._Element) -> str:
    steps: list[str] = []
    node: etree._Element | None = element
    while node is not None:
        steps.append(_step(node))
        node = node.getparent()
    return "/" + "/".join(reversed(steps))


def _step(node: etree._Element) -> str:
    if not isinstance(node.tag, str):
        return "comment()"
    name = etree.QName(node)
    label = name.localname if name.namespace in (CDA, None) or not node.prefix else f"{node.prefix}:{name.localname}"
    parent = node.getparent()
    if parent is None:
        return label
    before = sum(1 for _ in _same_name(node))
    alone = before == 0 and next(node.itersiblings(node.tag), None) is None
    return label if alone else f"{label}[{before + 1}]"


def _same_name(node: etree._Element) -> Iterator[etree._Element]:
    return node.itersiblings(node.tag, preceding=True)

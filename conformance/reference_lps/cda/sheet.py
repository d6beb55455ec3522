"""A document that displays itself: the CDA inside the style sheet that shows it (CI-SIS, « documents auto-présentables »)."""

from __future__ import annotations

from importlib import resources

from lxml import etree

from conformance.reference_lps.types import Draft

_XSL = "http://www.w3.org/1999/XSL/Transform"
_DATA = "urn:asip-sante:ci-sis"
_HOLDER = b"<data:Contenu/>"


def self_presenting(root: etree._Element, _draft: Draft, defects: frozenset[str]) -> bytes:
    """The style sheet of the laboratory, with the document in it; a browser applies it to itself."""
    source = resources.files("conformance.reference_lps").joinpath("templates/laboratory.xsl").read_bytes()
    sheet = etree.fromstring(source, etree.XMLParser(remove_blank_text=True))
    if "bio-sheet-linked" in defects:
        linked = etree.ElementTree(root)
        root.addprevious(etree.PI("xml-stylesheet", 'type="text/xsl" href="laboratoire.xsl"'))
        return etree.tostring(linked, encoding="UTF-8", xml_declaration=True)
    if "sheet-forgets-added-sections" in defects:
        body = sheet.find(f".//{{{_XSL}}}apply-templates[@select='c:component/c:structuredBody/c:component/c:section']")
        if body is not None:
            body.set("select", "c:component/c:structuredBody/c:component/c:section[c:templateId]")
    etree.SubElement(sheet, f"{{{_DATA}}}Contenu", nsmap={"data": _DATA})
    sheet.insert(0, sheet[-1])
    sheet.addprevious(etree.PI("xml-stylesheet", 'type="text/xsl" href="#"'))
    shell = etree.tostring(etree.ElementTree(sheet), encoding="UTF-8", xml_declaration=True)
    # Put in as text: a tree would share the prefixes of the sheet, and the types named in the document would lose theirs.
    return shell.replace(_HOLDER, b"<data:Contenu>" + etree.tostring(root, encoding="UTF-8") + b"</data:Contenu>")

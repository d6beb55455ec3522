"""The ISO skeleton that lxml ships, run by Saxon: a road from a schema to its answers that shares nothing with ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lxml.isoschematron
import saxonche
from lxml import etree

_STEPS = Path(lxml.isoschematron.__file__).parent / "resources" / "xsl" / "iso-schematron-xslt1"
_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_STEP = re.compile(r"(@?)\*\[local-name\(\)='([^']+)'(?: and namespace-uri\(\)='[^']*')?\]")

Answer = tuple[int, list[tuple[str, str, str]]]
"""Fired rules, and of each failure the role, the place and the message."""


class Skeleton:
    """``given``: files to read in the place of those that the pack lacks, by the path that the schemas write."""

    def __init__(self, given: dict[str, Path]) -> None:
        self._given = given
        self._processor = saxonche.PySaxonProcessor(license=False)
        # Its optimiser falls on these stylesheets; besides, the road is then still more different.
        self._processor.set_configuration_property("http://saxon.sf.net/feature/optimizationLevel", "0")
        self._sheets: dict[Path, Any] = {}

    def answer(self, schema: Path, text: str) -> Answer | None:
        """What it says of a document; None when it fails on it."""
        node = self._processor.parse_xml(xml_text=text, encoding="UTF-8")
        sheet = self._sheet(schema)
        try:
            said = etree.fromstring(sheet.transform_to_string(xdm_node=node).encode())
        except saxonche.PySaxonApiError:
            return None
        failed = (each for each in said if each.tag in (f"{_SVRL}failed-assert", f"{_SVRL}successful-report"))
        return len(said.findall(f"{_SVRL}fired-rule")), sorted(_told(each) for each in failed)

    def _sheet(self, schema: Path) -> Any:
        if schema not in self._sheets:
            text = stylesheet(schema)
            for written, file in self._given.items():
                text = text.replace(written, file.as_uri())
            text = text.replace("<axsl:stylesheet ", f'<axsl:stylesheet xml:base="{schema.as_uri()}" ', 1)
            compiler = self._processor.new_xslt30_processor()
            self._sheets[schema] = compiler.compile_stylesheet(stylesheet_text=text, encoding="UTF-8")
        return self._sheets[schema]


def stylesheet(schema: Path) -> str:
    """The skeleton's, of a schema for XSLT 2, which it turns down unless the binding is kept from it."""
    root = _included(schema)
    root.set("queryBinding", "xslt")
    tree = root.getroottree()
    for step in ("iso_abstract_expand.xsl", "iso_svrl_for_xslt1.xsl"):
        tree = etree.XSLT(etree.parse(str(_STEPS / step)))(tree)
    tree.getroot().set("version", "2.0")
    return etree.tostring(tree.getroot(), encoding="unicode")


def _included(schema: Path) -> etree._Element:
    root = etree.parse(str(schema)).getroot()
    for include in list(root.iter(f"{_SCH}include")):
        inside = _included(_any_case(schema.parent, include.get("href").partition("#")[0]))
        parent = include.getparent()
        place = parent.index(include)
        parent[place : place + 1] = [inside] if inside.tag != f"{_SCH}schema" else list(inside)
    return root


def _any_case(folder: Path, href: str) -> Path:
    path = (folder / href).resolve()
    found = Path(path.anchor)
    for part in path.parts[1:]:
        exact = found / part
        found = exact if exact.exists() else next(e for e in found.iterdir() if e.name.lower() == part.lower())
    return found


def _told(failed: etree._Element) -> tuple[str, str, str]:
    message = " ".join("".join(failed.find(f"{_SVRL}text").itertext()).split())
    return failed.get("role") or "none", _STEP.sub(r"\1\2", failed.get("location")).replace("[1]", ""), message


def without_prefixes(path: str) -> str:
    """A path of ours, as the skeleton's are told here."""
    return re.sub(r"(?<=[/@])[\w.-]+:(?=[\w.-])", "", path)

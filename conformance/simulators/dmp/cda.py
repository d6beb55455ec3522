"""What the DMP reads of a deposited CDA to compare it with its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.model.identity import INS_OIDS
from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.registry import Problem
from conformance.simulators.soap import SoapError, xml
from conformance.simulators.vihf.attributes import HL7

if TYPE_CHECKING:
    from lxml import etree

    from conformance.simulators.dmp.messages import Item, Lot

CDA_TYPES = ("text/xml", "application/xslt+xml")
_V3 = f"{{{HL7}}}"


def consistency(item: Item, content: bytes) -> Iterator[Problem]:
    """A CDA and its metadata name the same patient, the same document and the same type."""
    if item.mime not in CDA_TYPES:
        return
    try:
        root = xml(content)
    except SoapError:
        yield Problem("InvalidDocumentContent", "le document n’est pas du XML bien formé et sans DOCTYPE", item.id)
        return
    if root.tag != f"{_V3}ClinicalDocument":
        yield Problem("InvalidDocumentContent", "le document XML n’est pas un CDA (ClinicalDocument)", item.id)
        return
    if item.patient not in _patients(root):
        reason = "patientId différent du matricule INS du CDA (recordTarget)"
        yield Problem("XDSPatientIdDoesNotMatch", reason, item.id)
    own = root.find(f"{_V3}id")
    if _instance(own) != item.unique_id:
        reason = f"uniqueId {item.unique_id[:80]} différent de l’id du CDA {_instance(own)[:80] or '(absent)'}"
        yield Problem("XDSRegistryMetadataError", reason, item.id)
    code = root.find(f"{_V3}code")
    said = "" if code is None else code.get("code", "")
    if said != item.codes(ebxml.TYPE)[0].node:
        reason = f"typeCode {item.codes(ebxml.TYPE)[0].node[:60]} différent du code du CDA {said[:60] or '(absent)'}"
        yield Problem("XDSRegistryMetadataError", reason, item.id)


def replacement_warnings(lot: Lot, item: Item, content: bytes, replaced_id: str | None) -> Iterator[str]:
    """A replacement is told twice: by the RPLC association, and by the CDA's relatedDocument."""
    if item.mime not in CDA_TYPES:
        return
    links = xml(content).findall(f"{_V3}relatedDocument[@typeCode='RPLC']/{_V3}parentDocument/{_V3}id")
    parents = [_instance(node) for node in links]
    if bool(parents) != bool(lot.replaced(item)):
        yield f"{item.id} : association RPLC et relatedDocument du CDA ne vont pas ensemble"
    elif replaced_id is not None and replaced_id not in parents:
        yield f"{item.id} : le relatedDocument du CDA ne désigne pas le document remplacé ({replaced_id})"


def _patients(root: etree._Element) -> set[tuple[str, str]]:
    found = root.findall(f"{_V3}recordTarget/{_V3}patientRole/{_V3}id")
    return {(node.get("extension", ""), node.get("root", "")) for node in found if node.get("root") in INS_OIDS}


def _instance(node: etree._Element | None) -> str:
    if node is None:
        return ""
    extension = node.get("extension")
    return node.get("root", "") + (f"^{extension}" if extension else "")

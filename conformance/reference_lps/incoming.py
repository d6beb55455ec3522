"""A document received from elsewhere, taken as one of ours so that it can go to the DMP as it came."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from . import audit
from .lps import new_id
from .store import Record
from .types import Draft, Patient, Produced

_V3 = "{urn:hl7-org:v3}"


def record(cda: bytes, patient: Patient) -> Record | None:
    """The received document, ready to be deposited; None when it is not a CDA that names itself."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(cda, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    own, code = root.find(f"{_V3}id"), root.find(f"{_V3}code")
    if root.tag != f"{_V3}ClinicalDocument" or own is None or code is None:
        return None
    extension = own.get("extension")
    name = own.get("root", "") + (f"^{extension}" if extension else "")
    draft = Draft(
        id=new_id(),
        type_code=code.get("code", ""),
        title=(root.findtext(f"{_V3}title") or "Document reçu").strip(),
        text="",
        written_at=_when(root),
    )
    made = Produced(name, cda, b"", "")
    return Record(draft.id, patient.id, draft, "RECU", produced=made, written_with=patient.matricule)


def _when(root: etree._Element) -> str:
    """The time of the act, or that of the document, or now."""
    path = f"{_V3}documentationOf/{_V3}serviceEvent/{_V3}effectiveTime/{_V3}low"
    for node in (root.find(path), root.find(f"{_V3}effectiveTime")):
        value = "" if node is None else node.get("value", "")
        try:
            return datetime.strptime(value, "%Y%m%d%H%M%S%z").isoformat()
        except ValueError:
            continue
    return audit.now()

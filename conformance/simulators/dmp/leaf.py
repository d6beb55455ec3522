"""A registered object as TD3.1 gives it whole: what was submitted, and what only the registry knows."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Sequence

from lxml import etree

from conformance.simulators.dmp.messages import HAS_MEMBER, REPLACES, RIM, Item
from conformance.simulators.dmp.registry import APPROVED, ARCHIVED, Entry, Submission

REPOSITORY = "1.2.250.1.213.4.1.1.1.2"
OASIS_STATUS = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
CI_SIS_STATUS = "urn:asip:ci-sis:2010:StatusType:"
_OBJECT_TYPE = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:"
_OWN_SLOTS = ("repositoryUniqueId", "hash", "size")
_ORDER = ("Slot", "Name", "Description", "VersionInfo", "Classification", "ExternalIdentifier")


def urn(status: str) -> str:
    """The status as it is written: those of the DMP's own have another prefix than those of ebRIM."""
    return (CI_SIS_STATUS if status == ARCHIVED else OASIS_STATUS) + status


def registered(item: Item, name: str) -> bytes:
    """The metadata of a submitted object under the entryUUID ``name`` that the registry gave it."""
    node = copy.deepcopy(item.node)
    parts = [*node, *(copy.deepcopy(part) for part in item.beside)]
    parts = [
        part
        for part in parts
        if isinstance(part.tag, str)
        and etree.QName(part).localname in _ORDER[:3] + _ORDER[4:]
        and part.get("name") not in _OWN_SLOTS
    ]
    for part in parts:
        for owner in ("classifiedObject", "registryObject"):
            if part.get(owner) is not None:
                part.set(owner, name)
    node[:] = sorted(parts, key=lambda part: _ORDER.index(etree.QName(part).localname))
    node.text = None
    node.set("id", name)
    return etree.tostring(node, with_tail=False)


def document(metadata: bytes, entry: Entry, digest: str) -> etree._Element:
    """A DocumentEntry with its present status, version, repository, hash (``digest``, SHA-1) and size."""
    node = etree.fromstring(metadata)
    node.set("lid", entry.logical_id)
    node.set("status", urn(entry.status))
    for name, value in (("repositoryUniqueId", REPOSITORY), ("hash", digest), ("size", str(entry.size))):
        node.insert(0, _slot(name, value))
    version = etree.Element(f"{{{RIM}}}VersionInfo", {"versionName": str(entry.version)})
    after = [
        i for i, part in enumerate(node) if _ORDER.index(etree.QName(part).localname) < _ORDER.index("VersionInfo")
    ]
    node.insert(after[-1] + 1, version)
    return node


def submission(metadata: bytes) -> etree._Element:
    """A SubmissionSet; it never changes once it is there."""
    node = etree.fromstring(metadata)
    node.set("status", f"{OASIS_STATUS}{APPROVED}")
    return node


def associations(lot: Submission) -> Sequence[etree._Element]:
    """The links that a submission made: its members, and what they replaced."""
    found = [_association(HAS_MEMBER, lot.uuid, member, SubmissionSetStatus="Original") for member in lot.members]
    return [*found, *(_association(REPLACES, new, old) for new, old in lot.replacements)]


def _association(kind: str, source: str, target: str, **slots: str) -> etree._Element:
    # Always the same name for the same link: whoever asks twice must not believe there are two.
    name = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{kind}|{source}|{target}')}"
    values = {"id": name, "lid": name, "objectType": f"{_OBJECT_TYPE}Association", "status": urn(APPROVED)}
    values |= {"associationType": kind, "sourceObject": source, "targetObject": target}
    node = etree.Element(f"{{{RIM}}}Association", values, nsmap={"rim": RIM})
    for slot, value in slots.items():
        node.append(_slot(slot, value))
    return node


def _slot(name: str, value: str) -> etree._Element:
    node = etree.Element(f"{{{RIM}}}Slot", {"name": name})
    values = etree.SubElement(node, f"{{{RIM}}}ValueList")
    etree.SubElement(values, f"{{{RIM}}}Value").text = value
    return node

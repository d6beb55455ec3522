"""Reading a patient's DMP: what documents it holds (TD3.1) and the documents themselves (TD3.2), for whoever acts.

Nothing is read before the right to read is known (TD0.2), and asked for when the patient does not oppose (TD0.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from conformance.reference_lps import soap
from conformance.reference_lps.ebxml import APPROVED, REFERENCES
from conformance.reference_lps.rim import RIM
from conformance.reference_lps.types import Bench, Patient
from conformance.reference_lps.vihf import Acting, assertion
from conformance.reference_lps.vocabulary import patient_cx

from . import ALLOWED, NOT_ALLOWED, DmpClient

_QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
_XDSB = "urn:ihe:iti:xds-b:2007"
_FIND = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
_FIND_BY_REFERENCE = "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492"
_GET = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"
_STORED_QUERY, _RETRIEVE = "urn:ihe:iti:2007:RegistryStoredQuery", "urn:ihe:iti:2007:RetrieveDocumentSet"
_SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
_DEPRECATED = APPROVED.replace("Approved", "Deprecated")
_SCHEMES = {
    "type": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "classe": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
}
_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_UNIQUE = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
CRITERIA = {
    "types": "TypeCode",
    "classes": "ClassCode",
    "depuis": "ServiceStartTimeFrom",
    "jusqua": "ServiceStartTimeTo",
}


@dataclass(frozen=True)
class Found:
    """A document of the DMP by its metadata. ``date`` is that of the act, in UTC; ``structure`` its author's.

    ``references`` are what it refers to, in CXi: orders, accession numbers, studies.
    """

    unique_id: str
    entry_uuid: str
    repository: str
    type: str
    classe: str
    titre: str
    date: str
    auteur: str
    structure: str
    references: tuple[str, ...] = ()


class DmpReader:
    """One professional in front of one patient's DMP."""

    def __init__(self, client: DmpClient, bench: Bench, patient: Patient, acting: Acting) -> None:
        self._client, self._bench, self._patient, self._acting = client, bench, patient, acting

    def status(self) -> str:
        """TD0.2: what the user must see of this DMP."""
        return self._client.status(self._patient, self._acting)

    def allowed(self) -> str:
        """TD0.2, then TD0.3 when the DMP is there and not open to the user yet; gives the status afterwards."""
        found = self.status()
        if found == NOT_ALLOWED:
            self._client.ask_access(self._patient, self._acting)
            return ALLOWED
        return found

    def find(self, criteria: Mapping[str, Sequence[str]], former: bool = False) -> list[Found]:
        """TD3.1: the documents that meet every criterion; ``former`` ones too, that others have replaced."""
        slots = self._whose([APPROVED, _DEPRECATED] if former else [APPROVED])
        for name, values in criteria.items():
            slot = f"$XDSDocumentEntry{CRITERIA[name]}"
            slots[slot] = values[0] if "Time" in slot else _listed(values)
        return self._asked(_FIND, slots)

    def related(self, references: Sequence[str], types: Sequence[str]) -> list[Found]:
        """TD3.1: the documents of those types that refer to one of those objects (CXi)."""
        slots = {**self._whose([APPROVED]), "$XDSDocumentEntryReferenceIdList": _listed(references)}
        return self._asked(_FIND_BY_REFERENCE, {**slots, "$XDSDocumentEntryTypeCode": _listed(types)})

    def one(self, unique_id: str) -> Found | None:
        """TD3.1: the document of that uniqueId, None when the DMP shows none."""
        found = self._asked(_GET, {"$XDSDocumentEntryUniqueId": _listed([unique_id])})
        return found[0] if found else None

    def _whose(self, statuses: Sequence[str]) -> dict[str, str]:
        """The patient and the statuses, which every search must tell."""
        patient = f"'{patient_cx(self._patient, self._bench)}'"
        return {"$XDSDocumentEntryPatientId": patient, "$XDSDocumentEntryStatus": _listed(statuses)}

    def _asked(self, identifier: str, slots: Mapping[str, str]) -> list[Found]:
        """What a stored query finds, with the whole metadata."""
        root = etree.Element(f"{{{_QUERY}}}AdhocQueryRequest", nsmap={"query": _QUERY, "rim": RIM})
        etree.SubElement(root, f"{{{_QUERY}}}ResponseOption", returnType="LeafClass", returnComposedObjects="true")
        query = etree.SubElement(root, f"{{{RIM}}}AdhocQuery", id=identifier)
        for name, value in slots.items():
            listed = etree.SubElement(etree.SubElement(query, f"{{{RIM}}}Slot", name=name), f"{{{RIM}}}ValueList")
            etree.SubElement(listed, f"{{{RIM}}}Value").text = value
        answer = self._client.call(
            "registry", soap.plain(self._message(_STORED_QUERY, "registry", root), _STORED_QUERY)
        )
        if answer.get("status") != _SUCCESS:
            raise soap.ExchangeError(f"Le DMP a refusé la recherche\u00a0: {_reasons(answer)}.")
        return [_read(node) for node in answer.iter(f"{{{RIM}}}ExtrinsicObject")]

    def fetch(self, documents: Sequence[Found]) -> dict[str, bytes]:
        """TD3.2: the bytes of those documents by uniqueId, each compared with its size as announced."""
        root = etree.Element(f"{{{_XDSB}}}RetrieveDocumentSetRequest", nsmap={"xdsb": _XDSB})
        for document in documents:
            request = etree.SubElement(root, f"{{{_XDSB}}}DocumentRequest")
            etree.SubElement(request, f"{{{_XDSB}}}RepositoryUniqueId").text = document.repository
            etree.SubElement(request, f"{{{_XDSB}}}DocumentUniqueId").text = document.unique_id
        packed = soap.plain(self._message(_RETRIEVE, "repository", root), _RETRIEVE)
        answer, parts = self._client.call_with_parts("repository", packed)
        found = {}
        for one in answer.iter(f"{{{_XDSB}}}DocumentResponse"):
            include = one.find(f"{{{_XDSB}}}Document/{{{soap.XOP}}}Include")
            content = None if include is None else parts.get(unquote(include.get("href", "").removeprefix("cid:")))
            if content is not None:
                found[(one.findtext(f"{{{_XDSB}}}DocumentUniqueId") or "").strip()] = content
        if missing := [document.unique_id for document in documents if document.unique_id not in found]:
            raise soap.ExchangeError(f"Le DMP n’a pas rendu {len(missing)} document(s)\u00a0: {_reasons(answer)}.")
        return found

    def _message(self, action: str, service: str, body: etree._Element) -> bytes:
        return soap.envelope(
            action, self._client.url(service), assertion(self._bench, self._patient, self._acting), body
        )


def fingerprint(content: bytes) -> str:
    """What tells that two documents are the same bytes."""
    return hashlib.sha256(content).hexdigest()


def _listed(values: Sequence[str]) -> str:
    return "(" + ",".join(f"'{value}'" for value in values) + ")"


def _read(node: etree._Element) -> Found:
    def slot(name: str, parent: etree._Element = node) -> str:
        value = parent.find(f"{{{RIM}}}Slot[@name='{name}']/{{{RIM}}}ValueList/{{{RIM}}}Value")
        return "" if value is None else (value.text or "").strip()

    def code(scheme: str) -> str:
        found = node.find(f"{{{RIM}}}Classification[@classificationScheme='{scheme}']")
        return "" if found is None else found.get("nodeRepresentation", "")

    references = node.findall(f"{{{RIM}}}Slot[@name='{REFERENCES}']/{{{RIM}}}ValueList/{{{RIM}}}Value")
    title = node.find(f"{{{RIM}}}Name/{{{RIM}}}LocalizedString")
    author = node.find(f"{{{RIM}}}Classification[@classificationScheme='{_AUTHOR}']")
    person = "" if author is None else slot("authorPerson", author)
    place = "" if author is None else slot("authorInstitution", author)
    names = person.split("^")[1:3]
    unique = node.find(f"{{{RIM}}}ExternalIdentifier[@identificationScheme='{_UNIQUE}']")
    return Found(
        unique_id="" if unique is None else unique.get("value", ""),
        entry_uuid=node.get("id", ""),
        repository=slot("repositoryUniqueId"),
        type=code(_SCHEMES["type"]),
        classe=code(_SCHEMES["classe"]),
        titre="" if title is None else title.get("value", ""),
        date=slot("serviceStartTime"),
        auteur=" ".join(filter(None, names)),
        structure=place.rpartition("^")[2],
        references=tuple((value.text or "").strip() for value in references),
    )


def _reasons(answer: etree._Element) -> str:
    codes = [node.get("errorCode", "") for node in answer.iter("{*}RegistryError")]
    return ", ".join(filter(None, codes)) or "aucun motif donné"

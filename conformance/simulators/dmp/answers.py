"""The bodies of the DMP's answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from lxml import etree

from conformance.simulators.dmp.leaf import REPOSITORY
from conformance.simulators.dmp.messages import QUERY, RIM, RS, XDSB
from conformance.simulators.dmp.registry import ACTIVE, Entry, Problem
from conformance.simulators.mtom import XOP_INCLUDE
from conformance.simulators.vihf.attributes import HL7

SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
PARTIAL = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
_ERROR = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"
_DMP = "1.2.250.1.213.4.1.1.1"
_KEYWORD, _VALUE = "1.2.250.1.213.4.1.2.6.1", "1.2.250.1.213.4.1.2.6.2"


def registry_response(problems: Sequence[Problem]) -> etree._Element:
    """RegistryResponse of ebRS: Success, or Failure and every reason found."""
    root = etree.Element(f"{{{RS}}}RegistryResponse", {"status": FAILURE if problems else SUCCESS}, nsmap={"rs": RS})
    _errors(root, problems)
    return root


def query_response(found: Iterable[etree._Element], problems: Sequence[Problem]) -> etree._Element:
    """The answer to a TD3.1: references or whole objects."""
    names = {"query": QUERY, "rim": RIM, "rs": RS}
    root = etree.Element(f"{{{QUERY}}}AdhocQueryResponse", {"status": FAILURE if problems else SUCCESS}, nsmap=names)
    _errors(root, problems)
    objects = etree.SubElement(root, f"{{{RIM}}}RegistryObjectList")
    objects.extend(found)
    return root


def reference(name: str) -> etree._Element:
    """An object told by its entryUUID alone."""
    return etree.Element(f"{{{RIM}}}ObjectRef", {"id": name}, nsmap={"rim": RIM})


def retrieved(given: Iterable[tuple[Entry, str]], problems: Sequence[Problem], status: str) -> etree._Element:
    """The answer to a TD3.2: each document and the Content-ID of its part."""
    root = etree.Element(f"{{{XDSB}}}RetrieveDocumentSetResponse", nsmap={"xdsb": XDSB, "rs": RS})
    response = registry_response(problems)
    if status == "PartialSuccess":
        response.set("status", PARTIAL)
    root.append(response)
    for entry, name in given:
        one = etree.SubElement(root, f"{{{XDSB}}}DocumentResponse")
        values = {"RepositoryUniqueId": REPOSITORY, "DocumentUniqueId": entry.unique_id, "mimeType": entry.mime}
        for tag, value in values.items():
            etree.SubElement(one, f"{{{XDSB}}}{tag}").text = value
        etree.SubElement(etree.SubElement(one, f"{{{XDSB}}}Document"), XOP_INCLUDE, {"href": f"cid:{quote(name)}"})
    return root


def _errors(root: etree._Element, problems: Sequence[Problem]) -> None:
    if not problems:
        return
    errors = etree.SubElement(root, f"{{{RS}}}RegistryErrorList", {"highestSeverity": _ERROR})
    for problem in problems:
        values = {"errorCode": problem.code, "codeContext": problem.reason, "severity": _ERROR}
        if problem.location:
            values["location"] = problem.location
        etree.SubElement(errors, f"{{{RS}}}RegistryError", values)


def status_response(
    request: etree._Element,
    operation: str,
    status: str,
    context: str,
    items: Iterable[tuple[str, Mapping[str, str]]] = (),
) -> etree._Element:
    """The answer to a TD0.3, TD0.4 or TD1.6, in the namespace of its request.

    That of the real services is not published, nor is the name of the element around an item.
    """
    namespace = etree.QName(request).namespace
    prefix = f"{{{namespace}}}" if namespace else ""
    root = etree.Element(f"{prefix}{operation}Response")
    etree.SubElement(root, f"{prefix}status").text = status
    etree.SubElement(root, f"{prefix}context").text = context
    for tag, values in items:
        item = etree.SubElement(root, f"{prefix}{tag}")
        for name, value in values.items():
            etree.SubElement(item, f"{prefix}{name}").text = value
    return root


def existence(
    request: etree._Element, patient: tuple[str, str], state: str | None, allowed: bool, doctor: bool
) -> etree._Element:
    """The answer to a TD0.2: ``NF`` when ``state`` is None, else ``OK`` with the record's state.

    ``allowed`` says that the caller may read the record, ``doctor`` that it is the attending doctor.
    """
    root = _message(request)
    if state == ACTIVE:
        # The values of AUTORISATION for an access that is not valid are not published: the line is left out then.
        if allowed:
            _attention(root, "AUTORISATION", "CV", code="VALIDE", codeSystem=_VALUE)
        _attention(root, "STATUT_MT", "BL", value="true" if doctor else "false")
    _acknowledgement(root, request, "AA")
    act = _add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    if state is not None:
        subject = _add(act, "subject", typeCode="SUBJ")
        event = _add(subject, "registrationEvent", classCode="REG", moodCode="EVN")
        _add(event, "statusCode", code="active")
        person = _add(_add(event, "subject1", typeCode="SBJ"), "patient", classCode="PAT")
        _add(person, "id", extension=patient[0], root=patient[1])
        _add(person, "statusCode", code=state)
    acknowledged = _add(act, "queryAck")
    query = request.find(f".//{{{HL7}}}queryId")
    if query is not None:
        _add(acknowledged, "queryId", **_identifier(query))
    _add(acknowledged, "queryResponseCode", code="OK" if state else "NF")
    return root


def _attention(root: etree._Element, keyword: str, kind: str, **value: str) -> None:
    line = _add(root, "attentionLine")
    _add(line, "keyWordText", code=keyword, codeSystem=_KEYWORD)
    _add(line, "value", **value).set("{http://www.w3.org/2001/XMLSchema-instance}type", kind)


def existence_refused(request: etree._Element, code: str, text: str) -> etree._Element:
    """The answer to a TD0.2 that is not understood: acknowledgement AE and why."""
    root = _message(request)
    detail = _add(_acknowledgement(root, request, "AE"), "acknowledgementDetail", typeCode="E")
    _add(detail, "code", code=code)
    _add(detail, "text").text = text
    act = _add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    _add(_add(act, "queryAck"), "queryResponseCode", code="AE")
    return root


def _message(request: etree._Element) -> etree._Element:
    root = etree.Element(f"{{{HL7}}}PRPA_IN201308UV02", {"ITSVersion": "XML_1.0"}, nsmap={"hl7": HL7})
    _add(root, "id", root=str(uuid.uuid4()))
    _add(root, "creationTime", value=datetime.now(UTC).strftime("%Y%m%d%H%M%S"))
    _add(root, "interactionId", root="2.16.840.1.113883.1.6", extension="PRPA_IN201308UV02")
    code = request.find(f"{{{HL7}}}processingCode")
    _add(root, "processingCode", code="D" if code is None else code.get("code", "D"))
    _add(root, "processingModeCode", code="T")
    _add(root, "acceptAckCode", code="NE")
    sender = request.find(f"{{{HL7}}}sender/{{{HL7}}}device/{{{HL7}}}id")
    client = "" if sender is None else sender.get("root", "")
    for name, kind, identifier in (("receiver", "RCV", client), ("sender", "SND", _DMP)):
        device = _add(_add(root, name, typeCode=kind), "device", classCode="DEV", determinerCode="INSTANCE")
        _add(device, "id", root=identifier)
    return root


def _acknowledgement(root: etree._Element, request: etree._Element, code: str) -> etree._Element:
    acknowledgement = _add(root, "acknowledgement", typeCode=code)
    message = request.find(f"{{{HL7}}}id")
    if message is not None:
        _add(_add(acknowledgement, "targetMessage"), "id", **_identifier(message))
    return acknowledgement


def _identifier(node: etree._Element) -> dict[str, str]:
    return {name: node.get(name, "") for name in ("root", "extension") if node.get(name)}


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{HL7}}}{tag}", attributes)

"""The bodies of the DMP's answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from lxml import etree

from conformance.simulators.dmp_messages import QUERY, RIM, RS
from conformance.simulators.dmp_registry import ACTIVE, Problem
from conformance.simulators.vihf_attributes import HL7

SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
_ERROR = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"
_DMP = "1.2.250.1.213.4.1.1.1"
_KEYWORD, _VALUE = "1.2.250.1.213.4.1.2.6.1", "1.2.250.1.213.4.1.2.6.2"


def registry_response(problems: Sequence[Problem]) -> etree._Element:
    """RegistryResponse of ebRS: Success, or Failure and every reason found."""
    root = etree.Element(f"{{{RS}}}RegistryResponse", {"status": FAILURE if problems else SUCCESS}, nsmap={"rs": RS})
    _errors(root, problems)
    return root


def query_response(entry_uuids: Iterable[str], problems: Sequence[Problem]) -> etree._Element:
    """The answer to a TD3.1 that asked for references only."""
    names = {"query": QUERY, "rim": RIM, "rs": RS}
    root = etree.Element(f"{{{QUERY}}}AdhocQueryResponse", {"status": FAILURE if problems else SUCCESS}, nsmap=names)
    _errors(root, problems)
    objects = etree.SubElement(root, f"{{{RIM}}}RegistryObjectList")
    for entry_uuid in entry_uuids:
        etree.SubElement(objects, f"{{{RIM}}}ObjectRef", {"id": entry_uuid})
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


def authorization_response(request: etree._Element, status: str, context: str) -> etree._Element:
    """The answer to a TD0.3, in the namespace of its request: that of the real service is not published."""
    namespace = etree.QName(request).namespace
    prefix = f"{{{namespace}}}" if namespace else ""
    root = etree.Element(f"{prefix}setAuthorizationResponse")
    etree.SubElement(root, f"{prefix}status").text = status
    etree.SubElement(root, f"{prefix}context").text = context
    return root


def existence(request: etree._Element, patient: tuple[str, str], state: str | None) -> etree._Element:
    """The answer to a TD0.2: ``NF`` when ``state`` is None, else ``OK`` with the record's state."""
    root = _message(request)
    if state == ACTIVE:
        # The line says that the caller's access is valid; the values for other cases are not published.
        line = _add(root, "attentionLine")
        _add(line, "keyWordText", code="AUTORISATION", codeSystem=_KEYWORD)
        value = _add(line, "value", code="VALIDE", codeSystem=_VALUE)
        value.set("{http://www.w3.org/2001/XMLSchema-instance}type", "CV")
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

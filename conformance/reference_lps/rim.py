"""Elements of the ebXML registry information model (RIM 3.0) that XDS metadata is made of."""

from __future__ import annotations

import uuid

from lxml import etree

from .vocabulary import Coded

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"


def new_uuid() -> str:
    """Fresh identifier of a registry object."""
    return f"urn:uuid:{uuid.uuid4()}"


def code(node: etree._Element, scheme: str, owner: str, value: Coded) -> None:
    """Classify ``owner`` by a code of ``scheme``."""
    classification = element(
        node,
        "Classification",
        id=new_uuid(),
        classificationScheme=scheme,
        classifiedObject=owner,
        nodeRepresentation=value.code,
    )
    slot(classification, "codingScheme", value.system)
    label(classification, value.label)


def external(node: etree._Element, scheme: str, owner: str, value: str, name: str) -> None:
    """Give ``owner`` an external identifier of ``scheme``, under its XDS name."""
    identifier = element(
        node,
        "ExternalIdentifier",
        id=new_uuid(),
        registryObject=owner,
        identificationScheme=scheme,
        value=value,
    )
    label(identifier, name)


def slot(node: etree._Element, name: str, *values: str) -> None:
    """Append a named list of values."""
    listed = element(element(node, "Slot", name=name), "ValueList")
    for value in values:
        element(listed, "Value").text = value


def label(node: etree._Element, text: str) -> None:
    """Append the name of an object, in French."""
    localized = element(element(node, "Name"), "LocalizedString", charset="UTF-8", value=text)
    localized.set("{http://www.w3.org/XML/1998/namespace}lang", "fr-FR")


def element(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    """Append one element of the RIM namespace."""
    return etree.SubElement(parent, f"{{{RIM}}}{tag}", attributes)

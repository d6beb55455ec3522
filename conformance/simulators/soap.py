"""SOAP 1.2 envelopes with WS-Addressing: hostile XML read safely, answers and faults written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from lxml import etree

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
CONTENT_TYPE = "application/soap+xml; charset=utf-8"
FAULT_ACTION = f"{WSA}/soap/fault"
ANONYMOUS = f"{WSA}/anonymous"

_VERSIONS = {SOAP_11: "1.1", SOAP_12: "1.2"}


class SoapError(Exception):
    """What came is not an envelope to answer; ``code`` is the fault code, ``reason`` a French sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP message; ``header`` is empty when absent, ``body`` is the one child of ``soap:Body``."""

    version: str
    action: str | None
    message_id: str | None
    header: etree._Element
    body: etree._Element
    root: etree._Element

    @property
    def assertions(self) -> list[etree._Element]:
        """The SAML 2.0 assertions that stand directly in ``wsse:Security``."""
        return self.header.findall(f"{{{WSSE}}}Security/{{{SAML}}}Assertion")


def xml(content: bytes) -> etree._Element:
    """The root of an XML document of unknown origin: no DTD, no entity, no network. Raises SoapError."""
    # Declared entities cost as soon as they are parsed: the declaration is looked for first.
    if b"<!DOCTYPE" in content.replace(b"\0", b"").partition(b"Envelope")[0]:
        raise SoapError("Sender", "Le message porte une déclaration DOCTYPE, ce que SOAP interdit.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = getattr(error, "lineno", None) or 1
        raise SoapError("Sender", f"Le corps n’est pas du XML bien formé (ligne {line}).") from None
    except ValueError:
        raise SoapError("Sender", "Le corps n’est pas du XML lisible.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise SoapError("Sender", "Le message porte une déclaration DOCTYPE, ce que SOAP interdit.")
    return root


def parse(body: bytes) -> Envelope:
    """Read an envelope, SOAP 1.1 or 1.2 (the caller decides whether it takes 1.1).

    Raises SoapError for malformed XML, a DOCTYPE, another root, several bodies or actions, an empty body.
    """
    root = xml(body)
    namespace = etree.QName(root).namespace
    if etree.QName(root).localname != "Envelope" or namespace not in _VERSIONS:
        raise SoapError("VersionMismatch", "L’élément racine n’est pas une enveloppe SOAP 1.2.")
    bodies = root.findall(f"{{{namespace}}}Body")
    if len(bodies) != 1:
        raise SoapError("Sender", "L’enveloppe SOAP doit porter un élément Body et un seul.")
    children = [child for child in bodies[0] if isinstance(child.tag, str)]
    if len(children) != 1:
        raise SoapError("Sender", "Le corps SOAP doit porter un élément et un seul.")
    header = root.find(f"{{{namespace}}}Header")
    if header is None:
        header = etree.Element(f"{{{namespace}}}Header")
    action, message_id = _single(header, "Action"), _single(header, "MessageID")
    return Envelope(_VERSIONS[namespace], action, message_id, header, children[0], root)


def _single(header: etree._Element, name: str) -> str | None:
    found = header.findall(f"{{{WSA}}}{name}")
    if len(found) > 1:
        raise SoapError("Sender", f"L’en-tête wsa:{name} est présent {len(found)} fois.")
    return ((found[0].text or "").strip() or None) if found else None


def answer(action: str, body: etree._Element, relates_to: str | None) -> bytes:
    """A SOAP 1.2 answer carrying ``body``, which answers the message ``relates_to``."""
    root, soap_body = _envelope(action, relates_to)
    soap_body.append(body)
    return _bytes(root)


def fault(
    code: str = "Receiver",
    reason: str = "",
    subcode: str | None = None,
    detail: etree._Element | None = None,
    relates_to: str | None = None,
) -> bytes:
    """A SOAP 1.2 fault.

    ``code`` and ``subcode`` are local names, both written in the envelope's namespace, as the national
    services do (``S:siram_40``, ``soap:DMPInvalidCertificate``).
    """
    root, body = _envelope(FAULT_ACTION, relates_to)
    node = _child(body, "Fault")
    value = _child(node, "Code")
    _child(value, "Value", f"S:{code}")
    if subcode is not None:
        _child(_child(value, "Subcode"), "Value", f"S:{subcode}")
    text = _child(_child(node, "Reason"), "Text", reason)
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "fr")
    if detail is not None:
        _child(node, "Detail").append(detail)
    return _bytes(root)


def status(code: str) -> int:
    """The HTTP status that carries a fault of that code (SOAP 1.2 part 2, 7.5.2.2)."""
    return 400 if code == "Sender" else 500


def _envelope(action: str, relates_to: str | None) -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{SOAP_12}}}Envelope", nsmap={"S": SOAP_12, "wsa": WSA})
    header = _child(root, "Header")
    fresh = f"urn:uuid:{uuid.uuid4()}"
    values = {"Action": action, "MessageID": fresh, "To": ANONYMOUS, "RelatesTo": relates_to}
    for name, value in values.items():
        if value is not None:
            etree.SubElement(header, f"{{{WSA}}}{name}").text = value
    return root, _child(root, "Body")


def _child(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{SOAP_12}}}{name}")
    node.text = text
    return node


def _bytes(root: etree._Element) -> bytes:
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content

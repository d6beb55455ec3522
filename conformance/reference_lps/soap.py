"""SOAP 1.2 exchanges with the DMP: envelope, MTOM/XOP packaging, one HTTPS call, reading of the answer."""

from __future__ import annotations

import email
import email.policy
import http.client
import ssl
import time
import urllib.parse
import uuid
from collections.abc import Mapping
from typing import Any

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
XOP = "http://www.w3.org/2004/08/xop/include"
_ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"
TIMEOUT_S = 5.0
_MAX_ANSWER = 5_000_000


class ExchangeError(Exception):
    """The call failed; the message, in French, is meant for the user.

    ``transient`` says that the same call may succeed later; ``codes`` are the registry's, when it is what refused.
    """

    def __init__(self, message: str, *, transient: bool = False, codes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.transient, self.codes = transient, codes


def envelope(action: str, url: str, assertion: etree._Element, body: etree._Element) -> bytes:
    """Serialised envelope: WS-Addressing headers, the VIHF as only security token, and the body."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "a": WSA})
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    etree.SubElement(header, f"{{{WSA}}}MessageID").text = f"urn:uuid:{uuid.uuid4()}"
    etree.SubElement(header, f"{{{WSA}}}To").text = url
    reply = etree.SubElement(header, f"{{{WSA}}}ReplyTo", {f"{{{SOAP}}}mustUnderstand": "true"})
    etree.SubElement(reply, f"{{{WSA}}}Address").text = _ANONYMOUS
    etree.SubElement(header, f"{{{WSA}}}Action", {f"{{{SOAP}}}mustUnderstand": "true"}).text = action
    etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE}).append(assertion)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def plain(message: bytes, action: str) -> tuple[str, bytes]:
    """Content type and bytes of a call without attachment."""
    return f'application/soap+xml; charset=UTF-8; action="{action}"', message


def mtom(message: bytes, action: str, parts: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Content type and bytes of an MTOM/XOP call; ``parts`` maps each Content-ID to the raw bytes it names."""
    boundary = f"MIMEBoundary_{uuid.uuid4().hex}"
    start = f"{uuid.uuid4()}@lps.test"
    root_type = 'application/xop+xml; charset=UTF-8; type="application/soap+xml"'
    pieces = [_part(boundary, root_type, start, message)]
    pieces += [_part(boundary, "text/xml", cid, content) for cid, content in parts.items()]
    content_type = (
        f'multipart/related; type="application/xop+xml"; start="<{start}>"; start-info="application/soap+xml"; '
        f'action="{action}"; boundary="{boundary}"'
    )
    return content_type, b"".join(pieces) + f"--{boundary}--\r\n".encode("ascii")


def call(url: str, context: ssl.SSLContext, content_type: str, message: bytes) -> etree._Element:
    """Post one message and return the first element of the body of the answer.

    Raises ``ExchangeError`` for anything else: refused connection, silence of more than 5 s, SOAP fault, unreadable answer.
    """
    return call_with_parts(url, context, content_type, message)[0]


def call_with_parts(
    url: str, context: ssl.SSLContext, content_type: str, message: bytes
) -> tuple[etree._Element, dict[str, bytes]]:
    """As :func:`call`, with the attachments of an MTOM answer by their Content-ID."""
    status, answered_type, answer = _post(url, context, content_type, message)
    envelope_bytes, parts = _unpacked(answered_type, answer)
    root = _parse(envelope_bytes, status)
    body = root.find(f"{{{SOAP}}}Body")
    content = next(iter(body), None) if body is not None else None
    if content is None:
        raise ExchangeError(f"La réponse du DMP n’est pas un message SOAP 1.2 (HTTP {status}).")
    if content.tag == f"{{{SOAP}}}Fault":
        theirs = status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
        raise ExchangeError(f"Le DMP a refusé la demande\u00a0: {_fault(content)}.", transient=theirs)
    if status != http.HTTPStatus.OK:
        raise ExchangeError(f"Le DMP a répondu par l’erreur HTTP {status}.")
    return content, parts


def _part(boundary: str, content_type: str, content_id: str, content: bytes) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{content_id}>\r\n\r\n"
    )
    return head.encode("ascii") + content + b"\r\n"


def _post(url: str, context: ssl.SSLContext, content_type: str, message: bytes) -> tuple[int, str, bytes]:
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPSConnection(
        where.hostname or "", where.port or 443, timeout=TIMEOUT_S, context=context
    )
    try:
        connection.request("POST", where.path, message, {"Content-Type": content_type})
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), _read(response)
    except TimeoutError as error:
        raise ExchangeError("Le DMP n’a pas répondu dans les 5 secondes.", transient=True) from error
    except ssl.SSLError as error:
        raise ExchangeError("La connexion sécurisée au DMP n’a pas pu être établie.", transient=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise ExchangeError("Le DMP est injoignable.", transient=True) from error
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse) -> bytes:
    """The whole answer; one that drips for longer than the timeout, or never ends, is given up."""
    deadline, received = time.monotonic() + TIMEOUT_S, bytearray()
    while chunk := response.read1(65536):
        received += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(received) > _MAX_ANSWER:
            raise ExchangeError("La réponse du DMP est trop volumineuse.")
    return bytes(received)


def _unpacked(content_type: str, answer: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The SOAP message, taken out of the MIME package when there is one, and the other parts."""
    if not content_type.lower().startswith("multipart/"):
        return answer, {}
    head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii", "replace")
    package = email.message_from_bytes(head + answer, policy=email.policy.compat32)
    found: dict[str, bytes] = {}
    for part in package.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            found.setdefault(str(part.get("Content-ID", "")).strip("<> "), payload)
    # The root is the first part: RFC 2387, without a « start » that says otherwise.
    first = next(iter(found), None)
    return (b"", {}) if first is None else (found.pop(first), found)


def _parse(answer: bytes, status: int) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(answer, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        theirs = status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
        raise ExchangeError(f"La réponse du DMP est illisible (HTTP {status}).", transient=theirs) from error
    document: Any = root.getroottree().docinfo
    if document.doctype:
        raise ExchangeError("La réponse du DMP contient une déclaration DOCTYPE, refusée.")
    return root


def _fault(fault: etree._Element) -> str:
    """Innermost code and reason of a SOAP 1.2 fault, on one line."""
    codes = [value.text or "" for value in fault.iter(f"{{{SOAP}}}Value")]
    reason = " ".join((fault.findtext(f"{{{SOAP}}}Reason/{{{SOAP}}}Text") or "").split())
    code = codes[-1].rpartition(":")[2] if codes else "sans code"
    return f"{code} ({reason[:300]})" if reason else code

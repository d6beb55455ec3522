"""A small DMP for the tests: an HTTPS server that takes the messages apart with the standard library."""

from __future__ import annotations

import email
import email.policy
import http.server
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lxml import etree

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "h": "urn:hl7-org:v3",
    "r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0",
    "x": "urn:ihe:iti:xds-b:2007",
    "xop": "http://www.w3.org/2004/08/xop/include",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}


@dataclass
class Call:
    """One request, taken apart."""

    service: str
    content_type: str
    client: str
    root: etree._Element
    parts: dict[str, bytes] = field(default_factory=dict)

    def texts(self, path: str) -> list[str]:
        found = self.root.xpath(path, namespaces=NS)
        assert isinstance(found, list)
        return [str(value) for value in found]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by service name with what the test has put there."""

    answers: ClassVar[dict[str, Any]] = {}
    calls: ClassVar[list[Call]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service = self.path.rstrip("/").rpartition("/")[2]
        Handler.calls.append(self._taken_apart(service, body))
        status, content_type, answer = Handler.answers.get(service, (404, "text/plain", b"no"))
        if isinstance(answer, float):
            time.sleep(answer)
            answer = b""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _taken_apart(self, service: str, body: bytes) -> Call:
        content_type = self.headers["Content-Type"]
        assert isinstance(self.connection, ssl.SSLSocket)
        subject: Any = (self.connection.getpeercert() or {}).get("subject", ())
        client = dict(pair for group in subject for pair in group).get("commonName", "")
        if not content_type.startswith("multipart/"):
            return Call(service, content_type, client, etree.fromstring(body))
        package = email.message_from_bytes(
            f"Content-Type: {content_type}\r\n\r\n".encode("ascii") + body, policy=email.policy.HTTP
        )
        parts: dict[str, bytes] = {}
        for part in package.get_payload():
            assert isinstance(part, email.message.Message)
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            parts[str(part["Content-ID"])] = payload
        start = package.get_param("start")
        return Call(service, content_type, client, etree.fromstring(parts.pop(str(start))), parts)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name http.server gives
        """Quiet."""

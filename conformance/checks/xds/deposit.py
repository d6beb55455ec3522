"""A transaction of the DMP as it came: its envelope, its metadata, the documents it brings (MTOM or not)."""

from __future__ import annotations

import base64
import binascii
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser

from conformance.checks.xds.model import Submission, submission
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding
from conformance.validation.gate import Document, open_xml

XOP = "http://www.w3.org/2004/08/xop/include"


@dataclass(frozen=True, slots=True)
class Deposit:
    """A transaction of the DMP.

    Its SOAP envelope, its submission set, the bytes of its documents by their id.
    """

    envelope: Document
    submission: Submission
    documents: Mapping[str, bytes]
    inline: frozenset[str] = frozenset()


def deposit(exchange: Exchange) -> Deposit | tuple[Finding, ...]:
    """Read a TD2.1 or TD3.3 call, MTOM or not; the findings say why it cannot be read."""
    name = f"{exchange.operation} {exchange.number}".strip()
    parts = _mtom(exchange)
    root = exchange.request.body if parts is None else parts.get("", b"")
    opened = open_xml(name, root)
    if not isinstance(opened, Document):
        return opened
    read_set = submission(opened)
    if not isinstance(read_set, Submission):
        return read_set
    documents: dict[str, bytes] = {}
    inline: set[str] = set()
    for node in opened.root.iter("{urn:ihe:iti:xds-b:2007}Document"):
        identifier = node.get("id", "")
        include = node.find(f"{{{XOP}}}Include")
        if include is None:
            documents[identifier] = _base64(node.text or "")
            inline.add(identifier)
        else:
            cid = urllib.parse.unquote(include.get("href", "").removeprefix("cid:"))
            documents[identifier] = (parts or {}).get(cid, b"")
    return Deposit(opened, read_set, documents, frozenset(inline))


def _mtom(exchange: Exchange) -> dict[str, bytes] | None:
    """The parts of a multipart body by Content-ID, the root part under the empty name.

    None when not multipart.
    """
    kind = exchange.request.header("Content-Type") or ""
    if not kind.lower().lstrip().startswith("multipart/"):
        return None
    head = b"Content-Type: " + " ".join(kind.split()).encode("utf-8", "replace") + b"\r\n\r\n"
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(head + exchange.request.body)
    except (LookupError, RecursionError, TypeError, ValueError):
        return {}
    parts: dict[str, bytes] = {}
    payload = message.get_payload()
    children = payload if isinstance(payload, list) else []
    start = str(message.get_param("start") or "").strip('<> "')
    for rank, part in enumerate(children):
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        cid = str(part.get("Content-ID", "")).strip().strip("<>")
        parts[cid or f"#{rank}"] = data
        if (start and cid == start) or (not start and rank == 0):
            parts[""] = data
    return parts


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return b""

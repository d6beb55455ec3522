"""A third-party structure that opens a connection to the software: one GET over TLS, with the certificate it is given.

It does not judge the server it reaches: what is tried is how the software authenticates it (SSI/IE.43).
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import ssl
from dataclasses import dataclass
from http.client import HTTPException, parse_headers
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.model.evidence import Message, Tls

if TYPE_CHECKING:
    from conformance.simulators.pki.files import Pair

MAX_HEAD, MAX_BODY = 64 * 1024, 16 * 1024
_WRITABLE = re.compile("[!-~]+")
_CUT = (ssl.SSLError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError, asyncio.IncompleteReadError)

_SAID = {asyncio.IncompleteReadError: "fin de connexion", ConnectionResetError: "connexion réinitialisée"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: an ``answer``, or how the software cut it (``refused``), or why nothing is known (``absent``)."""

    request: Message
    answer: Message | None = None
    tls: Tls | None = None
    refused: str = ""
    absent: str = ""


def attempt(url: str, shown: Pair | None, timeout_s: float) -> Attempt:
    """Read that address, with that certificate or with none, in ``timeout_s`` at most.

    Raises ValueError when ``url`` is no HTTP address, OSError when the certificate cannot be read.
    """
    place = urlsplit(url)
    host, port = place.hostname, place.port or (443 if place.scheme == "https" else 80)
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    if place.scheme not in ("http", "https") or not host or not _WRITABLE.fullmatch(host + target):
        raise ValueError(url)
    name = f"[{host}]" if ":" in host else host
    headers = (("Host", f"{name}:{port}"), ("Accept", "*/*"), ("Connection", "close"))
    request = Message(f"GET {target}", headers, b"")
    context = _context(shown) if place.scheme == "https" else None
    return asyncio.run(_within(timeout_s, host, port, request, context, shown))


def _context(shown: Pair | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # A server may ask for the certificate once it knows what is read.
    context.post_handshake_auth = True
    if shown is not None:
        context.load_cert_chain(shown.certificate, shown.key)
    return context


async def _within(
    timeout_s: float, host: str, port: int, request: Message, context: ssl.SSLContext | None, shown: Pair | None
) -> Attempt:
    try:
        return await asyncio.wait_for(_read(host, port, request, context, shown), timeout_s)
    except TimeoutError:
        return Attempt(request, absent=f"pas de réponse après {timeout_s:g} s")


async def _read(host: str, port: int, request: Message, context: ssl.SSLContext | None, shown: Pair | None) -> Attempt:
    try:
        reader, writer = await asyncio.open_connection(host, port, limit=MAX_HEAD, ssl=context)
    except _CUT as cut:
        return Attempt(request, refused=f"la négociation TLS échoue ({_named(cut)})")
    except (OSError, UnicodeError) as error:
        return Attempt(request, absent=f"rien ne répond à {host}:{port} ({_named(error)})")
    tls = _facts(writer, shown)
    try:
        lines = [f"{request.start} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers), "", ""]
        writer.write("\r\n".join(lines).encode("ascii"))
        head = await reader.readuntil(b"\r\n\r\n")
        answer = _answer(head, await _body(reader))
    except _CUT as cut:
        return Attempt(request, tls=tls, refused=f"la connexion est fermée sans réponse ({_named(cut)})")
    except (OSError, ValueError, HTTPException, asyncio.LimitOverrunError) as error:
        return Attempt(request, tls=tls, absent=f"réponse illisible ({_named(error)})")
    finally:
        writer.transport.abort()
    return Attempt(request, answer, tls)


async def _body(reader: asyncio.StreamReader) -> bytes:
    """The beginning of what is given: whoever is answered is in, however the answer ends."""
    body = b""
    try:
        while len(body) < MAX_BODY and (chunk := await reader.read(MAX_BODY - len(body))):
            body += chunk
    except OSError:
        return body
    return body


def _answer(head: bytes, body: bytes) -> Message:
    start, _, rest = head.partition(b"\r\n")
    version, status, *_ = start.decode("latin-1").split(None, 2)
    if not version.startswith("HTTP/1.") or len(status) != 3 or not status.isdecimal():
        raise ValueError("status line")
    headers = parse_headers(io.BytesIO(rest))
    return Message(f"HTTP {status}", tuple((name, str(value)) for name, value in headers.items()), body)


def _facts(writer: asyncio.StreamWriter, shown: Pair | None) -> Tls | None:
    """The session, and whose certificate was at hand: whether the software asked for it is not known from here."""
    channel = writer.get_extra_info("ssl_object")
    if channel is None:
        return None
    cipher = channel.cipher()
    named, digest = (None, None) if shown is None else (_subject(shown.der), hashlib.sha256(shown.der).hexdigest())
    return Tls(channel.version() or "?", cipher[0] if cipher else "?", named, digest)


def _subject(der: bytes) -> str:
    from cryptography import x509

    return x509.load_der_x509_certificate(der).subject.rfc4514_string()


def _named(error: Exception) -> str:
    """An error in a few words, never those that what answers may have written."""
    for kind, said in _SAID.items():
        if isinstance(error, kind):
            return said
    reason = error.reason if isinstance(error, ssl.SSLError) else ""
    return reason or type(error).__name__

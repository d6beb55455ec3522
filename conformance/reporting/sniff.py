"""What a blob is, from its first bytes: enough to name its type, never to trust it."""

from __future__ import annotations

import json

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"PK\x03\x04", "application/zip", "zip"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpg", "jpg"),
)


def sniff(content: bytes) -> tuple[str, str]:
    """The media type and the file extension.

    HTML and SVG are given as plain text: whatever opens them must show their source, not run it.
    """
    for magic, kind, extension in _MAGIC:
        if content.startswith(magic):
            return kind, extension
    try:
        text = content.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        return "application/octet-stream", "bin"
    if text.startswith("<"):
        active = any(
            word in text.lower() for word in ("<html", "<svg", "<script", "<!doctype", "xml-stylesheet", "/xhtml")
        )
        return ("text/plain", "txt") if active else ("application/xml", "xml")
    if text.startswith(("{", "[")) and _is_json(text):
        return "application/json", "json"
    return "text/plain", "txt"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True

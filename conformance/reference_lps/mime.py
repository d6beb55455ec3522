"""Mails of others, opened without believing them."""

from __future__ import annotations

from email import policy
from email.message import Message
from email.parser import BytesParser

MAX_BOUNDARIES = 100


def opened(source: bytes) -> Message:
    """The mail; one whose parts nest beyond reason is read by its headers alone."""
    # Each level of nesting costs the parser a stack frame.
    nested = source.lower().count(b"boundary") > MAX_BOUNDARIES
    return BytesParser(policy=policy.compat32).parsebytes(source, headersonly=nested)

"""The receipts that come back to a box: delivered or not (DSN, RFC 3464), read (MDN, RFC 8098)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from conformance.reference_lps.mime import opened

DELIVERED, UNDELIVERED, READ = "REMIS", "NON_REMIS", "LU"
_ACTIONS = {"delivered": DELIVERED, "relayed": DELIVERED, "failed": UNDELIVERED}
_IDENTIFIER = re.compile(r"<[!-;=?-~]{1,900}>")


@dataclass(frozen=True)
class Receipt:
    """What a receipt says of the mail ``message_id`` and of one of its recipients."""

    message_id: str
    recipient: str
    state: str


def read(source: bytes) -> Receipt | None:
    """The receipt that a mail is, None for any other mail."""
    message = opened(source)
    if message.get_content_type() != "multipart/report":
        return None
    parts = {part.get_content_type(): part for part in message.walk()}
    if (status := parts.get("message/delivery-status")) is not None:
        original = parts.get("text/rfc822-headers") or parts.get("message/rfc822")
        return _delivery(status, _original(original) or _identifier(message, "In-Reply-To"))
    if (told := parts.get("message/disposition-notification")) is not None:
        return _reading(told)
    return None


def _delivery(status: Message, about: str | None) -> Receipt | None:
    blocks = status.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or about is None:
            continue
        if state := _ACTIONS.get(str(block.get("Action") or "").strip().lower()):
            return Receipt(about, _recipient(block), state)
    return None


def _reading(told: Message) -> Receipt | None:
    blocks = told.get_payload()
    fields = blocks[0] if isinstance(blocks, list) and blocks and isinstance(blocks[0], Message) else None
    about = _identifier(fields, "Original-Message-ID") if fields is not None else None
    if (
        fields is None
        or about is None
        or not str(fields.get("Disposition") or "").lower().rstrip().endswith("displayed")
    ):
        return None
    return Receipt(about, _recipient(fields), READ)


def _original(part: Message | None) -> str | None:
    """The identifier of the mail whose headers, or whole text, come back with the receipt."""
    if part is None:
        return None
    inside = part.get_payload()
    if isinstance(inside, list):
        return _identifier(inside[0], "Message-ID") if inside and isinstance(inside[0], Message) else None
    text = part.get_payload(decode=True)
    headers = opened(text if isinstance(text, bytes) else b"")
    return _identifier(headers, "Message-ID")


def _identifier(message: Message, name: str) -> str | None:
    found = _IDENTIFIER.findall(str(message.get(name) or ""))
    return found[-1] if found else None


def _recipient(block: Message) -> str:
    return str(block.get("Final-Recipient") or "").rpartition(";")[2].strip().lower()

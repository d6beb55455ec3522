"""The answers of a client to the SASL mechanisms of the operator, the same in SMTP and in IMAP."""

from __future__ import annotations

import base64
import binascii

from conformance.simulators.mss.boxes import RefusedError

INVALID_TOKEN = b'{"status":"401","schemes":"bearer"}'
"""What the challenge says to a client whose token is refused (XOAUTH2)."""


def decoded(text: bytes) -> bytes | None:
    """The base64 of an answer undone; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def xoauth2(answer: bytes) -> tuple[str, str]:
    """Box and token of ``user=<box>^Aauth=Bearer <token>^A^A``. Raises RefusedError."""
    fields = answer.decode("utf-8", "replace").split("\x01")
    shape = len(fields) == 4 and not fields[2] and not fields[3]
    if not shape or not fields[0].startswith("user=") or not fields[1].startswith("auth=Bearer "):
        raise RefusedError("chaîne XOAUTH2 mal formée : user=<boîte>^Aauth=Bearer <jeton>^A^A attendu")
    return fields[0].removeprefix("user="), fields[1].removeprefix("auth=Bearer ")


def plain(answer: bytes) -> tuple[str, str]:
    """Login and password of ``[identity] NUL login NUL password`` (RFC 4616). Raises RefusedError."""
    fields = answer.decode("utf-8", "replace").split("\0")
    if len(fields) != 3 or not fields[1]:
        raise RefusedError("réponse PLAIN mal formée : <NUL>boîte<NUL>mot de passe attendu")
    return fields[1], fields[2]

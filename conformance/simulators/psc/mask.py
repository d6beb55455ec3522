"""What the journal keeps of secrets: their digest, so that two uses of one value can still be compared."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote_to_bytes

from conformance.model.evidence import Message

_NAMES = (
    b"client_secret|code|code_verifier|access_token|refresh_token|id_token|id_token_hint|token|client_assertion|password"
    b"|auth_req_id|subject_token|actor_token"
)
_PAIR = re.compile(rb"(?<![\w-])(" + _NAMES + rb')=([^&\s"]+)')
_MEMBER = re.compile(rb'"(' + _NAMES + rb')"(\s*:\s*)"([^"]*)"')
# The number of a login page serves once and identifies nobody: the same word for all, so that the page is kept once.
_TRANSACTION = re.compile(rb'(\btransaction(?:=|" value="))[\w-]+')
_JWT = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]*")


def mark(secret: bytes) -> bytes:
    """What replaces a secret, in UTF-8: the start of its SHA-256."""
    return f"[masqué, empreinte {hashlib.sha256(secret).hexdigest()[:12]}]".encode()


def masked(message: Message, secret: str = "") -> Message:
    """The message without codes, tokens nor secrets, the rest byte for byte; ``secret`` is the client's."""
    start = _text(message.start, secret)
    headers = tuple((name, _text(value, secret)) for name, value in message.headers)
    return Message(start, headers, _bytes(message.body, secret.encode()))


def _text(text: str, secret: str) -> str:
    # Authorization is masked by the journal, which keeps its scheme. Most headers can hold nothing secret: no
    # parameter, no member, no token.
    if "=" not in text and '"' not in text and "eyJ" not in text and (not secret or secret not in text):
        return text
    return _bytes(text.encode(errors="surrogateescape"), secret.encode()).decode(errors="backslashreplace")


def _bytes(content: bytes, secret: bytes) -> bytes:
    if not content:
        return content
    content = _PAIR.sub(lambda found: found[1] + b"=" + mark(unquote_to_bytes(found[2])), content)
    content = _MEMBER.sub(lambda found: b'"%b"%b"%b"' % (found[1], found[2], mark(found[3])), content)
    content = _TRANSACTION.sub(rb"\1[une-fois]", content)
    content = _JWT.sub(lambda found: mark(found[0]), content)
    return content.replace(secret, mark(secret)) if secret else content

"""The wording of a mail: headers decoded, HTML turned to the text that people read, values fit to be shown."""

from __future__ import annotations

import html
import re
from email.errors import HeaderParseError
from email.header import decode_header
from html.parser import HTMLParser

from conformance.model.identity import plain

MAX_HEADER_CHARS = 16_384
_INVISIBLE = frozenset({"head", "script", "style", "template", "title"})
_BREAKING = frozenset({"br", "div", "li", "p", "td", "th", "tr", "h1", "h2", "h3", "h4", "hr"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def decoded(value: str) -> str:
    """A header unfolded, its encoded words decoded (RFC 2047); what cannot be decoded is left as it is."""
    value = re.sub(r"\r?\n(?=[ \t])", "", value[:MAX_HEADER_CHARS])
    # Bytes above 127 come as surrogates: RFC 6532 allows UTF-8 there.
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return _CONTROL.sub("\ufffd", value)
    text = "".join(chunk if isinstance(chunk, str) else _bytes(chunk, charset) for chunk, charset in chunks)
    return _CONTROL.sub("\ufffd", text)


def visible(text: str, kind: str) -> str:
    """The wording of a text part; for HTML, tags removed, entities undone, blocks separated by spaces."""
    if kind != "text/html":
        return text
    reader = _Visible()
    reader.feed(text)
    reader.close()
    return "".join(reader.pieces)


def same(left: str, right: str) -> bool:
    """Whether two wordings differ only by case, accents or the shape of the apostrophe."""
    return plain(left.replace("’", "'")) == plain(right.replace("’", "'"))


def shown(value: object, limit: int = 160) -> str:
    """A value fit for a finding: one line, no control character, cut to ``limit`` characters."""
    text = " ".join(_CONTROL.sub("\ufffd", str(value)).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _INVISIBLE
        if tag in _BREAKING:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _INVISIBLE and self._hidden > 0
        if tag in _BREAKING:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(html.unescape(data))


def _bytes(chunk: bytes, charset: str | None) -> str:
    try:
        # The library hands back the unencoded runs between encoded words in its own escape.
        return chunk.decode(charset or "raw-unicode-escape", "replace")
    except LookupError:
        return chunk.decode("latin-1")

"""Official wording as cells hold it: HTML and spreadsheet marks removed, and a fingerprint that spelling alone moves."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from html.parser import HTMLParser

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BLANKS = re.compile(r"[ \t\u00a0\u202f\u2007\u2009]+")
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u00ad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff]"
)
_TAG = re.compile(r"</?[A-Za-z]|&[#\w]+;")
_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4"})
_SILENT = frozenset({"script", "style"})


class _Plain(HTMLParser):
    """Collects the text of an HTML fragment, one line a block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        if tag in _BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def plain_text(value: str) -> str:
    """The text of a cell: entities read, tags dropped, one space between words, no blank line, no command character."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if _TAG.search(text):
        parser = _Plain()
        parser.feed(text)
        parser.close()
        text = "".join(parser.parts)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNSEEN.sub("", text)
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line not in ("", "-"))


def fingerprint(text: str) -> str:
    """SHA-256 of a wording, whatever its layout, its apostrophes and its spaces: another value means other words."""
    words = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
    return hashlib.sha256(" ".join(words.split()).encode()).hexdigest()

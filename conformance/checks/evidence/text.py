"""The texts of a piece, each with its place: those of its pages, its MIME parts, its archive members."""

from __future__ import annotations

import base64
import binascii
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.policy import default

from conformance.model.finding import Location
from conformance.validation.archive import MIB, ZipLimits, open_zip

TEXTUAL = frozenset(
    {"txt", "md", "log", "csv", "json", "jsonl", "html", "hl7", "er7", "xml", "ini", "conf", "properties", "url", "yaml", "yml"}
)  # fmt: skip
"""The file types that are text from end to end."""
_MAX_PAGES = 200
_DEPTH = 3
_LIMITS = ZipLimits(members=500, total=50 * MIB)
_CODED = re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{40,}+\s?){2,}+={0,2}+")


@dataclass(frozen=True, slots=True)
class Text:
    """Characters; ``doubtful`` when the encoding had to be guessed."""

    value: str
    doubtful: bool = False


def plain_text(content: bytes) -> Text | None:
    """The characters of a text file; None when it is something else."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Text(content.decode("utf-16", "replace"))
    if b"\x00" in content:
        return None
    try:
        return Text(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Text(content.decode("cp1252", "replace"), doubtful=True)


def page_texts(content: bytes) -> tuple[str, ...] | None:
    """The text of each page of a PDF, 200 pages at most; None when it does not open."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return None
    try:
        return tuple(_page_text(document[rank]) for rank in range(min(len(document), _MAX_PAGES)))
    except pypdfium2.PdfiumError:
        return None
    finally:
        document.close()


def _page_text(page: object) -> str:
    import pypdfium2

    assert isinstance(page, pypdfium2.PdfPage)
    opened = page.get_textpage()
    try:
        return str(opened.get_text_bounded())
    finally:
        opened.close()
        page.close()


def texts(name: str, content: bytes) -> Iterator[tuple[Location, str]]:
    """Every text a piece holds, with where: PDF pages, mail parts, zip members, and what XML carries in base64."""
    yield from _within(Location(name), content, _DEPTH)


def _within(where: Location, content: bytes, depth: int) -> Iterator[tuple[Location, str]]:
    if not depth:
        return
    if content.startswith(b"PK\x03\x04"):
        opened = open_zip(where.source, content, _LIMITS)
        for member, data in opened.items() if isinstance(opened, dict) else ():
            yield from _within(_under(where, member), data, depth - 1)
    elif content.lstrip()[:5] == b"%PDF-":
        for number, page in enumerate(page_texts(content) or (), start=1):
            yield Location(where.source, part=where.part, path=f"page {number}"), page
    elif (text := plain_text(content)) is not None:
        yield where, text.value
        if _is_mail(text.value):
            yield from _mail(where, content, depth)
        else:
            yield from _coded(where, text.value, depth)


def _is_mail(text: str) -> bool:
    start = text.lstrip()[:2000].lower()
    return start.startswith(("return-path:", "received:", "from:", "message-id:", "mime-version:", "to:", "date:"))


def _mail(where: Location, content: bytes, depth: int) -> Iterator[tuple[Location, str]]:
    try:
        message = email.message_from_bytes(content, policy=default)
        parts = [part for part in message.walk() if not part.is_multipart()][:200]
        decoded = [(part.get_filename() or part.get_content_type(), part.get_payload(decode=True)) for part in parts]
        # An encoded subject hides as well as a body.
        subject = str(message.get("Subject", ""))
    except (ValueError, LookupError, AttributeError, IndexError, TypeError, RecursionError):
        return
    yield _under(where, "Subject"), subject
    for name, data in decoded:
        if isinstance(data, bytes):
            yield from _within(_under(where, name), data, depth - 1)


def _coded(where: Location, text: str, depth: int) -> Iterator[tuple[Location, str]]:
    for run in _CODED.finditer(text):
        try:
            data = base64.b64decode("".join(run[0].split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        yield from _within(_under(where, "base64"), data, depth - 1)


def _under(where: Location, part: str) -> Location:
    return Location(where.source, part=f"{where.part} › {part}" if where.part else part)

"""Pieces of a dossier, made small: a file filed under a number, a PDF, a picture, a declaration."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from conformance.checks.evidence import Filed
from conformance.model.finding import Finding
from conformance.model.identity import nir_key

WHEN = datetime(2026, 1, 5, tzinfo=UTC)
# No month is the thirteenth: the key is right, nobody bears it.
NOBODY = "2851351215123" + nir_key("2851351215123")
STATEMENT = """personne: Alix Modèle
fonction: Responsable de la conformité
date: 2026-01-05
valable_jusqu_au: 2027-01-05
reponse: Oui
justification: Vérifié sur la version 4.10.
"""


def filed(name: str, content: bytes | str, modified: datetime = WHEN) -> Filed:
    data = content.encode() if isinstance(content, str) else content
    return Filed(name, len(data), hashlib.sha256(data).hexdigest(), data, modified)


def told(findings: Iterable[Finding], *, info: bool = False) -> list[tuple[str, str]]:
    """Rule and message of what deserves a look, everything with ``info``."""
    return [(one.rule, one.message) for one in findings if info or one.severity.value != "INFO"]


def pdf(*lines: str, pages: int = 1, made: str = "", **saving: Any) -> bytes:
    """A PDF with those lines on each page; ``saving`` goes to pikepdf (encryption…)."""
    import pikepdf

    document = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    shown = b"BT /F1 11 Tf 40 780 Td 14 TL " + b"".join(_line(line) for line in lines) + b"ET"
    for _ in range(pages):
        page = document.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = document.make_stream(shown)
    if made:
        document.docinfo["/CreationDate"] = made
    target = io.BytesIO()
    document.save(target, **saving)
    return target.getvalue()


def _line(text: str) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return b"(" + escaped.encode("cp1252") + b") Tj T* "


def picture(width: int = 800, height: int = 600, form: str = "PNG", *, plain: bool = False) -> bytes:
    from PIL import Image

    image = Image.new("RGB", (width, height), "white")
    if not plain:
        image.putpixel((width // 2, height // 2), (200, 0, 0))
        image.paste((20, 90, 160), (0, 0, width // 2, height // 2))
    target = io.BytesIO()
    image.save(target, form)
    return target.getvalue()

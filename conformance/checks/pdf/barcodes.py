"""The codes printed on the pages of a PDF: datamatrix of an identity, QR codes of an address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from conformance.checks.pdf.text import Page


def barcodes(page: Page, kind: Literal["DataMatrix", "QRCode"]) -> Iterator[bytes]:
    """What each code of that kind says, as the bytes that it codes: a text would show its separators as visible signs."""
    import zxingcpp

    if page.width < 10 or page.height < 10:
        return
    only = zxingcpp.BarcodeFormats(getattr(zxingcpp.BarcodeFormat, kind))
    view = memoryview(page.pixels).cast("B", (page.height, page.width))
    for found in zxingcpp.read_barcodes(view, formats=only):
        yield bytes(found.bytes)

"""The way from an imaging report to its images: an address for each exam, and the QR code that repeats it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from . import imaging
from .datamatrix import runs
from .types import Bench, Draft

_SOURCE = "https://drimbox.lps.test/images"
_SIDE_MM = 26.0


def links(draft: Draft, bench: Bench, defects: frozenset[str]) -> list[dict[str, object]]:
    """For each exam of a report, its address and the modules of its QR code."""
    found: list[dict[str, object]] = []
    for act in draft.content.get("actes", ()):
        asked = urlencode({"studyInstanceUID": imaging.study(act, bench).value})
        address = f"{_SOURCE}?{asked}"
        coded = f"{_SOURCE}/accueil" if "report-qr-elsewhere" in defects else address
        found.append({"address": address, "symbol": None if "report-without-qr" in defects else _symbol(coded)})
    return found


def _symbol(text: str) -> dict[str, object]:
    """Modules of a QR code for the page template, its quiet zone included."""
    import zxingcpp

    image: Any = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=1)
    shades: Any = memoryview(image).tolist()
    rows = [[int(shade == 0) for shade in row] for row in shades]
    dark = [run for y, row in enumerate(rows) for run in runs(y, row)]
    return {"side": len(rows), "module": _SIDE_MM / len(rows), "runs": dark}

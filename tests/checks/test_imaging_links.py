"""The way from an imaging report to its images: what a page shows, read back."""

from __future__ import annotations

import json
from typing import Any

import typst
import zxingcpp

from conformance.checks import imaging_links as check
from conformance.model.finding import Severity
from tests.checks.test_imaging_report import FIRST as ORDER
from tests.checks.test_imaging_report import UID, act, fulfilled, report

ADDRESS = f"https://drimbox.lps.test/images?studyInstanceUID={UID}"
PAGE = """#let d = json(bytes(sys.inputs.data))
#set page(width: 120mm, height: 120mm)
#for line in d.text { line; parbreak() }
#for code in d.codes { box(width: 30mm, image(bytes(code), format: "svg", width: 30mm)); h(12mm) }
"""


def page(*lines: str, codes: tuple[str, ...] = ()) -> bytes:
    """A PDF with those lines and the QR codes of those texts."""
    drawn = [zxingcpp.create_barcode(one, zxingcpp.BarcodeFormat.QRCode).to_svg() for one in codes]
    data = json.dumps({"text": lines, "codes": drawn})
    made = typst.compile(PAGE.encode(), format="pdf", sys_inputs={"data": data})
    assert isinstance(made, bytes)
    return made


def told(content: bytes, *uids: str) -> list[str]:
    document = report(fulfilled(ORDER), *(act(uid) for uid in uids or (UID,)))
    found: Any = check.linked(document, "cr.pdf", content)
    return [f"{one.severity.value} {one.message} {one.observed}" for one in found]


def test_an_address_and_its_code_say_the_same() -> None:
    assert told(page(ADDRESS, codes=(ADDRESS,))) == []
    # A long address stands on several lines of the page.
    long = f"{ADDRESS}&accessionNumber={'7' * 90}"
    cut = "\u200b".join(long[start : start + 40] for start in range(0, len(long), 40))
    assert told(page(cut, codes=(long,))) == []
    encoded = ADDRESS.replace(".", "%2E").replace("drimbox%2Elps%2Etest", "drimbox.lps.test")
    assert told(page(encoded, codes=(encoded,))) == []


def test_what_is_missing_or_different_is_told() -> None:
    for content, words in (
        (page(ADDRESS), "aucun QR code lisible"),
        (page(ADDRESS, codes=("Dossier 12",)), "Dossier 12"),
        (page(ADDRESS, codes=("https://[",)), "QR code d’une adresse"),
        (page("Images au secrétariat.", codes=(ADDRESS,)), "n’est pas écrite"),
        (page(ADDRESS, codes=(f"{ADDRESS}9",)), "n’est pas écrite"),
        (b"pas un PDF", "PDF"),
    ):
        found = told(content)
        assert found and found[0].startswith("ERROR") and words in found[0], found


def test_an_address_that_names_exams_otherwise_is_only_a_warning() -> None:
    other = "https://drimbox.lps.test/images/f3a9"
    for content, uids, words in (
        (page(other, codes=(other,)), (UID,), "ne cite le Study Instance UID"),
        (page(ADDRESS, codes=(ADDRESS,)), (UID, f"{UID}.2"), "ne cite le Study Instance UID"),
        (page(ADDRESS, other, codes=(ADDRESS, other)), (UID,), "plus d’adresses"),
    ):
        (found,) = told(content, *uids)
        assert found.startswith(Severity.WARNING.value) and words in found

"""What the software did of a subcontractor's report: a green and a red example of each judgement."""

from __future__ import annotations

import pytest

from conformance.checks import subcontract
from conformance.model.finding import Severity

KEPT = {"unique_id": "1.2", "patient": "p1"}
PDF = b"%PDF-1.4 page"
WHY = "ce numéro n’est celui d’aucune demande"


@pytest.mark.parametrize(
    ("green", "red", "words", "observed"),
    [
        (subcontract.filed([KEPT], "1.2"), subcontract.filed([KEPT], "1.3"), "n’est pas rangé", "1 autre"),
        (
            subcontract.not_filed([KEPT], "1.3", WHY),
            subcontract.not_filed([KEPT], "1.2", WHY),
            f"alors que {WHY}",
            "p1",
        ),
        (subcontract.pdf_kept(PDF, PDF, "1.2"), subcontract.pdf_kept(None, PDF, "1.2"), "PDF/A-1", "aucun PDF"),
        (
            subcontract.pdf_kept(PDF, PDF, "1.2"),
            subcontract.pdf_kept(PDF[:-1], PDF, "1.2"),
            "tel qu’il a été",
            "12 oct",
        ),
    ],
)
def test_each_judgement(green, red, words, observed):
    assert list(green) == []
    (found,) = red
    assert words in found.message and observed in found.observed
    assert found.source and found.fix and found.severity is Severity.ERROR

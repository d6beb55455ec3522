"""Note de vaccination : remplie par la boîte du vaccin, ou par une ligne de l’historique."""

from __future__ import annotations

from typing import Any

from conformance import require, verifies
from conformance.checks import cda, ins
from conformance.checks.cda import vaccine
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.outcomes import legible
from conformance.validation.gate import Document, open_document

NOTE = "87273-9"
CIP, BATCH, DAY = "3400932857241", "LOT42ESSAI", "2026-01-02"
BOX = f"010{CIP}1727013110{BATCH}"
"""What the datamatrix of a box says (GS1): the CIP in a GTIN, the expiry date, the batch."""


def note(software: Software, people: People, content: dict[str, Any]) -> Document:
    """A note of that content, about the person it is written for."""
    person = people.one()
    made = software.cda(software.write_type(software.qualified(person), NOTE, forme="N3", contenu=content))
    document = legible(open_document(made.name, made.content))
    require(cda.header(document), ins.same_identity(ins.identity_of(document), person, complete=True))
    return document


@verifies("VACC/NOTE.05.01")
def test_the_box_fills_in_the_note(software: Software, people: People) -> None:
    """La lecture de la boîte remplit le code CIP, le lot, et ce que le code permet de retrouver."""
    document = note(software, people, {"boite": BOX, "date": DAY})
    require(vaccine.one(document), vaccine.product(document, CIP, BATCH))


@verifies("VACC/NOTE.04.01p")
def test_a_line_of_the_history_fills_in_the_note(software: Software, people: People) -> None:
    """La note créée depuis une ligne de l’historique en reprend le vaccin, le lot et la date."""
    line = {"cip": "3400936466425", "lot": "BCG7", "date": "2019-05-06"}
    document = note(software, people, {"ligne": line})
    require(
        vaccine.one(document),
        vaccine.product(document, line["cip"], line["lot"]),
        vaccine.dated(document, line["date"]),
    )

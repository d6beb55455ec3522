"""Imaging orders: a green and a red example of each check, and the agency's own examples of the volet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.checks import imaging
from conformance.checks.xds.deposit import Deposit, deposit
from conformance.checks.xds.references import ACCESSION, STUDY, Reference, read, well_formed
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Severity
from conformance.validation.gate import Document, open_document
from tests.simulators import dmp_lots_kit as lots
from tests.simulators.dmp_messages_kit import envelope, multipart

NUMBER = Reference("1.2.250.1.213.4.99", "2026000001")
FIND = "14d4debf-8f97-4251-9a74-a90016b0af0d"
SLOT, BY_REFERENCE = "__XDSDocumentEntryReferenceIdList", "12941a89-e02e-4be5-967c-ce4bfc8fe492"


def act(*ids: tuple[str, str | None]) -> str:
    values = ((root, f' extension="{value}"' if value else "") for root, value in ids)
    named = "".join(f'<id root="{root}"{extension}/>' for root, extension in values)
    return f"<documentationOf><serviceEvent>{named}</serviceEvent></documentationOf>"


def fulfilled(root: str, value: str) -> str:
    return f'<inFulfillmentOf><order><id root="{root}" extension="{value}"/></order></inFulfillmentOf>'


HEADER = act((NUMBER.authority, NUMBER.value))


def order(*references: str, header: str = HEADER) -> Deposit:
    """A deposit as a client would send it."""
    written = [one.replace("&", "&amp;") for one in references]
    lot = lots.Deposit(related=header, slots=lots.slot("urn:ihe:iti:xds:2013:referenceIdList", *written))
    kind, body = multipart(envelope("urn:x", lot.body(), ""), lot.attachments())
    message = Message("POST /", (("Content-Type", kind),), body)
    found = deposit(Exchange(Channel.DMP, "TD2.1", message, None))
    assert isinstance(found, Deposit)
    return found


def search(identifier: str = BY_REFERENCE, **criteria: str) -> Exchange:
    body = envelope("urn:x", lots.query(identifier, **criteria), "")
    return Exchange(Channel.DMP, "TD3.1", Message("POST /", (), body.encode()), None)


def told(findings: Any) -> list[str]:
    return [f"{one.severity.value} {one.message} {one.observed}" for one in findings]


def test_a_reference_is_read_and_written_alike() -> None:
    for cxi in (NUMBER.cxi, "7^^^&1.2&ISO^urn:x", "1.2.3^^^^urn:ihe:iti:xds:2016:studyInstanceUID"):
        assert (found := read(cxi)) is not None and found.cxi == cxi
    for cxi in ("", "7", "7^^^1.2^urn:x", "7^^^&pas-un-oid&ISO^urn:x", "^^^&1.2&ISO^urn:x"):
        assert read(cxi) is None, cxi


def test_references_are_well_formed() -> None:
    def said(*values: str) -> list[str]:
        return told(well_formed(order(*values).submission.documents[0]))

    assert said(NUMBER.cxi, f"A1^^^&1.2&ISO^{ACCESSION}", f"1.2.3^^^^{STUDY}") == []
    (found,) = said("2026000001^^^^urn:ihe:iti:xds:2013:order")
    assert "quelle autorité" in found and found.startswith("ERROR")
    (found,) = said("2026000001")
    assert "forme CXi" in found
    (found,) = said("7^^^&1.2&ISO^urn:maison")
    assert found.startswith("WARNING") and "urn:maison" in found


def test_the_number_of_an_order_is_in_its_header_and_in_its_metadata() -> None:
    assert told(imaging.numbered(order(NUMBER.cxi))) == []
    (found,) = told(imaging.numbered(order()))
    assert "métadonnées ne portent pas" in found and "referenceIdList" in found
    (found,) = told(imaging.numbered(order(NUMBER.cxi.replace("2026", "2025"))))
    assert "2025000001" in found
    assert len(told(imaging.numbered(order(NUMBER.cxi, header=act((NUMBER.authority, None)))))) == 2
    two = act((NUMBER.authority, "1"), (NUMBER.authority, "2"))
    assert any("un seul" in one for one in told(imaging.numbered(order(NUMBER.cxi, header=two))))
    wrong = order("1^^^&1.2&ISO^urn:ihe:iti:xds:2013:order", header=act(("pas-un-oid", "1")))
    assert any("racine valide" in one for one in told(imaging.numbered(wrong)))


def test_a_number_elsewhere_in_the_header_is_only_a_warning() -> None:
    elsewhere = order(NUMBER.cxi, header=fulfilled(NUMBER.authority, NUMBER.value))
    (found,) = imaging.numbered(elsewhere)
    assert found.severity is Severity.WARNING and found.observed == "inFulfillmentOf/order/id"
    both = fulfilled(NUMBER.authority, NUMBER.value) + HEADER
    assert told(imaging.numbered(order(NUMBER.cxi, header=both))) == []


def test_orders_do_not_share_a_number() -> None:
    first, second = order(NUMBER.cxi), order(NUMBER.cxi.replace("000001", "000002"))
    assert told(imaging.distinct([first, second])) == []
    (found,) = told(imaging.distinct([first, second, first]))
    assert "même Order Placer Number" in found and NUMBER.value in found
    (found,) = told(imaging.distinct([first, order(NUMBER.cxi.replace("4.99", "4.98"))]))
    assert found.startswith("WARNING") and "1.2.250.1.213.4.98" in found


def test_the_dmp_is_searched_by_the_number() -> None:
    listed = f"('{NUMBER.cxi}')".replace("&", "&amp;")
    assert told(imaging.asked([search(FIND), search(**{SLOT: listed})], NUMBER)) == []
    (found,) = told(imaging.asked([], NUMBER))
    assert "ne cherche pas" in found and "0 requête" in found
    (found,) = told(imaging.asked([search(FIND)], NUMBER))
    assert "sans ce critère" in found
    (found,) = told(imaging.asked([search(**{SLOT: "('2026000001^^^^urn:ihe:iti:xds:2013:order')"})], NUMBER))
    assert found.startswith("ERROR") and "^^^^urn" in found
    (found,) = told(imaging.asked([search(FIND, **{SLOT: listed})], NUMBER))
    assert found.startswith("WARNING") and "14d4debf" in found
    broken = Exchange(Channel.DMP, "TD3.1", Message("POST /", (), b"<a"), None)
    assert len(told(imaging.asked([broken], NUMBER))) == 2


def test_the_linked_document_is_shown_and_no_other() -> None:
    def answer(*names: str) -> dict[str, Any]:
        return {"documents": [{"unique_id": name} for name in names], "message": "rien"}

    assert told(imaging.linked(answer("1"), "1", "0")) == []
    assert told(imaging.linked(answer("0", "1"), "1", "0")) == []
    for wrong, seen in ((answer(), "rien"), (answer("1", "2"), "1, 2"), (answer("2"), "2"), ({}, "aucun document")):
        (found,) = told(imaging.linked(wrong, "1", "0"))
        assert found.endswith(seen)


def test_the_numbers_of_the_examples_of_the_agency(ci_sis_pack: Path) -> None:
    orders = sorted((ci_sis_pack / "ExemplesCDA").glob("IMG-DA-IMG_*.xml"))
    assert orders
    for path in orders:
        document = open_document(path.name, path.read_bytes())
        assert isinstance(document, Document)
        assert told(imaging.in_header(document)) == [], path.name

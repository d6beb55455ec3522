"""The vaccine of a note against its box, its batch and its day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.checks.cda import vaccine
from conformance.model.finding import Finding
from conformance.validation import gate

Says = Callable[..., Finding]
NOTE = """<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section><entry>
<substanceAdministration><effectiveTime value="20260102"/><consumable><manufacturedProduct><manufacturedMaterial>
<code code="68747507" codeSystem="1.2.250.1.213.2.3.1"><translation code="J07AM" codeSystem="2.16.840.1.113883.6.73"/>
<translation code="3400932857241" codeSystem="1.2.250.1.213.2.3.3"/></code><name>Vaccin d’essai</name>
<lotNumberText>LOT42</lotNumberText></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>
</entry></section></component></structuredBody></component></ClinicalDocument>"""
CIP = "3400932857241"


def opened(content: str) -> gate.Document:
    document = gate.open_document("note.xml", content.encode())
    assert isinstance(document, gate.Document), document
    return document


def test_the_green_note_says_what_the_box_says() -> None:
    document = opened(NOTE)
    assert list(vaccine.one(document)) == []
    assert list(vaccine.product(document, CIP, "LOT42")) == []
    assert list(vaccine.dated(document, "2026-01-02")) == []


def test_another_box_batch_or_day_and_what_is_missing_are_told(says: Says) -> None:
    document = opened(NOTE)
    says(vaccine.product(document, "3400936466425", "LOT42"), "cda.vaccine", "code CIP")
    says(vaccine.product(document, CIP, "LOT43"), "cda.vaccine", "numéro de lot")
    says(vaccine.dated(document, "2026-01-03"), "cda.vaccine", "date de la vaccination")
    bare = opened(NOTE.replace("J07AM", "").replace("68747507", "").replace("Vaccin d’essai", " "))
    for words in ("code CIS", "code ATC", "nom du vaccin"):
        says(vaccine.product(bare, CIP, "LOT42"), "cda.vaccine", words)
    empty = opened('<ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    says(vaccine.one(empty), "cda.vaccine", "une seule")
    says(vaccine.dated(empty, "2026-01-03"), "cda.vaccine", "date")


def test_the_sample_of_history_has_complete_vaccines(ci_sis_pack: Path) -> None:
    path = ci_sis_pack / "ExemplesCDA" / "VAC_2023.01.xml"
    document = gate.open_document(path.name, path.read_bytes())
    assert isinstance(document, gate.Document)
    assert list(vaccine.product(document, "3400936466425", "235421176")) == []

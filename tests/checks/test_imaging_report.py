"""Imaging reports: a green and a red example of each check, and the agency's own example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.checks import imaging_report as check
from conformance.checks.imaging_report import Expected
from conformance.checks.xds.model import Code, Entry
from conformance.checks.xds.references import ACCESSION, STUDY, Reference
from conformance.model.finding import Severity
from conformance.validation.gate import Document, open_document
from tests.checks.test_imaging import order as deposited

FIRST, SECOND = Reference("1.2.250.1.213.4.1", "DA1"), Reference("1.2.250.1.213.4.2", "DA1")
REQUEST = Reference("1.2.250.1.213.4.3", "77", ACCESSION)
UID = "1.2.250.1.213.4.4.1"
CCAM, DICOM, SNOMED = "1.2.250.1.215.300.1", "1.2.840.10008.2.16.4", "2.16.840.1.113883.6.96"
CODES = {"acte": frozenset({"ZBQH001"}), "modalité": frozenset({"CT"}), "région anatomique": frozenset({"67734004"})}
EXPECTED = Expected(frozenset({FIRST}), CODES, 1)
TRANSLATIONS = [("ZBQH001", CCAM), ("CT", DICOM), ("67734004", SNOMED)]


def fulfilled(number: Reference, request: Reference | None = REQUEST) -> str:
    made = "" if request is None else f'<p:accessionNumber root="{request.authority}" extension="{request.value}"/>'
    named = f'<id root="{number.authority}" extension="{number.value}"/>' if number.value else ""
    return f"<inFulfillmentOf><order>{named}{made}</order></inFulfillmentOf>"


def act(uid: str = UID, codes: list[tuple[str, str]] = TRANSLATIONS) -> str:
    translations = "".join(f'<translation code="{code}" codeSystem="{system}"/>' for code, system in codes)
    return f'<documentationOf><serviceEvent><id root="{uid}"/><code code="1">{translations}</code></serviceEvent></documentationOf>'


def report(*inside: str) -> Document:
    text = '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:p="urn:dicom-org:ps3-20"><typeId/>{}</ClinicalDocument>'
    found = open_document("cr.xml", text.format("".join(inside)).encode())
    assert isinstance(found, Document), found
    return found


SOUND = (fulfilled(FIRST), act())


def told(findings: Any) -> list[str]:
    return [f"{one.severity.value} {one.message} {one.observed}" for one in findings]


def test_the_header_of_a_report() -> None:
    assert told(check.in_header(report(*SOUND), EXPECTED)) == []
    for wrong, words in (
        ((fulfilled(SECOND), act()), SECOND.cxi),
        ((fulfilled(FIRST), fulfilled(SECOND), act()), "Order Placer Number"),
        ((act(),), "Order Placer Number"),
        ((fulfilled(FIRST, None), act()), "Accession Number. absent"),
        ((fulfilled(FIRST, Reference("x", "1", ACCESSION)), act()), "Accession Number"),
        ((fulfilled(FIRST),), "Study Instance UID"),
        ((fulfilled(FIRST), act(), act(f"{UID}.2")), "Study Instance UID"),
        ((fulfilled(FIRST), act(codes=TRANSLATIONS[:2])), "région anatomique"),
        ((fulfilled(FIRST), act(codes=[*TRANSLATIONS[1:], ("ZBQH001", DICOM)])), "acte"),
    ):
        found = told(check.in_header(report(*wrong), EXPECTED))
        assert any(words in one for one in found), (words, found)


def test_the_form_of_a_study_instance_uid() -> None:
    assert told(check.well_formed(report(act("2.25." + "9" * 39 + ".3.1")))) == []
    for uid in ("2.25." + "9" * 60, "1.2.3.4", "2.999.1", "1.02.250", "97F9E286-D843-11EC-9D64-0242AC120002"):
        (found,) = told(check.well_formed(report(act(uid))))
        assert uid in found


def entry(*references: str, events: list[tuple[str, str]] = TRANSLATIONS) -> Entry:
    found = deposited(*references).submission.documents[0]
    return replace(found, codes={**found.codes, "eventCodeList": tuple(Code(*one, "libellé") for one in events)})


ALL = (FIRST.cxi, REQUEST.cxi, f"{UID}^^^^{STUDY}")


def test_the_metadata_of_a_report() -> None:
    def said(*references: str, **given: Any) -> list[str]:
        return told(check.in_metadata(report(*SOUND), entry(*references, **given), EXPECTED))

    assert said(*ALL) == []
    assert said(FIRST.cxi, REQUEST.cxi, f"{UID}^^^&1.2&ISO^{STUDY}") == []
    for missing, words in zip(range(3), ("Order Placer Number", "Accession Number", "Study Instance UID"), strict=True):
        (found,) = said(*(one for rank, one in enumerate(ALL) if rank != missing))
        assert words in found and found.endswith("aucun")
    (found,) = said(*ALL, SECOND.cxi)
    assert SECOND.cxi in found
    (found,) = said(*ALL, events=[("ZBQH001", CCAM), ("MG", DICOM), ("67734004", SNOMED)])
    assert "modalité" in found and "MG" in found
    assert said(*ALL, events=[("ZBQH001", CCAM), ("CT", "1.2.250.1.213.1.1.5.618"), ("67734004", SNOMED)]) == []
    (found,) = said(*ALL, events=[("ZBQH001", "1.2.3"), *TRANSLATIONS[1:]])
    assert found.startswith("WARNING") and "1.2.3" in found


def test_orders_keep_their_number_or_are_given_one() -> None:
    assert told(check.kept(report(*SOUND), FIRST)) == []
    (found,) = told(check.kept(report(*SOUND), SECOND))
    assert "d’origine" in found
    assert told(check.attributed([report(*SOUND), report(fulfilled(SECOND), act())])) == []
    (found,) = told(check.attributed([report(*SOUND), report(*SOUND)]))
    assert "même Order Placer Number" in found
    for bad in (report(act()), report(fulfilled(Reference("x", "1"))), report(fulfilled(FIRST), fulfilled(SECOND))):
        assert any("en-tête" in one for one in told(check.attributed([bad])))


def test_requests_and_studies_do_not_share_an_identifier() -> None:
    other = report(fulfilled(FIRST, Reference(REQUEST.authority, "78", ACCESSION)), act(f"{UID}.2"))
    assert told(check.distinct_requests([report(*SOUND), other])) == []
    assert told(check.distinct_studies([report(*SOUND), other])) == []
    (found,) = told(check.distinct_requests([report(*SOUND), report(*SOUND)]))
    assert "même Accession Number" in found
    (found,) = told(check.distinct_requests([report(fulfilled(FIRST, None))]))
    assert "aucun" in found
    elsewhere = report(fulfilled(FIRST, Reference("1.2.250.9", "78", ACCESSION)))
    (warned,) = check.distinct_requests([report(*SOUND), elsewhere])
    assert warned.severity is Severity.WARNING
    (found,) = told(check.distinct_studies([report(*SOUND), report(*SOUND)]))
    assert "même Study Instance UID" in found
    (found,) = told(check.distinct_studies([report(fulfilled(FIRST))]))
    assert "aucun" in found


def test_what_is_read_of_the_example_of_the_agency(ci_sis_pack: Path) -> None:
    path = ci_sis_pack / "ExemplesCDA" / "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml"
    document = open_document(path.name, path.read_bytes())
    assert isinstance(document, Document)
    (order,), (request,), studies = check.orders(document), check.accessions(document), check.studies(document)
    codes = {"acte": frozenset({"ACQH004", "ZBQH001"}), "modalité": frozenset({"CT"})}
    read = Expected(frozenset({order}), {**codes, "région anatomique": frozenset({"774007"})}, 3)
    assert request.value and len(studies) == 3
    assert told(check.in_header(document, read)) == []

"""The agency's pack: found, identified, checked, repaired; and the choice of the volet that judges a document."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.model.finding import Finding, Severity
from conformance.validation.gate import Document, open_document
from conformance.validation.packs import GENERIC, lint, open_pack, repairs
from conformance.validation.volets import Choice, choose, name_of, near
from tests.validation.pack_kit import SCH, make_pack, pack_of

BRANCH = "1.2.250.1.213.1.1.1."


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A pack in miniature: the generic tiers, some volets, no value set."""
    return make_pack(tmp_path)


def cda(*templates: tuple[str, str | None], body: str = "structuredBody", code: str = "1-1") -> Document:
    given = "".join(
        f'<templateId root="{root}"/>' if version is None else f'<templateId root="{root}" extension="{version}"/>'
        for root, version in templates
    )
    text = f'<ClinicalDocument xmlns="urn:hl7-org:v3">{given}<code code="{code}"/><component><{body}/></component></ClinicalDocument>'
    document = open_document("d.xml", text.encode())
    assert isinstance(document, Document)
    return document


def test_no_pack_or_half_a_pack_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("SEGUR_CI_SIS_PACK", raising=False)
    absent, half = open_pack(), open_pack(tmp_path)
    assert isinstance(absent, Finding)
    assert isinstance(half, Finding)
    assert (absent.rule, half.rule) == ("pack.absent", "pack.incomplete")
    assert absent.severity is half.severity is Severity.WARNING


def test_the_environment_names_the_pack(small, monkeypatch):
    monkeypatch.setenv("SEGUR_CI_SIS_PACK", str(small))
    assert pack_of(small) == open_pack()


def test_the_digest_follows_what_judges_and_nothing_else(small):
    first = pack_of(small).digest
    (small / "ExemplesCDA").mkdir()
    (small / "ExemplesCDA" / "d.xml").write_text("<d/>", encoding="utf-8")
    assert pack_of(small).digest == first
    (small / GENERIC["IHE"]).write_text(SCH.format("<title/>"), encoding="utf-8")
    second = pack_of(small).digest
    assert second != first
    (small / "jeuxDeValeurs" / "v.xml").write_text("<v/>", encoding="utf-8")
    assert pack_of(small).digest not in (first, second)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (cda(("1.2.3", None), (f"{BRANCH}37", "2023.01")), "VAC_2023.01"),
        (cda((f"{BRANCH}37", "2023.01"), ("1.3.6.1.4.1.19376.1.2.20", None)), "VAC_2023.01"),
        (cda((f"{BRANCH}13", "201310")), "VSM_1.4_2022.01"),
        (cda((f"{BRANCH}13", "2023.01")), "VSM_2023.01"),
        (cda((f"{BRANCH}55", "2024.01")), "BIO-CR-BIO_2024.01"),
        (cda(("1.3.6.1.4.1.19376.1.2.20", None), code="85208-7"), "TLM-CR_2022.01"),
    ],
)
def test_the_volet_is_chosen_by_template_and_version(small, document, expected):
    assert choose(pack_of(small), document) == Choice(expected, wanted=True)


def test_an_unstructured_document_has_no_volet(small):
    document = cda((f"{BRANCH}37", "2023.01"), body="nonXMLBody")
    assert choose(pack_of(small), document) == Choice(None, wanted=False)
    assert choose(pack_of(small), document, "VAC_2023.01").volet == "VAC_2023.01"


def test_a_template_without_version_is_judged_and_said(small):
    choice = choose(pack_of(small), cda((f"{BRANCH}55", None)))
    assert choice.volet == "BIO-CR-BIO_2021.01"
    (remark,) = choice.remarks
    assert remark.rule == "volet.assumed"
    assert "BIO-CR-BIO_2024.01" in (remark.fix or "")


@pytest.mark.parametrize(
    ("document", "volet", "hint"),
    [
        (cda((f"{BRANCH}37", "2031.01")), None, "VAC_2023.01"),
        (cda(("1.2.3", None)), None, None),
        (cda(), None, None),
        (cda((f"{BRANCH}37", "2023.01")), "VAC_2023", "VAC_2023.01"),
    ],
)
def test_an_unknown_volet_is_said_never_guessed(small, document, volet, hint):
    choice = choose(pack_of(small), document, volet)
    assert (choice.volet, choice.wanted) == (None, True)
    (remark,) = choice.remarks
    assert (remark.rule, remark.severity) == ("volet.unknown", Severity.WARNING)
    assert hint is None or hint in (remark.expected or "")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("VAC_2023.01", "VAC_2023.01"),
        ("CI-SIS_VAC_2023.01.sch", "VAC_2023.01"),
        ("vac_2023.01", "VAC_2023.01"),
        (f"{BRANCH}37^2023.01", "VAC_2023.01"),
        (f"{BRANCH}37|2023.01", "VAC_2023.01"),
        (f" {BRANCH}37/2023.01 ", "VAC_2023.01"),
        (f"{BRANCH}13^201310", "VSM_1.4_2022.01"),
        (f"{BRANCH}55", "BIO-CR-BIO_2021.01"),
    ],
)
def test_a_volet_is_imposed_by_its_name_or_its_template(small, asked, name):
    assert choose(pack_of(small), cda(), asked).volet == name


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("VAC_2022.01", "VAC_2023.01"), (f"{BRANCH}37^1999", "VAC_2023.01"), ("bio", "BIO-CR-BIO_2021.01"), ("", None)],
)
def test_an_unknown_volet_has_neighbours(small, asked, hint):
    assert name_of(pack_of(small), asked) is None
    assert (near(pack_of(small), asked) or [None])[0] == hint


def test_lint_lists_every_kind_of_fault(small):
    rule = "<pattern><rule context='a'><assert test=\"doc('{}')//c[@code=1]\">m</assert></rule></pattern>"
    struct = small / GENERIC["STRUCT"]
    struct.write_text(SCH.format(rule.format("include/voc-1.2.3-DYNAMIC.xml")), encoding="utf-8")
    ihe = '<include href="Part.SCH"/>' + rule.format("../../jeuxDeValeurs/none.xml")
    (small / GENERIC["IHE"]).write_text(SCH.format(ihe), encoding="utf-8")
    part = small / GENERIC["IHE"].parent / "part.sch"
    part.write_text('<pattern xmlns="http://purl.oclc.org/dsdl/schematron"/>', encoding="utf-8")
    (small / "schematrons" / "CI-SIS_X_1.sch").write_text(SCH.format('<include href="gone.sch"/>'), encoding="utf-8")
    (small / "jeuxDeValeurs" / "JDV_X.xml").write_text(
        '<R xmlns="urn:ihe:iti:svs:2008"><ValueSet id="1.2.3"><Concept code="A &amp; B" codeSystem="S"/></ValueSet></R>',
        encoding="utf-8",
    )
    found = [(finding.rule, finding.expected) for finding in lint(pack_of(small))]
    assert found[:3] == [
        ("pack.value-set.rebuilt", "include/voc-1.2.3-DYNAMIC.xml"),
        ("pack.include.case", "Part.SCH"),
        ("pack.value-set.missing", "../../jeuxDeValeurs/none.xml"),
    ]
    assert ("pack.schema", None) in found
    assert ("pack.include.missing", "gone.sch") in found
    assert sum(rule == "pack.terminology.missing" for rule, _ in found) == 5
    ((address, text),) = repairs(pack_of(small), struct, "doc('include/voc-1.2.3-DYNAMIC.xml')")
    assert address.startswith("file:/")
    assert address.endswith("include/voc-1.2.3-DYNAMIC.xml")
    assert '<concept code="A &amp; B" codeSystem="S"/>' in text


@pytest.mark.slow
def test_the_faults_of_the_real_pack(ci_sis_pack):
    found = [finding.rule for finding in lint(pack_of(ci_sis_pack))]
    assert found.count("pack.include.missing") == 9
    assert found.count("pack.value-set.rebuilt") == 1
    assert found.count("pack.schema") == 1
    assert found.count("pack.include.case") >= 11

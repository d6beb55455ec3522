"""A whole document judged on every tier: statuses, findings, places in the file, faults that never read as success."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.model.finding import Severity
from conformance.model.verdict import Verdict
from conformance.validation.document import Judge, Judgement, judge
from conformance.validation.explain import explain
from conformance.validation.gate import Document, open_document
from conformance.validation.packs import GENERIC, Pack, open_pack
from conformance.validation.places import Places
from conformance.validation.schematron import Claim, Failed, Site
from conformance.validation.tiers import rule_id

SCH = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="c" uri="urn:hl7-org:v3"/>
<pattern id="p"><rule context="{context}"><assert test="{test}"{role}>Il manque <name/>.</assert></rule></pattern></schema>"""


def pack(folder: Path, **tiers: tuple[str, str, str]) -> Pack:
    for tier, path in GENERIC.items():
        context, test, role = tiers.get(tier, ("c:nothing", "1", ""))
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        given = f' role="{role}"' if role else ""
        file.write_text(SCH.format(context=context, test=test, role=given), encoding="utf-8")
    opened = open_pack(folder)
    assert isinstance(opened, Pack)
    return opened


def read(text: str | bytes) -> Document:
    opened = open_document("d.xml", text if isinstance(text, bytes) else text.encode())
    assert isinstance(opened, Document)
    return opened


CDA = """<?xml version="1.0"
  encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <title>é</title>é<code
     code="1"
     displayName="a > b"/><code/>
  <component><nonXMLBody/></component>
</ClinicalDocument>"""


def statuses(judgement: Judgement) -> dict[str, Verdict]:
    return {tier.name: tier.status for tier in judgement.tiers}


def test_each_tier_has_its_status(tmp_path):
    rules = {
        "STRUCT": ("c:code", "@code", ""),
        "IHE": ("c:code", "@code", "warning"),
        "MODELES": ("c:code", "true()", ""),
        "TERM": ("c:code", "doc('gone.xml')", ""),
    }
    judgement = Judge(pack(tmp_path, **rules)).judge(read(CDA))
    assert statuses(judgement) == {
        "XSD": Verdict.NON_VERIFIE,
        "STRUCT": Verdict.NON_CONFORME,
        "IHE": Verdict.CONFORME,
        "MODELES": Verdict.CONFORME,
        "ANS": Verdict.NON_APPLICABLE,
        "TERM": Verdict.ERREUR_BANC,
        "VOLET": Verdict.NON_APPLICABLE,
    }
    assert judgement.status is Verdict.ERREUR_BANC
    assert [tier.fired for tier in judgement.tiers] == [None, 2, 2, 2, 0, 2, None]
    assert [f.severity for t in judgement.tiers if t.name in ("STRUCT", "IHE") for f in t.findings] == [
        Severity.ERROR,
        Severity.WARNING,
    ]


def test_what_cannot_be_evaluated_is_said_where_it_is_and_the_rest_judged(tmp_path):
    rules = {"STRUCT": ("c:code", "if (@code) then starts-with(../c:code/string(), 'x') else false()", "")}
    judgement = Judge(pack(tmp_path, **rules)).judge(read(CDA))
    tier = judgement.tiers[1]
    assert (tier.status, tier.fired) == (Verdict.NON_CONFORME, 2)
    failed, unjudged = tier.findings
    assert (failed.severity, failed.where and failed.where.line) == (Severity.ERROR, 6)
    assert unjudged.rule.startswith("STRUCT/p/r1/a1#")
    assert unjudged.rule.endswith("/engine")
    assert unjudged.severity is Severity.WARNING
    assert unjudged.where is not None
    assert (unjudged.where.line, unjudged.where.column) == (4, 20)
    assert unjudged.observed is not None
    assert unjudged.observed.startswith("XPTY0004 : A sequence of more than one item")
    assert unjudged.fix is not None
    assert "si un élément est répété" in unjudged.fix


def test_a_rule_that_lacks_its_value_set_accuses_the_pack(tmp_path):
    judgement = Judge(pack(tmp_path, TERM=("c:code[@code]", "doc('gone.xml')", ""))).judge(read(CDA))
    tier = judgement.tiers[5]
    assert (tier.status, tier.fired) == (Verdict.ERREUR_BANC, 1)
    assert [finding.fix for finding in tier.findings if finding.fix and "Compléter le pack" in finding.fix] != []


def test_a_finding_has_line_column_path_and_excerpt(tmp_path):
    judgement = Judge(pack(tmp_path, STRUCT=("c:code", "false()", ""))).judge(read(CDA))
    first, second = (finding for finding in judgement.findings if finding.rule.startswith("STRUCT/"))
    assert first.where is not None
    assert second.where is not None
    assert (first.where.line, first.where.column, first.where.path) == (4, 20, "/ClinicalDocument/code[1]")
    assert (second.where.line, second.where.column, second.where.path) == (6, 27, "/ClinicalDocument/code[2]")
    assert (first.excerpt, second.excerpt) == ('<code code="1" displayName="a > b"/>', "<code/>")
    assert first.message == "Il manque code."
    assert first.rule == second.rule
    assert first.rule.startswith("STRUCT/p/r1/a1#")


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_places_hold_in_any_encoding(tmp_path, encoding):
    name = encoding.removesuffix("-sig")
    content = CDA.replace("UTF-8", name).encode(encoding)
    document = read(content)
    places = Places(document)
    where = places.where(document.all("code")[0])
    assert (where.line, where.column) == (4, 20)


def test_places_of_a_self_presenting_document_are_those_of_the_file(tmp_path):
    inner = '<c:ClinicalDocument xmlns:c="urn:hl7-org:v3">\n <c:code/>\n</c:ClinicalDocument>'
    text = f'<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"><x:a/>\n<x:b>{inner}</x:b></x:stylesheet>'
    judgement = Judge(pack(tmp_path, STRUCT=("c:code", "false()", ""))).judge(read(text))
    (finding,) = (each for each in judgement.findings if each.rule.startswith("STRUCT/"))
    assert finding.where is not None
    assert (finding.where.line, finding.where.column, finding.excerpt) == (3, 2, "<c:code/>")


def test_a_broken_schema_is_a_fault_of_the_bench_on_its_tier_only(tmp_path):
    broken = pack(tmp_path, IHE=("c:code", "$unknown", ""), STRUCT=("c:code", "true()", ""))
    judgement = Judge(broken).judge(read(CDA))
    assert statuses(judgement)["IHE"] is Verdict.ERREUR_BANC
    assert statuses(judgement)["STRUCT"] is Verdict.CONFORME
    (finding,) = (each for each in judgement.findings if each.rule == "IHE/engine")
    assert "unknown" in (finding.observed or "")


def test_rule_ids_hold_when_layout_or_order_change():
    def failed(context: str, test: str, place: int) -> Failed:
        return Failed(Site("p", place, context), Claim(test, None, None, 1, None), "/", (1,), "m")

    one, other = rule_id("IHE", failed("a", "b  = 1", 1)), rule_id("IHE", failed("a", "b\n= 1", 2))
    assert one.partition("#")[2] == other.partition("#")[2]
    assert one != other
    assert rule_id("IHE", failed("a", "b = 2", 1)) != one


def test_too_deep_for_saxon_is_a_fault_never_a_success(tmp_path):
    text = CDA.replace("<title>é</title>", "<x>" * 150 + "</x>" * 150)
    judgement = Judge(pack(tmp_path)).judge(read(text))
    assert {tier.status for tier in judgement.tiers if tier.name in GENERIC} <= {
        Verdict.ERREUR_BANC,
        Verdict.NON_APPLICABLE,
    }
    (deep,) = (finding for finding in judgement.findings if finding.rule == "cda.depth")
    assert deep.where is not None
    assert (deep.severity, deep.observed, deep.where.line) == (Severity.WARNING, "151 niveaux", 4)
    assert "cda.depth" not in {finding.rule for finding in Judge(pack(tmp_path)).judge(read(CDA)).findings}


@pytest.mark.slow
def test_the_samples_of_the_agency_are_judged_by_their_volet(ci_sis_pack, tmp_path):
    opened = open_pack(ci_sis_pack)
    assert isinstance(opened, Pack)
    engine = Judge(opened, tmp_path)
    expected = {
        "VAC_2023.01.xml": ("VAC_2023.01", Verdict.CONFORME),
        "TLM-CR_2022.01.xml": ("TLM-CR_2022.01", Verdict.CONFORME),
        "VSM_1.4_2022.01.xml": ("VSM_1.4_2022.01", Verdict.CONFORME),
        "BIO-CR-BIO_2021.01_Auto-Presentable.xml": ("BIO-CR-BIO_2021.01", Verdict.CONFORME),
        "DOC_NON_STRUCTURE_CDA-R2-N1.xml": (None, Verdict.CONFORME),
        "CANCER-FRCP_2022.01_Appareil.xml": ("CANCER-FRCP_2022.01", Verdict.NON_CONFORME),
    }
    found = {}
    for name in expected:
        judgement = engine.judge(read((ci_sis_pack / "ExemplesCDA" / name).read_bytes()))
        found[name] = (judgement.volet, judgement.status)
    assert found == expected


@pytest.mark.slow
def test_the_shared_engine_judges_the_same(ci_sis_pack, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    opened = open_pack(ci_sis_pack)
    assert isinstance(opened, Pack)
    document = read((ci_sis_pack / "ExemplesCDA" / "VAC_2023.01.xml").read_bytes())
    first = judge(document, opened)
    assert first.status is Verdict.CONFORME
    assert judge(document, opened) == first


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "(Auteur): element hl7:time[not(@nullFlavor)] is mandatory [min 1x].",
            "hl7:time[not(@nullFlavor)] (1 au moins)",
        ),
        ("(X): element hl7:city appears too often [max 1x].", "hl7:city (1 au plus)"),
        ("(X): The value for code SHALL be 'FR'. Found: \"BE\"", "n’est pas celle attendue, 'FR'"),
        (
            "(X)/d1e1-true-d2e0: this element 'a' is not defined, or so. Expected in this context: b (rule-reference: d)",
            "« a »",
        ),
        ("dtr1-10-AD: [RIM-002] name (Jean) SHALL be distinct", "« name » est répété"),
        ("dtr1-2-CD: code requires codeSystem", "sans son système"),
        ("(X): Attribute @root SHALL be of data type 'uid' - '1.2.'", "(type uid) : « 1.2. »"),
        (
            "[jdv] L'élément a/code [G1:Nom: long:1.2.3] doit faire partie du jeu de valeurs ../j.xml.",
            "« G1 » (Nom: long)",
        ),
    ],
)
def test_frequent_messages_are_explained_in_french(message, sentence):
    known = explain(message)
    assert known is not None
    assert sentence in known.sentence
    assert "{" not in known.sentence + known.fix


def test_other_messages_are_left_as_they_are():
    assert explain("Le document doit comporter une section.") is None

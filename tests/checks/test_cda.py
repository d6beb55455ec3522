"""Header and body of CI-SIS documents: a green letter, one red mutant for each rule, the agency's samples in place."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conformance.checks import cda, ins
from conformance.model.finding import Finding, Severity
from conformance.validation import gate, xsd

Open = Callable[[str], gate.Document]
Says = Callable[..., Finding]


def test_the_green_letter_has_nothing_to_reproach(letter: str, opened: Open) -> None:
    assert list(cda.judge(opened(letter))) == []


def test_what_a_document_says_of_itself(letter: str, opened: Open, printed: bytes) -> None:
    document = opened(letter)
    assert cda.type_code(document) == cda.Code("11490-0", "2.16.840.1.113883.6.1", "Lettre de liaison")
    assert cda.unique_id(document) == "2.25.1234567890.1"
    assert (cda.set_id(document), cda.version(document), cda.replaces(document)) == ("2.25.1234567890", 1, None)
    assert cda.act_date(document) == "20260105"
    assert cda.is_n1(document)
    assert cda.encapsulated_pdf(document) == printed


def test_unique_id_with_an_extension_is_written_as_xds_does(letter: str, opened: Open) -> None:
    document = opened(letter.replace('<id root="2.25.1234567890.1"/>', '<id root="2.25.7" extension="A1"/>'))
    assert cda.unique_id(document) == "2.25.7^A1"


ERRORS = [
    (r'<realmCode code="FR"/>', "", "cda.realm", "manque"),
    (r'code="FR"', 'code="BE"', "cda.realm", "n’est pas la France"),
    (r"POCD_HD000040", "POCD", "cda.type-id", "référence au standard CDA R2 est fausse"),
    (r'<templateId root="1.2.250.1.213.1.1.1.1"/>', "", "cda.template", "conformité à l’en-tête CI-SIS manque"),
    (r'<templateId root="1.3.6.1.4.1.19376.1.2.20"/>', "", "cda.template", "IHE XDS-SD"),
    (r'<id root="2.25.1234567890.1"/>', "", "cda.id", "L’identifiant unique du document (id) manque"),
    (r'<id root="2.25.1234567890.1"/>', '<id root="abc"/>', "cda.id", "n’a pas de racine valide"),
    (r' displayName="Lettre de liaison"', "", "cda.code", "n’a pas d’attribut displayName"),
    (r"<title>Lettre de liaison</title>", "<title> </title>", "cda.title", "est vide"),
    (r'<effectiveTime value="20260105101500\+0100"/>\n', "", "cda.effective-time", "manque"),
    (
        r'<effectiveTime value="20260105101500\+0100"/>\n',
        '<effectiveTime value="20261305"/>\n',
        "cda.effective-time",
        "n’est pas une date lisible",
    ),
    (r'code="N"', 'code="X"', "cda.confidentiality", "n’est pas tiré de la liste HL7"),
    (r'code="fr-FR"', 'code="fr"', "cda.language", "langue-PAYS"),
    (r'<effectiveTime value="20260105101500\+0100"/>\n', r"\g<0>\g<0>", "cda.effective-time", "est répétée"),
    (r'<setId root="2.25.1234567890"/>', "", "cda.set-id", "manque"),
    (
        r'<setId root="2.25.1234567890"/>',
        r"\g<0>\g<0>",
        "cda.set-id",
        "L’identifiant commun aux versions (setId) est répété.",
    ),
    (r'<versionNumber value="1"/>', '<versionNumber value="0"/>', "cda.version", "n’est pas un entier positif"),
    (r"<recordTarget>.*</recordTarget>", "", "cda.patient", "Le patient (recordTarget) manque"),
    (r'extension="000123"', "", "cda.patient", "n’a pas d’extension"),
    (
        r'<administrativeGenderCode code="F"',
        '<administrativeGenderCode code="X"',
        "cda.patient.sex",
        "pas dans la liste",
    ),
    (r'<birthTime value="19850609"/>', "", "cda.patient.birth", "manque"),
    (r'family qualifier="BR"', 'family qualifier="SP"', "cda.patient.name", "n’est pas reconnue"),
    (r"<author>.*</author>", "", "cda.author", "n’a pas d’auteur"),
    (r"(<assignedAuthor>)<id [^>]*>", r"\1", "cda.author", "L’auteur n’a pas d’identifiant"),
    (r"<custodian>.*</custodian>", "", "cda.custodian", "qui conserve le document (custodian) manque"),
    (r'(Organization><id root="1.2.250.1.71.4.2).2', r"\1.9", "cda.author", "n’est pas un identifiant national"),
    (r"<legalAuthenticator>.*</legalAuthenticator>", "", "cda.legal-authenticator", "Le responsable du document"),
    (r'<signatureCode code="S"/>', '<signatureCode code="I"/>', "cda.legal-authenticator", "marque de signature"),
    (r"<documentationOf>.*</documentationOf>", "", "cda.act", "L’acte documenté manque"),
    (r"<performer .*</performer>", "", "cda.act", "L’exécutant de l’acte principal manque"),
    (r"<standardIndustryClassCode[^>]*>", "", "cda.act", "cadre d’exercice de l’exécutant manque"),
    (r"<low value=[^>]*>", "", "cda.act", "Le début de l’acte principal manque"),
    (r'<code code="SA07"[^>]*>', "", "cda.encounter", "Le secteur d’activité du lieu de prise en charge manque"),
    (r"<componentOf>.*</componentOf>", "", "cda.encounter", "La prise en charge (encompassingEncounter) manque"),
    (r"<component>.*</component>", "", "cda.body", "Le corps du document manque"),
    (r'mediaType="application/pdf"', 'mediaType="application/zip"', "cda.n1.media", "pas annoncé comme un PDF"),
    (r' representation="B64"', "", "cda.n1.base64", "ne se déclare pas codé en base64"),
    (r">JVBERi0", ">data:application/pdf;base64,JVBERi0", "cda.n1.base64", "n’est pas du base64 valide"),
    (r">JVBERi0", ">AAAAAAA", "cda.n1.pdf", "annonce un PDF"),
]


@pytest.mark.parametrize(("pattern", "replacement", "rule", "words"), ERRORS)
def test_each_rule_of_the_header_and_body_can_fail(
    letter: str, opened: Open, says: Says, pattern: str, replacement: str, rule: str, words: str
) -> None:
    mutant, count = re.subn(pattern, replacement, letter, count=1, flags=re.DOTALL)
    assert count == 1
    finding = says(cda.judge(opened(mutant)), rule, words)
    assert finding.source
    assert finding.where is not None
    assert finding.where.line


WARNINGS = [
    (r'codeSystem="2.16.840.1.113883.6.1"', 'codeSystem="1.2.3"', "cda.code", "n’est ni LOINC"),
    (r'<effectiveTime value="20260105101500\+0100"/>\n', '<effectiveTime value="202601051015+0100"/>\n',
     "cda.effective-time", "n’est pas donnée à la seconde"),
    (r'<effectiveTime value="20260105101500\+0100"/>\n', '<effectiveTime value="20260105101500"/>\n',
     "cda.effective-time", "n’a pas de décalage horaire"),
    (r'root="1.2.250.1.71.4.2.1"', 'root="1.2.3"', "cda.author", "pas celui de l’annuaire"),
    (r"<representedOrganization>.*?</representedOrganization>", "", "cda.author", "La structure de l’auteur"),
    (r'mediaType="application/pdf"', 'mediaType="text/plain"', "cda.n1.media", "pas annoncé comme un PDF"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "replacement", "rule", "words"), WARNINGS)
def test_a_doubtful_rule_warns_and_never_condemns(
    letter: str, opened: Open, says: Says, pattern: str, replacement: str, rule: str, words: str
) -> None:
    mutant = re.sub(pattern, replacement, letter, count=1, flags=re.DOTALL)
    says(cda.judge(opened(mutant)), rule, words, Severity.WARNING)


def replacing(letter: str, parent: str) -> str:
    link = f'<relatedDocument typeCode="RPLC"><parentDocument>{parent}</parentDocument></relatedDocument>'
    second = letter.replace('<versionNumber value="1"/>', '<versionNumber value="2"/>')
    return second.replace("  <componentOf>", f"  {link}<componentOf>")


def test_a_replacement_names_the_document_it_replaces(letter: str, opened: Open, says: Says) -> None:
    right = opened(replacing(letter, '<id root="2.25.1234567890.0"/>'))
    assert list(cda.judge(right)) == []
    assert cda.replaces(right) == "2.25.1234567890.0"
    says(cda.judge(opened(replacing(letter, ""))), "cda.replacement", "L’identifiant du document remplacé manque")
    own = replacing(letter, '<id root="2.25.1234567890.1"/>')
    says(cda.judge(opened(own)), "cda.replacement", "se remplacer lui-même")
    same_version = replacing(letter, '<id root="2.25.9"/>').replace(
        'versionNumber value="2"', 'versionNumber value="1"'
    )
    says(cda.judge(opened(same_version)), "cda.replacement", "numéro de version 1", Severity.WARNING)
    other = replacing(letter, '<id root="2.25.9"/>').replace('typeCode="RPLC"', 'typeCode="APND"')
    says(cda.judge(opened(other)), "cda.replacement", "n’est pas un remplacement")


def test_a_body_that_is_not_a_pdf_gives_none(letter: str, opened: Open) -> None:
    assert cda.encapsulated_pdf(opened(re.sub(">JVBERi0", ">AAAAAAA", letter))) is None
    assert cda.encapsulated_pdf(opened(re.sub("<component>.*</component>", "", letter, flags=re.DOTALL))) is None


def test_the_samples_of_the_agency_have_no_error(
    ci_sis_pack: Path, errors: Callable[[Iterable[Finding]], list[Finding]]
) -> None:
    samples = sorted((ci_sis_pack / "ExemplesCDA").glob("*.xml"))
    assert samples
    for sample in samples:
        document = gate.open_document(sample.name, sample.read_bytes())
        assert isinstance(document, gate.Document), document
        found = [*cda.judge(document), *ins.traits(document)]
        assert errors(found) == [], sample.name


def mutated(content: bytes, mutation: Mapping[str, str]) -> bytes:
    """The sample with the one change that the oracle describes."""
    root: Any = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    prefixes = {prefix: uri for item in root.iter() for prefix, uri in item.nsmap.items() if prefix}
    (node,) = root.xpath(mutation["path"], namespaces=prefixes)
    if mutation["op"] == "delete":
        node.getparent().remove(node)
    elif mutation["op"] == "duplicate":
        node.addnext(copy.deepcopy(node))
    elif mutation["op"] == "setattr":
        node.set(mutation["attr"], mutation["value"])
    elif mutation["op"] == "delattr":
        node.attrib.pop(mutation["attr"])
    else:
        node.text = mutation["value"]
    return bytes(etree.tostring(root, encoding="utf-8"))


def test_no_mutant_that_the_official_engine_accepts_is_condemned(
    ci_sis_pack: Path, errors: Callable[[Iterable[Finding]], list[Finding]]
) -> None:
    oracle = ci_sis_pack / "oracle.json"
    if not oracle.is_file():
        pytest.skip(f"the answers of the official engine are absent: {oracle}")
    cases: list[dict[str, Any]] = json.loads(oracle.read_text(encoding="utf-8"))
    agreed = 0
    for case in (case for case in cases if case["mutation"]):
        content = mutated((ci_sis_pack / "ExemplesCDA" / case["sample"]).read_bytes(), case["mutation"])
        document = gate.open_document(case["sample"], content)
        assert isinstance(document, gate.Document)
        ours = errors([*cda.header(document), *cda.body(document), *ins.traits(document)])
        theirs = any(tier.get("failed") for tier in case["expected"].values())
        assert theirs or not ours, (case["sample"], case["mutation"], ours)
        agreed += bool(ours)
    # The header rules are a small part of what the official engine knows; they must see some of it.
    assert agreed > 20


def test_the_green_letter_respects_the_schema_and_a_mutant_does_not(
    letter: str, opened: Open, ci_sis_pack: Path, says: Says
) -> None:
    assert list(xsd.validate(opened(letter), ci_sis_pack)) == []
    mutant = opened(letter.replace("<custodian>", "<gardien/><custodian>"))
    finding = says(xsd.validate(mutant, ci_sis_pack), "cda.xsd", "« gardien » n’est pas à sa place")
    assert finding.where is not None
    assert finding.where.path == "/ClinicalDocument/gardien"
    assert finding.expected is not None
    assert "custodian" in finding.expected


def test_a_self_presenting_document_with_a_prefix_is_told_where_it_departs(ci_sis_pack: Path) -> None:
    inner = '<c:ClinicalDocument xmlns:c="urn:hl7-org:v3">\n<c:typeId/>\n<c:nothing/></c:ClinicalDocument>'
    text = f'<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform">{inner}</x:stylesheet>'
    document = gate.open_document("a.xml", text.encode())
    assert isinstance(document, gate.Document)
    found = [finding.where for finding in xsd.validate(document, ci_sis_pack) if finding.where is not None]
    assert {(where.line, where.path) for where in found} >= {(3, "/ClinicalDocument/nothing")}


def test_every_sample_respects_the_schema(ci_sis_pack: Path) -> None:
    for sample in sorted((ci_sis_pack / "ExemplesCDA").glob("*.xml")):
        document = gate.open_document(sample.name, sample.read_bytes())
        assert isinstance(document, gate.Document)
        assert list(xsd.validate(document, ci_sis_pack)) == [], sample.name


def test_without_a_pack_the_schema_is_not_verified(
    letter: str, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: Says
) -> None:
    monkeypatch.delenv(xsd.PACK_VARIABLE, raising=False)
    assert "n’est pas vérifié" in (xsd.unavailable() or "")
    says(xsd.validate(opened(letter)), "cda.xsd.unverified", "aucun pack de l’Agence", Severity.WARNING)
    assert "est introuvable" in (xsd.unavailable(tmp_path) or "")
    broken = tmp_path / "infrastructure" / "cda"
    broken.mkdir(parents=True)
    (broken / "CDA_extended.xsd").write_text("<nothing", encoding="utf-8")
    assert "ne se charge pas" in (xsd.unavailable(tmp_path) or "")

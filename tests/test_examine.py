"""Judging one file of any kind, and the hostile ones first: a finding each time, never a traceback, never a leak."""

from __future__ import annotations

import base64
import io
import os
import zipfile
from pathlib import Path

import pytest
from wire_kit import DRAFT, PATIENT, Authority, make_bench

from conformance.drivers.dossier import MAX_FILE
from conformance.examine import LABELS, Judgement, examine, examine_all
from conformance.model.finding import Severity
from conformance.reference_lps import documents
from conformance.reference_lps.types import Bench, Produced
from conformance.reference_lps.xdm import archive
from conformance.validation.xsd import PACK_VARIABLE

CDA = b'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/></ClinicalDocument>'
SECRET = "contenu-du-disque-a-ne-jamais-montrer"
HL7 = b"MSH|^~\\&|A|B|C|D|20230101120000||ADT^A04^ADT_A01|1|P|2.5^FRA^2.11||||||UNICODE UTF-8\rEVN||20230101120000\r"
MAIL = b"From: a@operateur.mssante.test\r\nTo: b@operateur.mssante.test\r\nSubject: Bonjour\r\n\r\nBonjour\r\n"


@pytest.fixture(autouse=True)
def no_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PACK_VARIABLE, raising=False)


def rules(judgement: Judgement, severity: Severity = Severity.ERROR) -> set[str]:
    return {finding.rule for finding in judgement.findings if finding.severity is severity}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_pdf_named_xml_is_told_and_judged_as_a_pdf() -> None:
    judgement = examine("lettre.xml", b"%PDF-1.4\nrien d'autre")
    assert judgement.kind == "pdf"
    assert {"file.name", "pdf.unreadable"} <= rules(judgement)
    (misnamed,) = (finding for finding in judgement.findings if finding.rule == "file.name")
    assert "«\u00a0.xml\u00a0»" in misnamed.message
    assert misnamed.message.endswith("PDF.")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_cda_is_read_and_told(encoding: str) -> None:
    judgement = examine("lettre.xml", CDA.decode().replace("UTF-8", "UTF-16").encode(encoding))
    assert judgement.kind == "cda"
    assert "gate.encoding.utf8" in rules(judgement, Severity.WARNING)
    assert any(rule.startswith("cda.") for rule in rules(judgement))


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\x00" * 64])
@pytest.mark.parametrize("name", ["vide.xml", "vide.pdf", "vide.zip", "vide.eml", "vide"])
def test_empty_file(name: str, content: bytes) -> None:
    judgement = examine(name, content)
    assert rules(judgement) == {"file.empty"}
    assert (judgement.symbol, judgement.size) == ("✗", len(content))


def test_huge_file_is_never_held_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "enorme.xml"
    with path.open("wb") as file:
        file.write(CDA)
        file.truncate(2 * MAX_FILE)
    tracemalloc.start()
    judgement = examine("enorme.xml", path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rules(judgement) == {"file.size"}
    assert judgement.size == 2 * MAX_FILE
    assert peak < MAX_FILE / 10


def test_external_entity_is_refused_and_nothing_leaks(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    hostile = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><ClinicalDocument xmlns="urn:hl7-org:v3">&x;</ClinicalDocument>'
    judgement = examine("xxe.xml", hostile.encode())
    assert rules(judgement) == {"gate.doctype"}
    assert SECRET not in str(judgement)


def test_zip_bomb_is_not_opened() -> None:
    judgement = examine("archive.zip", zipped({"zeros.xml": b"\x00" * 50_000_000}))
    assert (judgement.kind, rules(judgement)) == ("zip", {"zip.bomb"})


def test_zip_that_leaves_its_folder() -> None:
    assert "zip.traversal" in rules(examine("archive.zip", zipped({"../../etc/passwd": b"x"})))


def test_broken_zip() -> None:
    assert rules(examine("archive.zip", zipped({"a.xml": CDA})[:60])) == {"zip.broken"}


def test_base64_that_is_not_a_pdf_in_a_cda() -> None:
    body = base64.b64encode(b"pas un PDF").decode()
    hostile = CDA.replace(b"</Clin", f'<component><nonXMLBody><text mediaType="application/pdf" representation="B64">{body}</text>'
                          f"</nonXMLBody></component></Clin".encode())  # fmt: skip
    assert "cda.n1.pdf" in rules(examine("n1.xml", hostile))


def test_missing_unreadable_and_endless_files(tmp_path: Path) -> None:
    missing = examine("absent.xml", tmp_path / "absent.xml")
    assert ({"file.unreadable"}, False) == (rules(missing), missing.judged)
    assert examine("dossier", tmp_path).findings[0].rule == "file.unreadable"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "tube")
        assert rules(examine("tube", tmp_path / "tube")) == {"file.unreadable"}


def test_without_a_pack_the_schema_tier_is_said_unverified() -> None:
    assert "cda.xsd.unverified" in rules(examine("lettre.xml", CDA), Severity.INFO)


@pytest.mark.slow
def test_with_a_pack_every_tier_runs(ci_sis_pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PACK_VARIABLE, str(ci_sis_pack))
    judgement = examine("lettre.xml", CDA)
    assert "cda.xsd" in rules(judgement)
    assert "cda.xsd.unverified" not in rules(judgement, Severity.INFO)
    spoilt = (ci_sis_pack / "ExemplesCDA" / "VAC_2023.01.xml").read_bytes().replace(b"<custodian>", b"<gardien>")
    spoilt = spoilt.replace(b"</custodian>", b"</gardien>")
    assert any(rule.startswith("STRUCT/") for rule in rules(examine("vac.xml", spoilt)))
    assert {"VOLET/unverified", "volet.unknown"} <= rules(judgement, Severity.WARNING)
    assert {"pack.used", "cda.tiers", "TERM/not-applicable"} <= rules(judgement, Severity.INFO)
    assert not judgement.settled


SCHEMA = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="c" uri="urn:hl7-org:v3"/>
<pattern id="p"><rule context="{context}"><assert test="{test}">m</assert></rule></pattern></schema>"""


@pytest.fixture
def small_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack of our own: STRUCT condemns a ``title``, IHE cannot be compiled, the other tiers say nothing."""
    from conformance.validation.packs import GENERIC

    rules = {"STRUCT": ("c:title", "false()"), "IHE": ("c:id", "$unknown")}
    for tier, path in GENERIC.items():
        context, test = rules.get(tier, ("c:nothing", "1"))
        (tmp_path / "pack" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / path).write_text(SCHEMA.format(context=context, test=test), encoding="utf-8")
    monkeypatch.setenv(PACK_VARIABLE, str(tmp_path / "pack"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "pack"


def test_every_tier_is_said_and_one_that_failed_is_never_green(
    small_pack: Path, produced: tuple[Produced, Bench]
) -> None:
    sound = produced[0].cda.replace(b"<title>", b"<!--").replace(b"</title>", b"-->")
    judgement = examine("lettre.xml", sound)
    assert rules(judgement, Severity.WARNING) >= {"XSD/unverified", "IHE/engine"}
    assert {"TERM/not-applicable", "VOLET/not-applicable"} & rules(judgement, Severity.INFO)
    assert not any("/" in rule for rule in rules(judgement))
    assert (judgement.failed, judgement.settled) == (True, False)
    assert judgement.symbol in "!✗"
    (tiers,) = (finding for finding in judgement.findings if finding.rule == "cda.tiers")
    assert "XSD non vérifié, STRUCT non applicable, IHE moteur en échec" in tiers.message
    condemned = examine("lettre.xml", produced[0].cda)
    assert [rule for rule in rules(condemned) if rule.startswith("STRUCT/p/r1/a1#")]


def test_the_pack_is_said_once_and_workers_change_nothing(small_pack: Path, tmp_path: Path) -> None:
    files = []
    for number in range(4):
        path = tmp_path / f"{number}.xml"
        path.write_bytes(CDA.replace(b"1.2.3", f"1.2.{number}".encode()))
        files.append((path.name, path))
    (tmp_path / "lot.zip").write_bytes(zipped({f"m{n}.xml": CDA for n in range(5)} | {"notes.txt": b"bonjour"}))
    files.append(("lot.zip", tmp_path / "lot.zip"))
    alone = list(examine_all(files, workers=1))
    assert list(examine_all(files, workers=2)) == alone
    assert [judgement.name for judgement in alone] == [name for name, _ in files]
    assert sum(finding.rule == "pack.used" for judgement in alone for finding in judgement.findings) == 1
    # A zip alone, whose members are shared out.
    assert list(examine_all(files[-1:], workers=2)) == [examine("lot.zip", tmp_path / "lot.zip")]


def test_a_document_that_takes_too_long_is_said_and_settles_nothing(small_pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(CDA)
    judged = list(examine_all([("a.xml", path)] * 4, workers=2, timeout=0.0))
    assert [(judgement.kind, judgement.symbol, judgement.judged) for judgement in judged] == [("cda", "!", False)] * 4
    assert rules(judged[0], Severity.WARNING) == {"file/engine"}


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.xml", CDA, "cda"),
        ("sans-extension", CDA, "cda"),
        ("METADATA.XML", b"<SubmitObjectsRequest xmlns='urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0'/>", "xds"),
        ("message.er7", HL7, "hl7"),
        ("courrier.eml", MAIL, "mail"),
        ("IHE_XDM.ZIP", zipped({"INDEX.HTM": b"x", "IHE_XDM/SUBSET01/METADATA.XML": b"<a/>"}), "xdm"),
        (
            "lot.zip",
            zipped({f"doc{n}.txt": os.urandom(9000) for n in range(9)} | {"IHE_XDM/S/METADATA.XML": b"<a/>"}),
            "xdm",
        ),
        ("soap.xml", b"<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'/>", "xml"),
        ("notes.txt", b"bonjour", "other"),
        ("rapport.docx", zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "zip"),
    ],
)
def test_kind_is_told_by_the_content(name: str, content: bytes, kind: str) -> None:
    judgement = examine(name, content)
    assert (judgement.kind, judgement.label) == (kind, LABELS[kind])
    assert "file.name" not in rules(judgement)
    assert judgement.judged is (kind in ("cda", "xds", "hl7", "mail", "xdm"))


def test_wrong_namespace_is_not_taken_for_another_xml() -> None:
    judgement = examine("a.xml", b"<ClinicalDocument/>")
    assert (judgement.kind, rules(judgement)) == ("cda", {"gate.root"})


def test_forced_kind_is_obeyed_and_an_unknown_one_refused() -> None:
    assert rules(examine("a.xml", CDA, "pdf")) >= {"pdf.unreadable"}
    assert "gate.not-xml" in rules(examine("a.pdf", b"%PDF-1.4", "cda"))
    with pytest.raises(ValueError, match="vouliez-vous dire «\u00a0mail\u00a0»"):
        examine("a", b"x", "mial")


def test_members_of_an_archive_are_told_where_they_stand() -> None:
    judgement = examine("lot.zip", zipped({"b/lettre.xml": CDA, "notes.txt": b"bonjour"}))
    assert judgement.judged
    places = {(finding.where.source, finding.where.part) for finding in judgement.findings if finding.where}
    assert places == {("lot.zip", "b/lettre.xml"), ("lot.zip", "notes.txt")}


def test_archive_of_nothing_that_can_be_judged() -> None:
    judgement = examine("lot.zip", zipped({"notes.txt": b"bonjour", "photo.png": b"\x89PNG\r\n"}))
    assert (judgement.judged, judgement.symbol, judgement.errors) == (False, "○", ())


def test_mail_without_a_document_is_judged_as_a_message() -> None:
    judgement = examine("a.eml", MAIL)
    assert any("message-id" in rule for rule in rules(judgement))
    assert not any("attachments" in rule for rule in rules(judgement))


def test_mail_that_sends_a_document_is_judged_as_such() -> None:
    judgement = examine("a.eml", MAIL.replace(b"Subject: Bonjour", b"Subject: XDM/1.0/DDM+Lettre EXEMPLE Camille"))
    assert any("attachments" in rule for rule in rules(judgement))


def test_bytes_and_path_are_judged_alike(tmp_path: Path) -> None:
    path = tmp_path / "lettre.xml"
    path.write_bytes(CDA)
    assert examine("lettre.xml", path) == examine("lettre.xml", CDA)


@pytest.fixture(scope="module")
def produced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Produced, Bench]:
    bench = make_bench(Authority(tmp_path_factory.mktemp("pki")))
    return documents.produce(DRAFT, PATIENT, bench, frozenset()), bench


def test_what_a_conforming_software_makes_has_no_error(produced: tuple[Produced, Bench]) -> None:
    document, bench = produced
    for name, content, kind in (
        ("lettre.xml", document.cda, "cda"),
        (document.pdf_name, document.pdf, "pdf"),
        ("IHE_XDM.ZIP", archive(document, DRAFT, PATIENT, bench, frozenset()), "xdm"),
    ):
        judgement = examine(name, content)
        assert (judgement.kind, judgement.errors, judgement.judged) == (kind, (), True)


def test_a_spoilt_member_condemns_the_archive(produced: tuple[Produced, Bench]) -> None:
    document, bench = produced
    whole = archive(document, DRAFT, PATIENT, bench, frozenset())
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    spoilt = {
        name: content.replace(b"<title>", b"<titre>") if name.endswith("01.XML") else content
        for name, content in files.items()
    }
    assert spoilt != files
    assert "gate.well-formed" in rules(examine("IHE_XDM.ZIP", zipped(spoilt)))


@pytest.mark.slow
def test_public_samples(ci_sis_pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agency's own documents: all read, most without an error, none that stops the harness."""
    monkeypatch.setenv(PACK_VARIABLE, str(ci_sis_pack))
    samples = sorted((ci_sis_pack / "ExemplesCDA").glob("*.xml"))
    if not samples:
        pytest.skip("the pack holds no sample documents")
    judged = [examine(path.name, path) for path in samples]
    assert {judgement.kind for judgement in judged} == {"cda"}
    assert all(judgement.judged and not judgement.failed for judgement in judged)
    assert sum(not judgement.errors for judgement in judged) > len(judged) / 2

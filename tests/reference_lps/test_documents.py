"""The documents of the reference LPS: CDA header, PDF/A-1, datamatrix, XDM archive, and the defects that spoil them."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from wire_kit import DRAFT, MATRICULE, OID, PATIENT, Authority, make_bench

from conformance.reference_lps import documents
from conformance.reference_lps.datamatrix import payload
from conformance.reference_lps.types import Bench, Draft, Patient, Produced
from conformance.reference_lps.xdm import archive

HL7 = {"h": "urn:hl7-org:v3"}
RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
NONE: frozenset[str] = frozenset()
RECOVERED = replace(PATIENT, statut="RECUPEREE")
LETTER = replace(DRAFT, type_code="11490-0", title="Lettre de liaison")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(Authority(tmp_path_factory.mktemp("pki")))


@pytest.fixture(scope="module")
def cda_schema() -> etree.XMLSchema:
    here = Path(__file__).resolve()
    pack = Path(os.environ.get("SEGUR_CI_SIS_PACK") or here.parents[3] / "shared" / "data" / "ci-sis")
    schema = pack / "infrastructure" / "cda" / "CDA_extended.xsd"
    if not schema.is_file():
        pytest.skip("the public CI-SIS pack is absent: set SEGUR_CI_SIS_PACK")
    return etree.XMLSchema(file=str(schema))


def make(
    bench: Bench, *defects: str, draft: Draft = DRAFT, patient: Patient = PATIENT
) -> tuple[Produced, etree._Element]:
    produced = documents.produce(draft, patient, bench, frozenset(defects))
    return produced, etree.fromstring(produced.cda)


def values(root: etree._Element, path: str) -> list[str]:
    found = root.xpath(path, namespaces=HL7)
    assert isinstance(found, list)
    return [str(value) for value in found]


def printed(pdf: bytes) -> str:
    import pypdfium2

    page = pypdfium2.PdfDocument(pdf)[0]
    return str(page.get_textpage().get_text_bounded())


def scanned(pdf: bytes, dpi: int = 150) -> list[str]:
    import pypdfium2
    import zxingcpp

    image = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil()
    return [bytes(code.bytes).decode("ascii") for code in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("draft", [DRAFT, LETTER, replace(DRAFT, replaces="2.25.7.1.3")])
@pytest.mark.parametrize("patient", [PATIENT, RECOVERED, replace(PATIENT, nom_utilise="", prenom_utilise="")])
def test_the_cda_follows_the_schema(bench: Bench, cda_schema: etree.XMLSchema, draft: Draft, patient: Patient) -> None:
    _, root = make(bench, draft=draft, patient=patient)
    assert cda_schema.validate(root), cda_schema.error_log


def test_the_schema_sees_the_missing_custodian(bench: Bench, cda_schema: etree.XMLSchema) -> None:
    _, root = make(bench, "prescription-without-custodian")
    assert not cda_schema.validate(root)
    assert not values(root, "//h:custodian")
    _, letter = make(bench, "prescription-without-custodian", draft=LETTER)
    assert letter.find("h:custodian", HL7) is not None


def test_a_qualified_identity_carries_its_ins(bench: Bench) -> None:
    _, root = make(bench)
    role = "/h:ClinicalDocument/h:recordTarget/h:patientRole"
    assert values(root, f"{role}/h:id[@root='{OID}']/@extension") == [MATRICULE]
    assert values(root, f"{role}/h:id[@root!='{OID}']/@extension") == ["pat-1"]
    name = f"{role}/h:patient/h:name"
    assert values(root, f"{name}/h:family[@qualifier='BR']/text()") == ["PAT-TROIS"]
    assert values(root, f"{name}/h:given[@qualifier='BR']/text()") == ["DOMINIQUE"]
    assert values(root, f"{name}/h:given[not(@qualifier)]/text()") == ["DOMINIQUE MARIE-LOUISE"]
    assert values(root, f"{name}/h:*[@qualifier='CL']/text()") == ["PAT-DEUX", "MARIE"]
    assert values(root, f"{role}/h:patient/h:birthTime/@value") == ["19790328"]
    assert values(root, f"{role}/h:patient//h:county/text()") == ["51215"]


def test_a_recovered_identity_leaves_no_trace_of_its_ins(bench: Bench) -> None:
    produced, root = make(bench, patient=RECOVERED)
    head = produced.cda.replace(base64.b64encode(produced.pdf), b"")
    text = printed(produced.pdf)
    for secret in (MATRICULE, MATRICULE[:13], OID):
        assert secret.encode() not in head
        assert secret not in re.sub(r"\s", "", text)
    assert scanned(produced.pdf) == []
    assert values(root, "//h:recordTarget//h:family[@qualifier='BR']/text()") == ["PAT-TROIS"]
    assert "PAT-TROIS" in text


def test_the_matricule_leaves_when_the_defect_says_so(bench: Bench) -> None:
    _, root = make(bench, "ins-matricule-when-not-qualified", patient=RECOVERED)
    assert values(root, f"//h:patientRole/h:id[@root='{OID}']/@extension") == [MATRICULE]


def test_the_body_is_the_pdf_byte_for_byte(bench: Bench) -> None:
    produced, root = make(bench)
    text = root.find(".//h:nonXMLBody/h:text", HL7)
    assert text is not None
    assert (text.get("mediaType"), text.get("representation")) == ("application/pdf", "B64")
    assert base64.b64decode(text.text or "") == produced.pdf


def test_the_pdf_claims_pdf_a_1b_and_is_reproducible(bench: Bench) -> None:
    import pikepdf

    produced, _ = make(bench)
    again, _ = make(bench)
    assert produced.pdf == again.pdf
    with pikepdf.open(io.BytesIO(produced.pdf)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) == ("1", "B")
        assert metadata.get("dc:title") == DRAFT.title
    ordinary, _ = make(bench, "pdf-not-archivable")
    with pikepdf.open(io.BytesIO(ordinary.pdf)) as pdf, pdf.open_metadata() as metadata:
        assert metadata.get("pdfaid:part") is None


def test_the_page_says_who_what_and_when(bench: Bench) -> None:
    text = re.sub(r"\s+", " ", printed(make(bench)[0].pdf))
    for expected in (
        DRAFT.title,
        "Dr Camille EXEMPLE",
        "Le 02/01/2026",
        "Un comprimé matin & soir <5 jours>",
        "Nom de naissance : PAT-TROIS",
        "Premier prénom de naissance : DOMINIQUE",
        "Date de naissance : 28/03/1979",
        "Sexe : F",
        "Matricule INS : 2 79 03 51 215 189 89 (NIR)",
    ):
        assert expected in text
    silent = printed(make(bench, "pdf-without-matricule")[0].pdf)
    assert "Matricule" not in silent
    assert MATRICULE not in re.sub(r"\s", "", silent)


@pytest.mark.parametrize("draft", [DRAFT, LETTER])
def test_the_datamatrix_is_read_back_from_the_page(bench: Bench, draft: Draft) -> None:
    expected = (
        "IS01" + "0" * 22 + "S1279035121518989S21.2.250.1.213.1.4.10"
        "S3DOMINIQUE MARIE-LOUISE\x1dS4PAT-TROIS\x1dS5FS628-03-1979S751215"
    )
    assert scanned(make(bench, draft=draft)[0].pdf) == [expected]


def test_the_short_oid_is_closed_by_a_separator() -> None:
    assert "S21.2.250.1.213.1.4.8\x1dS3" in payload(replace(PATIENT, oid="1.2.250.1.213.1.4.8"))
    assert payload(replace(PATIENT, lieu_naissance="")).endswith("S628-03-1979")
    assert "S3ELEONORE\x1dS4DE L'ISLE\x1d" in payload(replace(PATIENT, prenoms="Éléonore", nom_naissance="De l’Isle"))


def test_the_defects_of_the_datamatrix(bench: Bench) -> None:
    assert scanned(make(bench, "datamatrix-missing")[0].pdf) == []
    (wrong,) = scanned(make(bench, "datamatrix-wrong-birth-date")[0].pdf)
    assert "S629-03-1979" in wrong


def test_the_pdf_name(bench: Bench) -> None:
    assert make(bench)[0].pdf_name == "20260102_Prescription de produits de santé_PAT-TROIS_DOMINIQUE.pdf"
    odd = replace(PATIENT, nom_naissance="D’É/../_x", premier_prenom='A"b')
    assert make(bench, draft=LETTER, patient=odd)[0].pdf_name == (
        "20260102_Lettre de liaison à la sortie d'un établ_D'E-..--X_A-b.pdf"
    )
    assert make(bench, "pdf-bad-file-name")[0].pdf_name == "document.pdf"


def test_a_replacement_belongs_to_the_set_of_the_former_version(bench: Bench) -> None:
    first, before = make(bench)
    second, after = make(bench, draft=replace(DRAFT, replaces=first.unique_id))
    assert values(after, "h:setId/@root") == values(before, "h:setId/@root")
    assert values(after, "h:versionNumber/@value") == ["2"]
    assert values(after, "h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id/@root") == [first.unique_id]
    assert not values(before, "h:relatedDocument")
    assert re.fullmatch(r"2\.25(\.\d+)+", second.unique_id)
    assert len(second.unique_id) <= 64
    assert second.unique_id != first.unique_id
    assert "annule et remplace" in printed(second.pdf)
    mute, _ = make(bench, "mss-replacement-without-mention", draft=replace(DRAFT, replaces=first.unique_id))
    assert "annule et remplace" not in printed(mute.pdf)


def test_the_birth_date_of_the_letter_differs_in_the_header_alone(bench: Bench) -> None:
    produced, root = make(bench, "letter-birth-date-differs", draft=LETTER)
    assert values(root, "//h:recordTarget//h:birthTime/@value") == ["19790329"]
    assert "28/03/1979" in printed(produced.pdf)
    _, prescription = make(bench, "letter-birth-date-differs")
    assert values(prescription, "//h:recordTarget//h:birthTime/@value") == ["19790328"]


def test_hostile_text_is_written_not_interpreted(bench: Bench) -> None:
    text = "#let x = 1 $\x00\x0b]]> &amp; \ud800 😀\n" * 3
    produced, root = make(bench, draft=replace(DRAFT, text=text, title="a\x08<b>\nc"))
    assert values(root, "h:title/text()") == ["a<b> c"]
    assert "#let x = 1 $" in printed(produced.pdf)


def xdm(bench: Bench, *defects: str, draft: Draft = DRAFT) -> tuple[Produced, bytes]:
    produced = documents.produce(draft, PATIENT, bench, NONE)
    return produced, archive(produced, draft, PATIENT, bench, frozenset(defects))


def metadata_of(content: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return etree.fromstring(zipped.read("IHE_XDM/SUBSET01/METADATA.XML"))


def slots(root: etree._Element, name: str) -> list[str]:
    found = root.xpath(f"//r:ExtrinsicObject/r:Slot[@name='{name}']//r:Value/text()", namespaces=RIM)
    assert isinstance(found, list)
    return [str(value) for value in found]


def test_the_archive_holds_what_its_metadata_tells(bench: Bench) -> None:
    produced, content = xdm(bench)
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        names = zipped.namelist()
        assert names == [
            "INDEX.HTM",
            "README.TXT",
            "IHE_XDM/SUBSET01/METADATA.XML",
            "IHE_XDM/SUBSET01/DOC00001.XML",
        ]
        assert {info.date_time for info in zipped.infolist()} == {(2026, 1, 2, 23, 30, 0)}
        assert zipped.read("IHE_XDM/SUBSET01/DOC00001.XML") == produced.cda
    metadata = metadata_of(content)
    assert slots(metadata, "URI") == ["DOC00001.XML"]
    assert slots(metadata, "size") == [str(len(produced.cda))]
    assert slots(metadata, "hash") == [hashlib.sha1(produced.cda).hexdigest()]
    # 23:30 in Paris is 22:30 in Greenwich.
    assert slots(metadata, "creationTime") == slots(metadata, "serviceStartTime") == ["20260102223000"]
    assert slots(metadata_of(xdm(bench, "xdm-wrong-hash")[1]), "hash") == ["0" * 40]


def test_the_metadata_name_the_patient_the_document_and_the_author(bench: Bench) -> None:
    produced, content = xdm(bench, draft=replace(DRAFT, masked_from_professionals=True))
    metadata = metadata_of(content)
    identifiers = metadata.xpath("//r:ExtrinsicObject/r:ExternalIdentifier/@value", namespaces=RIM)
    assert identifiers == [f"{MATRICULE}^^^&{OID}&ISO^NH", produced.unique_id]
    codes = metadata.xpath("//r:ExtrinsicObject/r:Classification/@nodeRepresentation", namespaces=RIM)
    assert codes == [
        "",
        "42",
        "57833-6",
        "urn:ihe:iti:xds-sd:pdf:2008",
        "N",
        "MASQUE_PS",
        "SA07",
        "AMBULATOIRE",
    ]
    persons = set(slots(metadata, "legalAuthenticator"))
    assert persons == {"889990000015^EXEMPLE^Camille^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"}
    assert "Cabinet des Tilleuls^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^499900000000001" in {
        value.text for value in metadata.iter(f"{{{RIM['r']}}}Value")
    }

"""PDF/A-1 claims and visible violations, identity in clear, file names."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import pikepdf
import pytest

from conformance.checks import pdf
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity

Says = Callable[..., Finding]
Errors = Callable[[Iterable[Finding]], list[Finding]]


def changed(content: bytes, change: Callable[[pikepdf.Pdf], object], **options: Any) -> bytes:
    """The PDF with something else in it."""
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        change(document)
        document.save(buffer, fix_metadata_version=False, **options)
    return buffer.getvalue()


def test_the_green_page_shows_no_violation_and_says_the_control_is_partial(printed: bytes) -> None:
    found = list(pdf.archivable("lettre.pdf", printed))
    assert [(finding.rule, finding.severity) for finding in found] == [("pdf.a1.partial", Severity.INFO)]
    assert "veraPDF n’a pas été exécuté" in found[0].message


def test_a_plain_pdf_is_not_archivable(draw: Callable[..., bytes], person: Identity, says: Says) -> None:
    found = list(pdf.archivable("lettre.pdf", draw(person, standard=None)))
    says(found, "pdf.a1.claim", "ne se déclare pas PDF/A-1")
    says(found, "pdf.a1.output-intent", "intention de sortie")
    says(found, "pdf.a1.version", "version que PDF/A-1 ne connaît pas", Severity.WARNING)
    says(found, "pdf.a1.partial", "Contrôle partiel", Severity.INFO)


def test_another_part_of_pdf_a_is_not_the_first(draw: Callable[..., bytes], person: Identity, says: Says) -> None:
    finding = says(pdf.archivable("x.pdf", draw(person, standard="a-2b")), "pdf.a1.claim", "ne se déclare pas PDF/A-1")
    assert finding.observed == "partie 2, niveau B"


def _script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = document.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.Launch, F="x.exe"))


def _attach(document: pikepdf.Pdf) -> None:
    document.attachments["notes.txt"] = b"x"


def _blend(document: pikepdf.Pdf) -> None:
    state = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, ca=0.5))
    document.pages[0].Resources.ExtGState = pikepdf.Dictionary(G0=state)


def _group(document: pikepdf.Pdf) -> None:
    document.pages[0].obj.Group = pikepdf.Dictionary(S=pikepdf.Name.Transparency)


def _layers(document: pikepdf.Pdf) -> None:
    document.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array())


def _bare_font(document: pikepdf.Pdf) -> None:
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    document.pages[0].Resources.Font.F9 = document.make_indirect(font)


def _no_metadata(document: pikepdf.Pdf) -> None:
    del document.Root.Metadata


def _hostile_metadata(document: pikepdf.Pdf) -> None:
    document.Root.Metadata = document.make_stream(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        (_script, "pdf.a1.action", "action interdite"),
        (_launch, "pdf.a1.action", "action interdite"),
        (_attach, "pdf.a1.attachment", "fichiers joints"),
        (_blend, "pdf.a1.transparency", "transparence"),
        (_group, "pdf.a1.transparency", "transparence"),
        (_layers, "pdf.a1.layers", "calques"),
        (_bare_font, "pdf.a1.font", "police du PDF n’est pas incorporée"),
        (_no_metadata, "pdf.a1.claim", "n’a pas de métadonnées XMP"),
        (_hostile_metadata, "pdf.a1.claim", "métadonnées XMP du PDF sont illisibles"),
    ],
)
def test_each_visible_violation_is_told(
    printed: bytes, says: Says, change: Callable[[pikepdf.Pdf], None], rule: str, words: str
) -> None:
    finding = says(pdf.archivable("x.pdf", changed(printed, change)), rule, words)
    assert finding.fix


def test_a_compressed_cross_reference_is_told(printed: bytes, says: Says) -> None:
    packed = changed(printed, lambda _: None, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    says(pdf.archivable("x.pdf", packed), "pdf.a1.xref", "flux comprimé")


def test_an_encrypted_pdf_is_told(printed: bytes, says: Says) -> None:
    closed = changed(printed, lambda _: None, encryption=pikepdf.Encryption(owner="o", user="u"))
    says(pdf.archivable("x.pdf", closed), "pdf.unreadable", "protégé par un mot de passe")
    readable = changed(printed, lambda _: None, encryption=pikepdf.Encryption(owner="o", user=""))
    says(pdf.archivable("x.pdf", readable), "pdf.a1.encryption", "est chiffré")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"%PDF-1.4\n1 0 obj <<", b"<a/>", b"\x00" * 500])
def test_a_hostile_pdf_is_a_finding(content: bytes, person: Identity, says: Says) -> None:
    says(pdf.archivable("x.pdf", content), "pdf.unreadable", "n’est pas un PDF lisible")
    says(pdf.identity_in_clear("x.pdf", content, person), "pdf.unreadable", "n’est pas un PDF lisible")
    assert pdf.text(content) is None
    assert pdf.pages(content) is None


def test_every_truncation_of_a_pdf_is_survived(printed: bytes) -> None:
    for end in range(0, len(printed), max(1, len(printed) // 25)):
        list(pdf.archivable("x.pdf", printed[:end]))


def test_a_page_of_a_hundred_metres_is_drawn_small(printed: bytes) -> None:
    def stretch(document: pikepdf.Pdf) -> None:
        document.pages[0].MediaBox = pikepdf.Array([0, 0, 200_000, 200_000])

    drawn = pdf.pages(changed(printed, stretch))
    assert drawn is not None
    assert drawn[0].width * drawn[0].height <= 41_000_000


def test_the_text_and_the_pages_are_read(printed: bytes, person: Identity) -> None:
    assert person.nom_naissance in (pdf.text(printed) or "")
    drawn = pdf.pages(printed)
    assert drawn is not None
    assert len(drawn) == 1
    assert len(drawn[0].pixels) == drawn[0].width * drawn[0].height


def test_the_green_page_shows_the_identity(printed: bytes, person: Identity) -> None:
    assert list(pdf.identity_in_clear("lettre.pdf", printed, person)) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["D’Arbelay-Exemple", "Marie-Aude", "9 juin 1985", "Sexe féminin", "NIR {m}"],
        ["D'ARBELAY-", "EXEMPLE MARIE-AUDE", "09-06-1985", "Sexe : Nom F", "INS-NIR : {m13} {key}"],
        ["D'ARBELAY-EXEMPLE MARIE-AUDE née le 09.06.1985, femme", "{m} (NIR)"],
    ],
)
def test_common_french_ways_of_writing_are_read(draw: Callable[..., bytes], person: Identity, lines: list[str]) -> None:
    number = person.matricule
    written = [line.format(m=number, m13=number[:13], key=number[13:]) for line in lines]
    assert list(pdf.identity_in_clear("x.pdf", draw(person, lines=written), person)) == []


@pytest.mark.parametrize(
    ("kept", "rule", "words"),
    [
        ((1, 2, 3, 4), "pdf.identity.name", "Le nom de naissance n’apparaît pas"),
        ((0, 2, 3, 4), "pdf.identity.name", "Le premier prénom de naissance n’apparaît pas"),
        ((0, 1, 3, 4), "pdf.identity.birth", "La date de naissance n’apparaît pas"),
        ((0, 1, 2, 4), "pdf.identity.sex", "Le sexe n’apparaît pas"),
        ((0, 1, 2, 3), "pdf.identity.matricule", "Le matricule INS n’apparaît pas"),
        ((0, 1, 2, 3), "pdf.identity.nature", "NIR ou NIA"),
    ],
)
def test_each_missing_trait_is_told(
    draw: Callable[..., bytes],
    person: Identity,
    printed: bytes,
    says: Says,
    kept: tuple[int, ...],
    rule: str,
    words: str,
) -> None:
    lines = (pdf.text(printed) or "").splitlines()
    page = draw(person, lines=[lines[rank] for rank in kept])
    says(pdf.identity_in_clear("x.pdf", page, person), rule, words)


def test_a_page_without_matricule_is_right_when_not_qualified(
    draw: Callable[..., bytes], person: Identity, printed: bytes
) -> None:
    lines = (pdf.text(printed) or "").splitlines()[:4]
    page = draw(person, lines=lines, symbol=None)
    assert list(pdf.identity_in_clear("x.pdf", page, person, qualified=False)) == []


def test_the_wrong_sex_and_a_matricule_without_key_are_told(
    draw: Callable[..., bytes], person: Identity, says: Says
) -> None:
    page = draw(person, lines=["Sexe : M", f"NIR {person.matricule[:13]}"])
    found = list(pdf.identity_in_clear("x.pdf", page, person))
    says(found, "pdf.identity.sex", "n’est pas celui du patient")
    says(found, "pdf.identity.matricule", "sans sa clé")


@pytest.mark.parametrize(
    "name",
    [
        "20260105_Lettre de liaison_D'ARBELAY-EXEMPLE_MARIE-AUDE.pdf",
        "20260105_Lettre de liaison_D-ARBELAY-EXEMPLE_Marie-Aude_000123.pdf",
        "20260105_Lettre_de liaison_TURMELIN_Zélie.PDF",
    ],
)
def test_a_right_file_name_passes(name: str, person: Identity, errors: Errors) -> None:
    assert errors(pdf.file_name(name, person, "2026-01-05", "Lettre de liaison")) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("document.pdf", "n’a pas la forme attendue"),
        ("20260105_Lettre_D'ARBELAY-EXEMPLE_MARIE-AUDE.txt", "n’a pas l’extension"),
        ("20261305_Lettre_D'ARBELAY-EXEMPLE_MARIE-AUDE.pdf", "ne commence pas par une date"),
        ("20260104_Lettre_D'ARBELAY-EXEMPLE_MARIE-AUDE.pdf", "n’est pas celle de l’acte"),
        (f"20260105_{'x' * 41}_D'ARBELAY-EXEMPLE_MARIE-AUDE.pdf", "vide ou trop long"),
        ("20260105_Lettre_AUTRE_MARIE-AUDE.pdf", "ne porte pas le nom du patient"),
        ("20260105_Lettre_D'ARBELAY-EXEMPLE_AUTRE.pdf", "ne porte pas le prénom du patient"),
    ],
)
def test_each_departure_of_a_file_name_is_told(name: str, words: str, person: Identity, says: Says) -> None:
    says(pdf.file_name(name, person, "20260105"), "pdf.file-name", words)


def test_a_name_in_small_letters_or_of_another_type_is_a_warning(person: Identity, says: Says) -> None:
    name = "20260105_Ordonnance_d'Arbelay-Exemple_MARIE-AUDE.pdf"
    found = list(pdf.file_name(name, person, "20260105", "Lettre de liaison"))
    says(found, "pdf.file-name", "majuscules sans accent", Severity.WARNING)
    says(found, "pdf.file-name", "n’est pas celui du document", Severity.WARNING)

"""The files of a laboratory's catalogue: name, columns, codes given back, report of an import."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.checks import catalogue_csv
from conformance.checks.catalogue_csv import BLOCKING, CHAPTERS, MILD
from conformance.model.finding import Finding

Says = Callable[..., Finding]
NAME = "LOINC_1_export_chapitres_20260105.csv"
GREEN = "".join(f"C{n};Biochimie {n};S{n};Glucides\r\n" for n in range(10)).encode()


def test_the_green_file_passes_with_or_without_a_line_of_titles() -> None:
    assert list(catalogue_csv.named(NAME, CHAPTERS)) == []
    assert list(catalogue_csv.shaped(NAME, GREEN, CHAPTERS)) == []
    titles = "Code chapitre;Libellé chapitre;Code sous-chapitre;Libellé sous-chapitre\n"
    for content in (titles.encode() + GREEN, titles.encode("cp1252") + GREEN, b"\xef\xbb\xbf" + GREEN):
        assert len(catalogue_csv.rows(content)) == 10
        assert list(catalogue_csv.shaped(NAME, content, CHAPTERS)) == []


@pytest.mark.parametrize(
    "name", ["LOINC_1_export_chapitres.csv", "LOINC_1_export_chapitres_20261305.csv", "export.csv"]
)
def test_another_name_is_refused(name: str, says: Says) -> None:
    says(catalogue_csv.named(name, CHAPTERS), "loi.catalogue", "nom du fichier")


def test_what_is_short_separated_otherwise_or_empty_is_told(says: Says) -> None:
    says(catalogue_csv.shaped(NAME, GREEN[:60], CHAPTERS), "loi.catalogue", "trop peu de chapitres")
    says(catalogue_csv.shaped(NAME, GREEN.replace(b";", b","), CHAPTERS), "loi.catalogue", "4 colonnes")
    says(catalogue_csv.shaped(NAME, GREEN.replace(b"Biochimie 3", b" "), CHAPTERS), "loi.catalogue", "obligatoire")
    says(catalogue_csv.shaped(NAME, b"\x00\xff", CHAPTERS), "loi.catalogue", "trop peu")


def test_codes_are_given_and_faults_reported(says: Says) -> None:
    held = [{"code": "A1", "loinc": "3016-3"}]
    assert list(catalogue_csv.given("analyses", {"A1": "3016-3"}, held, "analyse")) == []
    says(catalogue_csv.given("analyses", {"A1": "718-7"}, held, "analyse"), "loi.catalogue", "n’est pas affecté")
    says(catalogue_csv.given("analyses", {"A2": "718-7"}, [{}], "analyse"), "loi.catalogue", "analyse A2")
    report = [{"gravite": MILD, "code": "00000-0"}]
    assert list(catalogue_csv.reported("rapport", report, "00000-0", MILD)) == []
    says(catalogue_csv.reported("rapport", report, "00000-0", BLOCKING), "loi.catalogue", "comme il doit l’être")
    says(catalogue_csv.reported("rapport", [], "00000-0", MILD), "loi.catalogue", "ne signale pas")

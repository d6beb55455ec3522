"""The INS datamatrix: read back from a printed page, parsed, compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.checks import datamatrix
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import Identity, nir_key

Says = Callable[..., Finding]
WHERE = Location("page")
GREEN = "IS010000000000000000000000S1279035121518989S21.2.250.1.213.1.4.10S3DOMINIQUE\x1dS4PAT-TROIS\x1dS5FS628-03-1979S751215"


def test_the_green_page_bears_the_identity(printed: bytes, person: Identity) -> None:
    assert list(datamatrix.check("lettre.pdf", printed, person)) == []


def test_the_payload_of_the_specification_is_parsed() -> None:
    shown, findings = datamatrix.parse(GREEN, WHERE)
    assert findings == ()
    person = shown.identity
    assert (person.matricule, person.oid) == ("279035121518989", "1.2.250.1.213.1.4.10")
    assert (person.prenoms, person.nom_naissance, person.sexe) == ("DOMINIQUE", "PAT-TROIS", "F")
    assert (person.date_naissance, person.lieu_naissance) == ("1979-03-28", "51215")


def test_the_place_of_birth_is_optional_and_a_short_oid_asks_for_a_separator() -> None:
    assert datamatrix.parse(GREEN.removesuffix("S751215"), WHERE)[1] == ()
    short = GREEN.replace("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8\x1d")
    assert [finding.rule for finding in datamatrix.parse(short, WHERE)[1]] == ["ins.production"]


@pytest.mark.parametrize(
    ("old", "new", "rule", "words"),
    [
        ("IS01", "IS02", "datamatrix.header", "L’en-tête du datamatrix"),
        ("S1279035121518989", "", "datamatrix.missing", "Le bloc S1 (matricule) manque"),
        ("S4PAT-TROIS\x1d", "", "datamatrix.missing", "Le bloc S4"),
        ("S5F", "S5X", "datamatrix.value", "Le bloc S5"),
        ("28-03-1979", "1979-03-28", "datamatrix.value", "Le bloc S6"),
        ("DOMINIQUE", "dominique", "datamatrix.value", "Le bloc S3"),
        (".4.10", ".4.99", "datamatrix.value", "Le bloc S2"),
        ("18989", "18990", "ins.matricule.key", "La clé du matricule INS est fausse"),
        ("S3DOMINIQUE\x1d", "S9X\x1d", "datamatrix.block", "bloc inconnu"),
        ("DOMINIQUE\x1d", "DOMINIQUE", "datamatrix.missing", "Le bloc S4"),
        ("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8", "datamatrix.separator", "séparateur manque après le bloc S2"),
    ],
)
def test_each_departure_from_the_format_is_told(says: Says, old: str, new: str, rule: str, words: str) -> None:
    assert old in GREEN
    says(datamatrix.parse(GREEN.replace(old, new), WHERE)[1], rule, words)


def test_a_separator_too_many_is_a_warning(says: Says) -> None:
    payload = GREEN.replace("S5F", "S5F\x1d")
    says(datamatrix.parse(payload, WHERE)[1], "datamatrix.separator", "n’en demande pas", Severity.WARNING)


@pytest.mark.parametrize("payload", ["", "IS01", "IS01" + "0" * 22, "\x1d" * 100, "S1", GREEN[:60], "é" * 300])
def test_any_payload_is_survived(payload: str) -> None:
    _, findings = datamatrix.parse(payload, WHERE)
    assert findings


def test_another_person_in_the_symbol_is_told(
    draw: Callable[..., bytes], person: Identity, other: Identity, says: Says
) -> None:
    page = draw(person, symbol=GREEN)
    found = list(datamatrix.check("x.pdf", page, other))
    finding = says(found, "ins.same-identity", "Le trait « date de naissance » diffère entre le datamatrix et")
    assert finding.observed == "1979-03-28"
    assert finding.where is not None
    assert finding.where.path == "page 1, datamatrix"


def test_a_page_without_a_symbol_is_told(draw: Callable[..., bytes], person: Identity, says: Says) -> None:
    page = draw(person, symbol=None)
    says(datamatrix.check("x.pdf", page, person), "datamatrix.absent", "n’a pas de datamatrix INS lisible")
    assert list(datamatrix.absent("x.pdf", page)) == []


def test_another_kind_of_datamatrix_is_not_the_ins(draw: Callable[..., bytes], person: Identity, says: Says) -> None:
    page = draw(person, symbol="DC04FR000001")
    finding = says(datamatrix.check("x.pdf", page, person), "datamatrix.absent", "n’a pas de datamatrix INS")
    assert finding.observed == "1 datamatrix, aucun au format INS"


def test_a_symbol_that_should_not_be_there_is_told(printed: bytes, says: Says) -> None:
    says(datamatrix.absent("x.pdf", printed), "datamatrix.leak", "alors que l’identité n’est pas qualifiée")


def test_a_symbol_on_the_second_page_is_a_warning(draw: Callable[..., bytes], person: Identity, says: Says) -> None:
    page = draw(person, before="Page de garde #pagebreak()")
    says(datamatrix.check("x.pdf", page, person), "datamatrix.page", "pas sur la première page", Severity.WARNING)


def test_long_names_are_cut_as_the_format_asks(draw: Callable[..., bytes], person: Identity) -> None:
    names = " ".join(["MARIE-AUDE", *["GENEVIEVE"] * 12])
    long = person.with_(prenoms=names)
    stem = f"S1{long.matricule}S2{long.oid}S3{names[:100]}S4{long.nom_naissance}\x1dS5FS609-06-1985"
    page = draw(long, symbol=datamatrix.HEADER + stem)
    assert list(datamatrix.check("x.pdf", page, long)) == []


def test_a_hostile_pdf_is_a_finding(person: Identity, says: Says) -> None:
    says(datamatrix.check("x.pdf", b"%PDF-1.4 rien", person), "pdf.unreadable", "n’est pas un PDF lisible")
    says(datamatrix.absent("x.pdf", b""), "pdf.unreadable", "n’est pas un PDF lisible")


def test_the_key_is_the_one_of_the_number() -> None:
    assert nir_key("2790351215189") == "89"

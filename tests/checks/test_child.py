"""Reports of the child's examinations: their title, their level, their fields, filled or left empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.checks import child
from conformance.model.finding import Finding, Severity
from conformance.validation import gate
from tests.checks.pieces import pdf, told

Open = Callable[[str], gate.Document]
Says = Callable[..., Finding]
VALUES = {"poids": "valeurun", "vision": "valeurdeux", child.SYNTHESIS: "valeurtrois"}
HEADING = "Examen somatique et synthèse de la consultation"
FULL = ("Poids : valeurun", "Vision", "valeurdeux", f"{HEADING} : valeurtrois", "Texte libre : librement")
EMPTY = ("Poids :", "Vision", f"{HEADING} :", "Texte libre :")
WHOLE = {**VALUES, "texte": "librement"}


def titled(title: str, body: str = "<nonXMLBody/>", root: str = "1.2.3") -> str:
    return (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="{root}"/><title>{title}</title>'
        f"<component>{body}</component></ClinicalDocument>"
    )


@pytest.mark.parametrize(
    ("examination", "title"),
    [
        ("2M", "Compte rendu de l’examen du 2e mois"),
        ("4M", "Examen du quatrième mois"),
        ("9M", "EXAMEN DU 9ÈME MOIS"),
        ("24M", "Examen au cours du 24e mois"),
        ("3A", "Examen de la troisième année"),
        ("4A", "Examen de la 4e année"),
        ("6A", "Examen de la 6ème année (6 ans)"),
        ("8-9A", "Examen entre 8 et 9 ans"),
        ("11-13A", "Examen 11-13 ans"),
        ("15-16A", "Examen entre 15 ans et 16 ans"),
    ],
)
def test_a_title_names_its_examination_and_no_other(opened: Open, examination: str, title: str) -> None:
    document = opened(titled(title))
    assert list(child.named(document, examination)) == []
    others = [key for key in child.EXAMINATIONS if key != examination]
    assert all(list(child.named(document, other)) for other in others)


def test_a_title_without_examination_or_with_two_is_told(opened: Open, says: Says) -> None:
    bare = says(child.named(opened(titled("Compte rendu d’examen de l’enfant")), "9M"), "cse.title", "titre")
    assert "9e mois" in str(bare.expected)
    says(child.named(opened(titled("Examens du 9e mois et du 24e mois")), "9M"), "cse.title", "titre")
    says(child.named(opened('<ClinicalDocument xmlns="urn:hl7-org:v3"/>'), "9M"), "cse.title", "titre")


def test_the_level_and_the_identifiers_of_the_reports(opened: Open, says: Says) -> None:
    one, two = opened(titled("a")), opened(titled("b", root="1.2.4"))
    assert list(child.level_one(one)) == list(child.distinct([one, two])) == []
    says(child.level_one(opened(titled("a", "<structuredBody/>"))), "cse.n1", "niveau 1")
    says(child.distinct([one, one]), "cse.distinct", "même identifiant")


def test_a_refusal_of_an_empty_report_is_told(says: Says) -> None:
    assert list(child.produced(201, "3A")) == []
    says(child.produced(409, "3A"), "cse.mandatory", "laissé vide")


def test_the_fields_of_the_form_and_the_free_text(says: Says) -> None:
    assert told(child.tells("cr.pdf", pdf(*FULL), VALUES, "librement")) == []
    short = pdf("Poids : valeurun", "Vision")
    says(child.tells("cr.pdf", short, VALUES, "librement"), "cse.field", "examen somatique")
    says(child.tells("cr.pdf", short, VALUES, "librement"), "cse.field", "texte libre")
    # The list of the Cerfa is not at hand: what is supposed of it only warns.
    says(child.tells("cr.pdf", short, VALUES, "librement"), "cse.field", "la vision", Severity.WARNING)
    says(child.tells("cr.pdf", b"%PDF-", VALUES, "librement"), "pdf.unreadable", "PDF lisible")


def test_the_label_of_an_empty_field_is_kept(says: Says) -> None:
    full = ("plein.pdf", pdf(*FULL))
    assert told(child.keeps_empty_fields(full, ("vide.pdf", pdf(*EMPTY)), WHOLE)) == []
    finding = says(
        child.keeps_empty_fields(full, ("vide.pdf", pdf("Poids :", HEADING, "Texte libre")), WHOLE),
        "cse.pdf.empty",
        "champ laissé vide",
    )
    assert finding.expected == "Vision"
    several = pdf("Poids : valeurun Taille : valeurdeux")
    pair = {"poids": "valeurun", "taille": "valeurdeux"}
    # One field left empty beside another one that is not, on the same line.
    kept = child.keeps_empty_fields(("a.pdf", several), ("b.pdf", pdf("Poids : valeurun Taille :")), pair)
    assert told(kept) == []
    lost = child.keeps_empty_fields(("a.pdf", several), ("b.pdf", pdf("Poids : valeurun")), pair)
    assert says(lost, "cse.pdf.empty", "champ laissé vide").expected == "Taille"
    missing = child.keeps_empty_fields(("plein.pdf", pdf(*FULL[:-1])), ("vide.pdf", pdf(*EMPTY)), WHOLE)
    says(missing, "cse.field", "texte libre")
    says(child.keeps_empty_fields(full, ("vide.pdf", b""), WHOLE), "pdf.unreadable", "PDF lisible")

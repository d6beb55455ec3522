"""Documents produits : CDA de niveau 1, PDF/A-1, identité et datamatrix INS."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, cda, datamatrix, ins, pdf
from conformance.checks.cda import volet
from conformance.checks.pdf import shows
from conformance.drivers.people import People
from conformance.drivers.produced import Produced, ProducedDocument
from conformance.drivers.software import LETTER, MAIN, PRESCRIPTION, Software

NOTICE = (
    "Vos données de santé sont traitées par cet établissement d’essai ; vous pouvez y accéder et les faire rectifier."
)


@verifies("DOC/va1.01.01")
def test_document_is_a_well_named_archivable_pdf(produced: Produced) -> None:
    """Le document que produit la profession est un PDF/A-1 nommé selon le référentiel socle MSSanté."""
    for document in produced.documents(MAIN):
        require(pdf.archivable(document.pdf.name, document.pdf.content))
        require(pdf.file_name(document.pdf.name, document.identity, document.act_date))


@verifies("DOC/va1.10.01")
def test_prescription_is_a_sound_cda(produced: Produced) -> None:
    """La prescription est un CDA de niveau 1 autour d’un PDF/A-1, avec la bonne INS."""
    for document in produced.documents(PRESCRIPTION):
        sound(document)
        require(pdf.archivable(document.encapsulated.name, document.encapsulated.content))


@verifies("DOC/va1.04.01")
def test_letter_is_a_sound_cda_with_its_datamatrix(produced: Produced) -> None:
    """La lettre est un CDA de niveau 1 dont le PDF porte le datamatrix INS du patient."""
    for document in produced.documents(LETTER):
        sound(document)
        require(datamatrix.check(document.encapsulated.name, document.encapsulated.content, document.identity))


@verifies("DOC/va1.16.01", "DOC/va1.27.01")
def test_the_report_encapsulates_its_pdf(produced: Produced) -> None:
    """Le compte rendu est un CDA de niveau 1 dont le PDF/A-1 encapsulé se décode."""
    encapsulates(produced, MAIN)


@verifies("DOC/va1.08.01")
def test_the_prescription_encapsulates_its_pdf(produced: Produced) -> None:
    """L’ordonnance est un CDA de niveau 1 dont le PDF/A-1 encapsulé se décode."""
    encapsulates(produced, PRESCRIPTION)


@verifies("DOC.01.01")
def test_the_letter_encapsulates_its_pdf(produced: Produced) -> None:
    """La lettre est un CDA de niveau 1 dont le PDF/A-1 encapsulé se décode."""
    encapsulates(produced, LETTER)


@verifies("DOC/va1.07.01")
def test_the_header_bears_the_ins(produced: Produced) -> None:
    """L’en-tête du document d’une identité qualifiée porte son INS, et les traits de la même personne."""
    for document in produced.documents(MAIN):
        judged = document.document
        require(
            behaviour.type_is(judged, document.type_code),
            ins.traits(judged),
            ins.same_identity(ins.identity_of(judged), document.identity, complete=True),
        )


@verifies("DOC/va1.03.01")
def test_the_patient_notice_stands_at_the_bottom(software: Software, people: People) -> None:
    """Le texte d’information du patient, tel qu’il est réglé, figure au bas de la lettre."""
    software.do("regler", mention_information_patient=NOTICE)
    printed = software.pdf(software.write(software.qualified(people.one()), LETTER))
    require(shows.at_the_bottom(printed.name, printed.content, NOTICE, "RGPD, articles 13 et 14"))


def encapsulates(produced: Produced, part: str) -> None:
    """The level 1 that plays that part is sound on every tier, and holds a PDF/A-1."""
    for document in produced.documents(part):
        require(
            cda.judge(document.document),
            behaviour.type_is(document.document, document.type_code),
            volet.told(document.document),
        )
        require(pdf.archivable(document.encapsulated.name, document.encapsulated.content))


def sound(document: ProducedDocument) -> None:
    """The header, the body and the identity of a CDA level 1 are sound; everything is said at once."""
    judged = document.document
    require(
        [
            *cda.judge(judged),
            *behaviour.type_is(judged, document.type_code),
            *ins.traits(judged),
            *ins.same_identity(ins.identity_of(judged), document.identity, complete=True),
        ]
    )

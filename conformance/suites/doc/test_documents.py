"""Documents produits : CDA de niveau 1, PDF/A-1, identité et datamatrix INS."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, cda, datamatrix, ins, pdf
from conformance.drivers.produced import Produced, ProducedDocument
from conformance.drivers.software import LETTER, MAIN, PRESCRIPTION


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

"""Ce que l’INS laisse voir dehors : le papier d’une identité qualifiée, rien pour une autre."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import datamatrix, ins, pdf
from conformance.drivers.people import People
from conformance.drivers.produced import Produced
from conformance.drivers.services import MssService
from conformance.drivers.software import LETTER, Software

PEER = "confrere@autre.mssante.test"


@verifies("INS/va1.03.01")
def test_the_printed_page_bears_the_datamatrix(produced: Produced) -> None:
    """Le document imprimé d’une identité qualifiée porte un datamatrix INS qui dit la même identité."""
    for document in produced.documents(LETTER):
        require(datamatrix.check(document.pdf.name, document.pdf.content, document.identity))


@verifies("INS/va1.15.01")
def test_the_printed_page_shows_the_identity(produced: Produced) -> None:
    """Le document imprimé montre en clair les traits, le matricule et sa nature."""
    for document in produced.documents(LETTER):
        require(pdf.identity_in_clear(document.pdf.name, document.pdf.content, document.identity))


@verifies("INS/va1.53")
def test_no_matricule_leaves_without_qualification(software: Software, mss: MssService, people: People) -> None:
    """Ni matricule ni OID ne sortent pour une identité seulement récupérée : CDA, PDF, datamatrix, courriel."""
    person = people.one()
    document = software.write(software.recovered(person), LETTER)
    made, printed = software.cda(document), software.pdf(document)
    sent = software.send(document, "mss-professionnel", PEER)
    mail = mss.mail(message_id=sent.get("message_id"))
    require(
        [
            *ins.no_matricule(made.name, made.content, person),
            *ins.no_matricule(printed.name, printed.content, person, text=pdf.text(printed.content)),
            *datamatrix.absent(printed.name, printed.content),
            *ins.no_matricule(f"courriel {mail.number}", mail.request.body, person),
        ]
    )

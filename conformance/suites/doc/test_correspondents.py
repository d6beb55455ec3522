"""Ceux à qui un document est destiné, et celui qui l’a demandé : dans l’en-tête CDA et dans le PDF."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks.cda import correspondents
from conformance.checks.pdf import shows
from conformance.drivers.drafts import COLLEAGUE, REQUESTER
from conformance.drivers.people import People
from conformance.drivers.produced import Produced
from conformance.drivers.software import MAIN, Software

RECIPIENTS = (REQUESTER, COLLEAGUE)
SOURCE = "REM, section DOC ; CI-SIS, volet Structuration minimale"


@verifies("DOC/va1.06.01", "DOC/va1.15.01", "DOC/va1.26.01")
def test_every_recipient_is_named(software: Software, produced: Produced, people: People) -> None:
    """Tous les destinataires choisis sont nommés dans l’en-tête CDA et dans le PDF."""
    person = people.one()
    document = software.write(software.qualified(person), MAIN, destinataires=list(RECIPIENTS))
    made = produced.made(document, software.type_of(MAIN), person)
    names = [f"{one['prenom']} {one['nom']}" for one in RECIPIENTS]
    require(
        correspondents.recipients(made.document, RECIPIENTS),
        shows.shows(made.pdf.name, made.pdf.content, names, "Un destinataire", SOURCE),
    )


@verifies("DOC/va1.17.01", "DOC/va1.28.01")
def test_the_address_of_the_requester_is_in_the_header(software: Software, produced: Produced, people: People) -> None:
    """L’en-tête du compte rendu porte, à la place prévue, l’adresse MSSanté du demandeur."""
    person = people.one()
    document = software.write(software.qualified(person), MAIN, demandeur=REQUESTER)
    made = produced.made(document, software.type_of(MAIN), person)
    require(correspondents.requester(made.document, REQUESTER))

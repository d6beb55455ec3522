"""Compte rendu d’imagerie : ce qu’il dit de sa validation, son code, l’annonce qui doit le précéder."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, dmp_flow, xds
from conformance.checks.cda import validation
from conformance.drivers.people import People
from conformance.drivers.produced import Produced
from conformance.drivers.services import DmpService, MssService
from conformance.drivers.software import MAIN, Software
from conformance.outcomes import legible

CODE = "18748-4"
HIDDEN = ("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")


@verifies("CRI/va1.01.01")
def test_the_report_says_who_validated_it_and_when(produced: Produced) -> None:
    """Le PDF montre le statut validé, la date, l’heure et le RPPS du validateur que l’en-tête CDA désigne."""
    for document in produced.documents(MAIN):
        printed = document.encapsulated
        require(validation.dated_to_the_minute(document.document))
        require(validation.printed(document.document, printed.name, printed.content))


@verifies("CRI/va1.07.01")
def test_the_report_has_the_code_of_imaging_reports(produced: Produced) -> None:
    """Le compte rendu d’imagerie est codé 18748-4 en LOINC."""
    for document in produced.documents(MAIN):
        require(behaviour.type_is(document.document, CODE))


@verifies("CRI/va1.02.01")
def test_an_announcement_hides_the_report_from_the_patient(
    software: Software, dmp: DmpService, mss: MssService, people: People
) -> None:
    """Tant que l’annonce est à faire, le compte rendu est invisible au patient dans le DMP et ne lui part pas."""
    person = people.one()
    dmp.open(person)
    patient = software.qualified(person)
    plain = software.send(software.write(patient, MAIN), "mss-patient")
    mss.mail(message_id=plain.get("message_id"))
    document = software.write(patient, MAIN, annonce=True)
    software.do("deposer_dmp", id=document)
    deposit = legible(xds.deposit(dmp.exchange(person, "TD2.1"))).submission
    require(xds.confidentiality(deposit, HIDDEN))
    before = len(mss.mails())
    software.ask("envoyer_document", id=document, canal="mss-patient", destinataire=None, boite="personnelle")
    mss.silence()
    require(behaviour.none_sent(mss.mails()[before:]))


@verifies("CRI/va1.03.01")
def test_the_announcement_opens_the_report_to_the_patient(
    software: Software, dmp: DmpService, mss: MssService, people: People
) -> None:
    """L’annonce enregistrée, le compte rendu devient visible du patient dans le DMP et lui part par MSSanté."""
    person = people.one()
    dmp.open(person)
    document = software.write(software.qualified(person), MAIN, annonce=True)
    software.do("deposer_dmp", id=document)
    deposited = legible(xds.deposit(dmp.exchange(person, "TD2.1"))).submission
    box = f"{person.matricule}@patient.mssante.fr"
    software.ask("envoyer_document", id=document, canal="mss-patient", destinataire=None, boite="personnelle")
    require(xds.confidentiality(deposited, HIDDEN), behaviour.none_sent(mss.mails(recipient=box)))
    software.do("annoncer_document", id=document)
    dmp.arrivals(person, "TD3.3b")
    mails = mss.mails_after(0)
    require(
        dmp_flow.shown_to_patient(dmp.exchanges(person)),
        behaviour.written_to([mail for mail in mails if box in mail.keys], box),
    )
    update = legible(xds.deposit(dmp.exchange(person, "TD3.3b"))).submission
    require(xds.confidentiality(update, ()), xds.revises(update, deposited.entries[0].id))

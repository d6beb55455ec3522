"""Traces : ce que les journaux exportés par le logiciel doivent contenir."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import logs
from conformance.drivers.people import People
from conformance.drivers.services import VERIFICATION, InsiService, MssService
from conformance.drivers.software import MAIN, Software

SECOND_USER = "89990000023"
"""A second professional's RPPS, invented, to see that traces tell users apart."""


@verifies("INS/va1.38.02")
def test_recovery_calls_are_traced(software: Software, insi: InsiService, people: People) -> None:
    """Chaque appel de récupération par traits est tracé, avec la date et le code rendu."""
    found, unknown = people.one(), people.one()
    insi.answers(found)
    insi.answers(unknown, code="01")
    for person in (found, unknown):
        software.search_ins(software.create(person))
    calls = [insi.call(found), insi.call(unknown)]
    require(logs.traced(journal(software, "insi"), calls))


@verifies("INS/va1.35.02")
def test_what_insi_returned_is_traced(software: Software, insi: InsiService, people: People) -> None:
    """La trace d’une réponse 00 garde le matricule, l’OID, l’historique et les traits rendus."""
    person = people.one()
    insi.answers(person, history=[{"matricule": people.one().matricule, "oid": person.oid}])
    software.search_ins(software.create(person))
    require(logs.returned(journal(software, "insi"), [insi.call(person)]))


@verifies("INS/va1.06.01")
def test_verification_calls_are_traced(software: Software, insi: InsiService, people: People) -> None:
    """Chaque appel de vérification est tracé avec son retour."""
    person = people.one()
    patient = software.qualified(person)
    software.verify_ins(patient)
    require(logs.traced(journal(software, "insi"), [insi.call(person, VERIFICATION)]))


@verifies("INS/va1.63.01")
def test_both_outcomes_of_a_verification_are_traced(software: Software, insi: InsiService, people: People) -> None:
    """Les retours OK comme les retours KO de la vérification sont tracés."""
    calls = []
    for ok in (True, False):
        person = people.one()
        patient = software.qualified(person)
        insi.verifies(person, ok=ok)
        software.verify_ins(patient)
        calls.append(insi.call(person, VERIFICATION))
    require(logs.traced(journal(software, "insi"), calls))


@verifies("INS/va1.49.01")
def test_callers_are_traced(software: Software, insi: InsiService, people: People) -> None:
    """La trace de chaque appel dit quel utilisateur l’a fait."""
    first, second = people.one(), people.one()
    for person, user in ((first, None), (second, SECOND_USER)):
        insi.answers(person)
        software.search_ins(software.create(person), user)
    lines = journal(software, "insi")
    require(logs.callers(lines, [insi.call(first)]), logs.callers(lines, [insi.call(second)], {SECOND_USER}))


@verifies("INS/va1.39.01")
def test_access_to_the_ins_is_traced(software: Software, people: People) -> None:
    """Consulter la fiche d’un patient qui porte une INS laisse une trace : date, heure, utilisateur."""
    patient = software.qualified(people.one())
    before = len(journal(software, "acces"))
    software.do("lire_patient", SECOND_USER, id=patient)
    require(logs.accesses(journal(software, "acces")[before:], patient, {SECOND_USER}))


@verifies("INS/va1.27.01")
def test_changes_are_traced(software: Software, people: People) -> None:
    """Modifier une identité laisse une trace : date, heure, nature de la modification, utilisateur."""
    patient = software.create(people.one())
    before = len(journal(software, "modifications"))
    software.do("modifier_patient", SECOND_USER, id=patient, prenom_utilise="DOMINIQUE")
    require(logs.modifications(journal(software, "modifications")[before:], patient, {SECOND_USER}))


@verifies("INS/va1.46.01")
def test_exchanges_that_carry_the_ins_are_traced(software: Software, mss: MssService, people: People) -> None:
    """Envoyer un document qui porte l’INS laisse une trace : date, utilisateur, destinataire."""
    patient = software.qualified(people.one())
    document = software.write(patient, MAIN)
    sent = software.send(document, "mss-patient")
    mss.mail(message_id=sent.get("message_id"))
    require(logs.exchanges(journal(software, "echanges"), patient))


def journal(software: Software, name: str) -> list[logs.Line]:
    """The lines of one of the journals the software exports."""
    return logs.lines_of(software.do(f"exporter_journal_{name}"))

"""Demandes d’actes d’imagerie : leur numéro au dépôt, et le passage d’une demande à ses comptes rendus, dans les deux sens."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, imaging, xds
from conformance.checks.xds.references import Reference, references
from conformance.drivers.people import People
from conformance.drivers.services import DmpService
from conformance.drivers.software import Software
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.outcomes import NotRun, legible
from conformance.suites.dmp.test_consultation import reader

ORDER, REPORT = "55115-0", "18748-4"
CONTENT = {"modalite": "CT", "region": "302551006", "justification": "Toux persistante, demande d’essai."}
AUTHORITY, OTHER_AUTHORITY = "1.2.250.1.213.1.4.10.900.1", "1.2.250.1.213.1.4.10.900.2"
"""OIDs of the arc of tests: those of two structures that number their orders."""


def published(software: Software, dmp: DmpService, person: Identity, patient: str) -> tuple[str, xds.Deposit]:
    """An order written and deposited in the DMP: its uniqueId, and the lot."""
    order = software.write_type(patient, ORDER, forme="N3", contenu=CONTENT)
    software.do("deposer_dmp", id=order)
    exchange = dmp.exchange(person, "TD2.1")
    require(behaviour.accepted_by_dmp(exchange))
    return str(software.document(order)["unique_id"]), legible(xds.deposit(exchange))


@verifies("DB/LGC.01")
def test_orders_are_published_under_numbers_of_their_own(software: Software, dmp: DmpService, people: People) -> None:
    """Chaque demande publiée porte un Order Placer Number unique et son autorité, dans l’en-tête CDA et les métadonnées."""
    first, second = people.one(), people.one()
    deposits = []
    for person, count in ((first, 2), (second, 1)):
        dmp.open(person)
        patient = software.qualified(person)
        deposits += [published(software, dmp, person, patient)[1] for _ in range(count)]
    require(*(imaging.numbered(deposit) for deposit in deposits), imaging.distinct(deposits))


@verifies("DB/LGC.03")
def test_an_order_of_ours_leads_to_its_report_and_back(software: Software, dmp: DmpService, people: People) -> None:
    """D’une demande du logiciel à son compte rendu, et retour, par une recherche au DMP sur l’Order Placer Number."""
    person = people.one()
    patient = reader(software, dmp, person)
    order, deposit = published(software, dmp, person, patient)
    numbers = [one for entry in deposit.submission.documents for one in references(entry) if one.authority]
    if not numbers:
        raise NotRun("la demande déposée ne porte pas d’Order Placer Number : il n’y a rien à chercher")
    both_ways(software, dmp, person, patient, order, numbers[0])


@verifies("DB/RIS.16", "DB/DPI.04")
def test_an_order_of_the_dmp_leads_to_its_report_and_back(software: Software, dmp: DmpService, people: People) -> None:
    """D’une demande du DMP à son compte rendu, et retour, par une recherche au DMP sur l’Order Placer Number."""
    person = people.one()
    patient = reader(software, dmp, person)
    number = Reference(AUTHORITY, f"DA{person.matricule[:13]}")
    both_ways(software, dmp, person, patient, order_of_others(dmp, person, "demande", number), number)


def both_ways(
    software: Software, dmp: DmpService, person: Identity, patient: str, order: str, number: Reference
) -> None:
    """From the order to its report, then back; others stand by, whose number or authority alone is the same."""
    report = report_of_others(dmp, person, "compte rendu", number)
    report_of_others(dmp, person, "compte rendu d’une autre structure", Reference(OTHER_AUTHORITY, number.value))
    order_of_others(dmp, person, "autre demande", Reference(number.authority, f"{number.value}9"))
    for start, end in ((order, report), (report, order)):
        before = len(dmp.exchanges(person, "TD3.1"))
        answer = software.do("retrouver_documents_lies", id=patient, document=start)
        queries: list[Exchange] = dmp.exchanges(person, "TD3.1")[before:]
        require(imaging.asked(queries, number), imaging.linked(answer, end, start))


def order_of_others(dmp: DmpService, person: Identity, name: str, number: Reference) -> str:
    """An order that somebody else deposited."""
    kind = {"type_code": ORDER, "title": "Demande d’actes d’imagerie", "class_code": "42"}
    return dmp.holds(person, name, orders=((number.authority, number.value),), **kind)


def report_of_others(dmp: DmpService, person: Identity, name: str, number: Reference) -> str:
    """An imaging report that somebody else deposited, which answers that order."""
    kind = {"type_code": REPORT, "title": "Compte rendu d’imagerie", "class_code": "31"}
    return dmp.holds(person, name, orders=((number.authority, number.value),), **kind)

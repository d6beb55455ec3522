"""Comptes rendus d’imagerie : ce qui les rattache aux demandes et aux examens, dans l’en-tête et dans les métadonnées."""

from __future__ import annotations

from typing import Any

from conformance import require, verifies
from conformance.checks import behaviour, imaging_links, imaging_report, xds
from conformance.checks.imaging_report import Expected
from conformance.checks.xds.references import Reference
from conformance.drivers.people import People
from conformance.drivers.produced import Produced
from conformance.drivers.services import DmpService
from conformance.drivers.software import Software
from conformance.model.identity import Identity
from conformance.outcomes import legible
from conformance.suites.db.test_orders import AUTHORITY, OTHER_AUTHORITY, REPORT
from conformance.validation.gate import Document, open_document

CHEST = {"acte": "ZBQH001", "modalite": "CT", "region": "67734004"}
BREAST = {"acte": "QEQK004", "modalite": "MG", "region": "76752008"}
NAMES = {"acte": "acte", "modalite": "modalité", "region": "région anatomique"}


def of(person: Identity, *authorities: str) -> list[Reference]:
    """Orders that somebody else numbered, one an authority."""
    return [Reference(authority, f"DA{person.matricule[:13]}") for authority in authorities]


def content(orders: list[Reference], *acts: dict[str, str]) -> dict[str, Any]:
    """What a report answers and tells of, in the words of the Pilote LPS API; no order at all stands for one without number."""
    asked = [{"autorite": one.authority, "numero": one.value} for one in orders]
    return {"demandes": asked or [{}], "actes": list(acts)}


def expected(orders: list[Reference], *acts: dict[str, str]) -> Expected:
    """What such a report must say."""
    codes = {label: frozenset(act[key] for act in acts) for key, label in NAMES.items()}
    return Expected(frozenset(orders), codes, len(acts))


def written(software: Software, patient: str, orders: list[Reference], *acts: dict[str, str]) -> tuple[str, Document]:
    """A report written and validated: its id, and its CDA."""
    document = software.write_type(patient, REPORT, contenu=content(orders, *acts))
    made = software.cda(document)
    return document, legible(open_document(made.name, made.content))


@verifies("DB/RIS.08")
def test_the_header_ties_the_report_to_orders_and_exams(software: Software, people: People) -> None:
    """L’en-tête porte les demandes, les demandes RIS, les examens, leurs modalités, leurs régions et leurs actes."""
    person = people.one()
    patient = software.qualified(person)
    for orders, acts in ((of(person, AUTHORITY), [CHEST]), (of(person, AUTHORITY, OTHER_AUTHORITY), [CHEST, BREAST])):
        _, document = written(software, patient, orders, *acts)
        require(imaging_report.in_header(document, expected(orders, *acts)))


@verifies("DB/RIS.09")
def test_the_metadata_of_the_report_repeat_its_header(software: Software, dmp: DmpService, people: People) -> None:
    """Le dépôt au DMP porte les identifiants et les codes de l’en-tête, pour un examen puis pour plusieurs."""
    person = people.one()
    dmp.open(person)
    patient = software.qualified(person)
    for orders, acts in ((of(person, AUTHORITY), [BREAST]), (of(person, AUTHORITY, OTHER_AUTHORITY), [CHEST, BREAST])):
        document, _ = written(software, patient, orders, *acts)
        software.do("deposer_dmp", id=document)
        exchange = dmp.exchange(person, "TD2.1")
        require(behaviour.accepted_by_dmp(exchange))
        deposit = legible(xds.deposit(exchange))
        for entry in deposit.submission.documents:
            sent = legible(open_document(entry.id, deposit.documents.get(entry.id, b"")))
            require(imaging_report.in_metadata(sent, entry, expected(orders, *acts)))


@verifies("DB/RIS.03")
def test_an_order_without_a_number_is_given_one(software: Software, people: People) -> None:
    """Une demande reçue sans Order Placer Number en reçoit un, unique ; celle qui en a un le garde."""
    person = people.one()
    patient = software.qualified(person)
    given = of(person, AUTHORITY)
    require(imaging_report.kept(written(software, patient, given, CHEST)[1], given[0]))
    without = [written(software, one, [], CHEST)[1] for one in (patient, patient, software.qualified(people.one()))]
    require(imaging_report.attributed(without))


@verifies("DB/RIS.05")
def test_every_request_has_an_accession_number_of_its_own(software: Software, people: People) -> None:
    """Chaque demande RIS a son Accession Number, même pour une même demande d’actes."""
    person = people.one()
    patient = software.qualified(person)
    same, two = of(person, AUTHORITY), of(person, AUTHORITY, OTHER_AUTHORITY)
    made = [written(software, patient, orders, CHEST)[1] for orders in (same, same, two)]
    require(imaging_report.distinct_requests(made))


@verifies("DB/RIS.07")
def test_every_exam_has_a_study_instance_uid_of_its_own(software: Software, people: People) -> None:
    """Chaque examen a son Study Instance UID, un OID de moins de 64 caractères."""
    person = people.one()
    patient = software.qualified(person)
    made = [written(software, patient, of(person, AUTHORITY), *acts)[1] for acts in ([CHEST], [CHEST], [CHEST, BREAST])]
    require(imaging_report.distinct_studies(made))


@verifies("DB/RIS.11")
def test_the_report_leads_to_its_images(software: Software, produced: Produced, people: People) -> None:
    """Le compte rendu porte l’adresse des images de ses examens et un QR code qui la redonne."""
    person = people.one()
    document, _ = written(software, software.qualified(person), of(person, AUTHORITY), CHEST, BREAST)
    made = produced.made(document, REPORT, person)
    require(imaging_links.linked(made.document, made.encapsulated.name, made.encapsulated.content))

"""Alimentation automatique du DMP : dès la validation, sans geste, et jamais quand elle est bloquée ou refusée."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance import require, verifies
from conformance.checks import dmp_flow, xds
from conformance.checks.cda import status
from conformance.drivers.people import People
from conformance.drivers.services import DmpService
from conformance.drivers.software import MAIN, Software
from conformance.model.identity import Identity
from conformance.simulators.dmp import seed
from conformance.simulators.dmp.seed import Author, Seed
from conformance.simulators.people import ORGANISATION, PROFESSIONAL
from conformance.suites.dmp.test_life_cycle import sound_deposit


@pytest.fixture
def automatic(software: Software) -> Iterator[Software]:
    """The software, set to feed the DMP by itself; one that always does so has no such setting to offer."""
    with software.setting("dmp_automatique", True, False, needed=False):
        yield software


@verifies("DMP/va1.13.01")
def test_a_validated_report_is_deposited_at_once(automatic: Software, dmp: DmpService, people: People) -> None:
    """Le compte rendu validé arrive au DMP sans autre action, avec des métadonnées et un CDA sains."""
    person = people.one()
    dmp.open(person)
    automatic.write(automatic.qualified(person), MAIN)
    dmp.arrivals(person, "TD2.1")
    require(dmp_flow.fed(dmp.exchanges(person)))
    sound_deposit(dmp.exchange(person, "TD2.1"))


@verifies("DMP/va1.01.01")
def test_a_received_letter_is_deposited_at_once(automatic: Software, dmp: DmpService, people: People) -> None:
    """La lettre de liaison reçue part au DMP sans autre action, telle qu’elle est venue."""
    person = people.one()
    dmp.open(person)
    own = Author(
        PROFESSIONAL.id_national, PROFESSIONAL.nom, PROFESSIONAL.prenom, ORGANISATION.id_structure, ORGANISATION.nom
    )
    letter = seed.letter(person, Seed(acted="20240102090000", author=own, unique_id=f"2.25.{person.matricule}"))
    automatic.receive(person, trusted=True, document=letter)
    dmp.arrivals(person, "TD2.1")
    require(dmp_flow.fed(dmp.exchanges(person)))
    require(dmp_flow.carries(sound_deposit(dmp.exchange(person, "TD2.1")).documents, letter))


@verifies("DMP/va1.12.01", "DMP/va1.22.01")
def test_a_blocked_report_stays_out(automatic: Software, dmp: DmpService, people: People) -> None:
    """Le compte rendu bloqué par l’utilisateur n’entre pas au DMP, un autre laissé libre y entre."""
    blocked, free = people.one(), people.one()
    dmp.open(blocked)
    dmp.open(free)
    automatic.write(automatic.qualified(blocked), MAIN, bloque_dmp=True)
    # The free one comes after: once it is there, the blocked one has had every occasion to come.
    automatic.write(automatic.qualified(free), MAIN)
    dmp.arrivals(free, "TD2.1")
    require(dmp_flow.fed(dmp.exchanges(free)))
    require(dmp_flow.none_of(dmp.exchanges(blocked), {"TD2.1"}, "l’utilisateur a bloqué le dépôt de ce document"))


@verifies("DMP/va1.15.01")
def test_a_partial_report_is_replaced_by_the_complete_one(automatic: Software, dmp: DmpService, people: People) -> None:
    """Le compte rendu partiel est déposé, puis remplacé (RPLC) par le complet, sans geste entre les deux."""
    person = people.one()
    dmp.open(person)
    patient = automatic.qualified(person)
    partial = automatic.write(patient, MAIN, text="Résultats partiels.", partiel=True)
    first = fed(dmp, person, 1)
    require(status.act_status(first, "active"))
    automatic.write(patient, MAIN, text="Résultats complets.", remplace=partial)
    second = fed(dmp, person, 2)
    require(status.act_status(second, "completed"), xds.replaces(second.submission, first.submission.entries[0].id))


@verifies("DMP/CONF.09.01")
def test_an_opposed_patient_is_not_fed(automatic: Software, dmp: DmpService, people: People) -> None:
    """Tant que le patient s’oppose à l’alimentation, rien n’est déposé ; le choix levé, le dépôt réussit."""
    opposed, control = people.one(), people.one()
    dmp.open(opposed)
    dmp.open(control)
    patient = automatic.qualified(opposed)
    automatic.do("enregistrer_consentements", id=patient, dmp=False)
    automatic.write(patient, MAIN)
    automatic.write(automatic.qualified(control), MAIN)
    fed(dmp, control, 1)
    require(dmp_flow.none_of(dmp.exchanges(opposed), {"TD2.1"}, "le patient s’oppose à l’alimentation de son DMP"))
    automatic.do("enregistrer_consentements", id=patient, dmp=True)
    automatic.write(patient, MAIN)
    fed(dmp, opposed, 1)


@verifies("DMP/CONF.05.01")
def test_feeding_and_deleting_ask_for_no_access(software: Software, dmp: DmpService, people: People) -> None:
    """Le dépôt et la suppression réussissent sans que le logiciel demande d’autorisation d’accès (TD0.3)."""
    person = people.one()
    dmp.open(person)
    document = software.write(software.qualified(person), MAIN)
    software.do("deposer_dmp", id=document)
    sound_deposit(dmp.exchange(person, "TD2.1"))
    software.do("supprimer_dmp", id=document)
    dmp.exchange(person, "TD3.3c")
    require(dmp_flow.none_of(dmp.exchanges(person), {"TD0.3"}, "un dépôt et une suppression s’en passent"))


def fed(dmp: DmpService, person: Identity, count: int) -> xds.Deposit:
    """The deposit that came by itself, sound; ``count`` is how many there must be by now."""
    dmp.arrivals(person, "TD2.1", count)
    exchanges = dmp.exchanges(person)
    require(dmp_flow.fed(exchanges), dmp_flow.deposits_are(exchanges, count))
    return sound_deposit(dmp.exchange(person, "TD2.1"))

"""Envois MSSanté d’un logiciel d’établissement : la plateforme d’intermédiation reçoit le document et le destinataire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance import require, verifies
from conformance.checks import platform
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.people import People
from conformance.drivers.platform_flow import CARRIERS, TO_PROFESSIONAL
from conformance.drivers.software import LETTER, Software
from conformance.model.evidence import Exchange
from conformance.suites.mss.posted import PEER

BY_MAIL = {"destinations": ["mss-professionnel"], "destinataires": [PEER]}


@pytest.fixture
def by_hand(software: Software) -> Iterator[Software]:
    """The software, set to hand nothing over by itself; afterwards too."""
    with software.setting("plateforme_automatique", False, False):
        yield software


@verifies("MSS/va1.23.01")
def test_a_letter_is_handed_over_on_demand(by_hand: Software, hl7: Hl7Service, people: People) -> None:
    """La plateforme reçoit la lettre que l’utilisateur demande d’envoyer, avec son destinataire, et elle seule."""
    person = people.one()
    patient = by_hand.qualified(person)
    left = by_hand.write(patient, LETTER, "Lettre que personne ne demande d’envoyer.")
    document = by_hand.write(patient, LETTER)
    for message in hl7.carrying(person, document, **BY_MAIL):
        sent_on(message, by_hand.cda(document).content)
    require(platform.not_handed_over(hl7.emitted(person, CARRIERS), by_hand.cda(left).content))


@verifies("MSS/va1.24.01")
def test_a_letter_is_handed_over_by_itself(by_hand: Software, hl7: Hl7Service, people: People) -> None:
    """Dès la validation, la plateforme reçoit la lettre et l’adresse de son destinataire, sans autre geste."""
    person = people.one()
    patient = by_hand.qualified(person)
    # The control: a letter that somebody asks for does reach the platform.
    hl7.carrying(person, by_hand.write(patient, LETTER, "Lettre demandée."), **BY_MAIL)
    by_hand.do("regler", plateforme_automatique=True)
    kind, before = by_hand.type_of(LETTER), len(hl7.emitted(person, CARRIERS))
    made = by_hand.do("ecrire_document", patient=patient, type=kind, titre="Lettre de liaison", texte="Texte d’essai.")
    by_hand.do("valider_document", id=made["id"], correspondants=[PEER])
    messages = hl7.after(person, before, CARRIERS)
    require(platform.left_by_itself(messages, kind))
    sent_on(messages[0], by_hand.cda(str(made["id"])).content)


def sent_on(message: Exchange, cda: bytes) -> None:
    """The platform has what it takes to send the document to its recipient."""
    require(
        platform.handed_over(message, cda, {TO_PROFESSIONAL}, (TO_PROFESSIONAL,)), platform.addressed(message, PEER)
    )

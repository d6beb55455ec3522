"""Alimentation du DMP par la plateforme de l’hôpital : à la demande ou dès la validation, le document part en HL7 v2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance import require, verifies
from conformance.checks import platform
from conformance.checks.hl7v2 import flow
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.people import People
from conformance.drivers.platform_flow import CARRIERS, TO_DMP
from conformance.drivers.software import Software
from conformance.model.identity import Identity

LETTER = "11490-0"
TYPES = (LETTER, "34874-8", "57833-6")
"""What a hospital feeds the DMP with: discharge letter, operation report, prescription."""


@pytest.fixture
def by_hand(software: Software) -> Iterator[Software]:
    """The software, set to hand nothing over by itself; afterwards too."""
    with software.setting("plateforme_automatique", False, False, needed=False):
        yield software


@verifies("DMP/va1.03.01")
def test_the_user_chooses_what_the_platform_deposits(by_hand: Software, hl7: Hl7Service, people: People) -> None:
    """Lettre, compte rendu opératoire et ordonnance partent quand l’utilisateur le demande, et eux seuls."""
    person = people.one()
    patient = by_hand.qualified(person)
    left = by_hand.write_type(patient, LETTER, "Document que personne ne demande de déposer.")
    for type_code in TYPES:
        asked_for(by_hand, hl7, person, by_hand.write_type(patient, type_code))
    require(platform.not_handed_over(hl7.emitted(person, CARRIERS), by_hand.cda(left).content))


@verifies("DMP/va1.05.01")
def test_a_validated_document_leaves_for_the_platform(by_hand: Software, hl7: Hl7Service, people: People) -> None:
    """Lettre, compte rendu opératoire et ordonnance partent vers la plateforme dès leur validation, sans geste."""
    person = people.one()
    patient = by_hand.qualified(person)
    # The control: a document that somebody asks for does reach the platform.
    asked_for(by_hand, hl7, person, by_hand.write_type(patient, LETTER, "Document demandé."))
    by_hand.ask("regler", plateforme_automatique=True)
    for type_code in TYPES:
        before = len(hl7.emitted(person, CARRIERS))
        document = by_hand.write_type(patient, type_code)
        messages = hl7.after(person, before, CARRIERS)
        require(platform.left_by_itself(messages, type_code))
        require(platform.handed_over(messages[0], by_hand.cda(document).content, {TO_DMP}, (TO_DMP,)))


def asked_for(software: Software, hl7: Hl7Service, person: Identity, document: str) -> None:
    """The user asks for the deposit of a document: its message carries it, names the patient and asks the platform for it."""
    messages = hl7.carrying(person, document, destinations=["dmp"])
    require(flow.messages_conform(messages), flow.says(messages, person, with_ins=True))
    require(platform.handed_over(messages[0], software.cda(document).content, {TO_DMP}, (TO_DMP,)))

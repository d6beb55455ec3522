"""Cycle de vie d’un document au DMP : dépôt, remplacement, suppression, masquage."""

from __future__ import annotations

from typing import Any

from conformance import require, verifies
from conformance.checks import behaviour, vihf, xds
from conformance.drivers.people import People
from conformance.drivers.services import DmpService
from conformance.drivers.software import LETTER, MAIN, Software
from conformance.model.evidence import Exchange
from conformance.outcomes import legible

MASKING = {
    "masque_ps": "MASQUE_PS",
    "invisible_patient": "INVISIBLE_PATIENT",
    "invisible_representants": "INVISIBLE_REPRESENTANTS_LEGAUX",
}
"""Each choice offered to the user, and the code that must carry it (TRE_A07)."""


@verifies("DMP/va1.16.01", "DMP/va1.09.01", "DMP/va1.23.01")
def test_a_document_is_deposited_replaced_then_deleted(software: Software, dmp: DmpService, people: People) -> None:
    """Un document est déposé au DMP, remplacé par sa correction (RPLC), puis supprimé."""
    person = people.one()
    dmp.open(person)
    patient = software.qualified(person)
    first = software.write(patient, LETTER)
    software.do("deposer_dmp", id=first)
    deposited = sound_deposit(dmp.exchange(person, "TD2.1"))
    second = software.write(patient, LETTER, text="Texte corrigé.", remplace=first)
    software.do("deposer_dmp", id=second)
    corrected = sound_deposit(dmp.exchange(person, "TD2.1"))
    require(xds.replaces(corrected.submission, deposited.submission.entries[0].id))
    software.do("supprimer_dmp", id=second)
    require(behaviour.deleted_from_dmp(dmp.exchanges(person)))
    deletion = legible(xds.deposit(dmp.exchange(person, "TD3.3c"))).submission
    require(xds.schema(deletion), xds.deletes(deletion, corrected.submission.entries[0].id))


@verifies("DMP/va1.17.01")
def test_masking_choices_reach_the_metadata(software: Software, dmp: DmpService, people: People) -> None:
    """Le masquage et la visibilité choisis se retrouvent dans les codes de confidentialité du dépôt."""
    person = people.one()
    dmp.open(person)
    patient = software.qualified(person)
    for setting, code in MASKING.items():
        chosen: dict[str, Any] = {setting: True}
        software.do("deposer_dmp", id=software.write(patient, MAIN, **chosen))
        deposit = legible(xds.deposit(dmp.exchange(person, "TD2.1")))
        require(xds.confidentiality(deposit.submission, (code,)))
    software.do("deposer_dmp", id=software.write(patient, MAIN))
    require(xds.confidentiality(legible(xds.deposit(dmp.exchange(person, "TD2.1"))).submission, ()))


def sound_deposit(exchange: Exchange) -> xds.Deposit:
    """A deposit whose assertion, metadata and documents are sound, and that the DMP accepted."""
    deposit = legible(xds.deposit(exchange))
    assertion = legible(vihf.of(deposit.envelope))
    require(
        vihf.shape(assertion),
        vihf.attributes(assertion),
        vihf.roles(assertion),
        vihf.signature(assertion, exchange.tls),
    )
    lot = deposit.submission
    require(xds.schema(lot), xds.structure(lot), xds.cardinalities(lot), xds.codings(lot), xds.syntax(lot))
    require(xds.contents(deposit), behaviour.accepted_by_dmp(exchange))
    return deposit

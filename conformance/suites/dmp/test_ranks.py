"""Certificats RPPS-rang d’un cabinet partagé : le dépôt au DMP présente celui du médecin qui a validé."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import tls
from conformance.drivers.people import People
from conformance.drivers.services import DmpService
from conformance.drivers.software import MAIN, Software
from conformance.simulators.pki.content import RANKS


@verifies("AUTH/va1.01.01")
def test_a_deposit_shows_the_certificate_of_who_validated(software: Software, dmp: DmpService, people: People) -> None:
    """Deux médecins valident chacun un compte rendu, que l’autre dépose : le certificat est celui de qui a validé."""
    with software.setting("certificat_dmp", "validateur", "structure"):
        for (wanted, validator), depositor in zip(RANKS.items(), reversed(RANKS.values()), strict=True):
            person = people.one()
            dmp.open(person)
            document = software.write(software.qualified(person), MAIN, validated_by=validator)
            software.ask("deposer_dmp", depositor, id=document)
            require(tls.validator_deposits(dmp.exchange(person, "TD2.1"), wanted))

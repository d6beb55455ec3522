"""Appel contextuel : l’application tierce reçoit l’INS complète."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import context_call
from conformance.drivers.people import People
from conformance.drivers.software import Software

APPLICATION = "https://application-tierce.test/ouvrir"


@verifies("AC/va1.01.01")
def test_the_call_bears_the_whole_ins(software: Software, people: People) -> None:
    """L’adresse de l’appel porte le matricule INS, clé comprise, et son OID."""
    person = people.one()
    answer = software.do("appeler_application", id=software.qualified(person), application=APPLICATION)
    require(context_call.bears_ins(str(answer.get("url") or ""), APPLICATION, person))

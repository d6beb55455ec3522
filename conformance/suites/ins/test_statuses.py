"""Statuts de l’identité : ce qui les fait monter, ce qui les fait descendre."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import ins
from conformance.drivers.people import People
from conformance.drivers.services import InsiService
from conformance.drivers.software import Software


@verifies("INS/va1.45")
def test_a_new_identity_is_provisional(software: Software, people: People) -> None:
    """Une identité créée par saisie est provisoire."""
    require(ins.status_is(software.patient(software.create(people.one())), "PROVISOIRE"))


@verifies("INS/va1.43")
def test_a_proven_identity_is_validated(software: Software, people: People) -> None:
    """Une identité provisoire dont un justificatif à haut niveau de confiance est validé devient validée."""
    patient = software.create(people.one())
    software.validate_identity(patient)
    require(ins.status_is(software.patient(patient), "VALIDEE"))


@verifies("INS/va1.54.01")
def test_recovered_then_proven_is_qualified(software: Software, insi: InsiService, people: People) -> None:
    """Récupérée d’abord, l’identité ne devient qualifiée qu’avec le justificatif."""
    person = people.one()
    insi.answers(person)
    patient = software.create(person)
    software.search_ins(patient)
    insi.call(person)
    require(ins.status_is(software.patient(patient), "RECUPEREE"))
    software.validate_identity(patient)
    require(ins.status_is(software.patient(patient), "QUALIFIEE"))


@verifies("INS/va1.54.02")
def test_validated_then_confirmed_is_qualified(software: Software, insi: InsiService, people: People) -> None:
    """Validée d’abord, l’identité devient qualifiée quand INSi la confirme."""
    person = people.one()
    patient = software.validated(person)
    insi.answers(person)
    software.search_ins(patient)
    insi.call(person)
    require(ins.status_is(software.patient(patient), "QUALIFIEE"))


@verifies("INS/va1.44.01.01")
def test_doubt_on_a_qualified_identity(software: Software, people: People) -> None:
    """Marquer douteuse une identité qualifiée la rend provisoire et efface le matricule."""
    falls_back(software, software.qualified(people.one()), "douteuse")


@verifies("INS/va1.44.01.02")
def test_doubt_on_a_recovered_identity(software: Software, people: People) -> None:
    """Marquer fictive une identité récupérée la rend provisoire et efface le matricule."""
    falls_back(software, software.recovered(people.one()), "fictive")


@verifies("INS/va1.44.01.03")
def test_doubt_on_a_validated_identity(software: Software, people: People) -> None:
    """Marquer douteuse une identité validée la rend provisoire."""
    falls_back(software, software.validated(people.one()), "douteuse")


def falls_back(software: Software, patient: str, attribute: str) -> None:
    """The attribute brings the identity down to provisoire, without matricule nor OID."""
    software.mark(patient, **{attribute: True})
    after = software.patient(patient)
    require(ins.status_is(after, "PROVISOIRE"), ins.without_matricule(after))

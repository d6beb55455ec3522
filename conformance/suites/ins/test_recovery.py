"""Récupération de l’INS par les traits : ce que le logiciel fait de chaque réponse du téléservice INSi."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import ins
from conformance.checks import insi as insi_calls
from conformance.drivers.people import People
from conformance.drivers.services import InsiService
from conformance.drivers.software import Software
from conformance.model.identity import Identity


@verifies("INS/va1.40")
def test_a_confirmed_identity_becomes_recovered(software: Software, insi: InsiService, people: People) -> None:
    """Une réponse 00 acceptée rend récupérée une identité provisoire."""
    person = people.one()
    insi.answers(person)
    patient = software.create(person)
    software.search_ins(patient)
    insi.call(person)
    require(ins.status_is(software.patient(patient), "RECUPEREE"))


@verifies("INS/va1.52.01")
def test_fields_take_the_values_of_insi(software: Software, insi: InsiService, people: People) -> None:
    """Après une réponse 00, les traits stricts sont ceux rendus par INSi, plus ceux qui avaient été saisis."""
    person = people.one()
    known = person.with_(prenoms=f"{person.prenoms} AUGUSTE", lieu_naissance="13055")
    insi.answers(person, returned={"ListePrenom": known.prenoms, "LieuNaissance": known.lieu_naissance})
    patient = software.create(person)
    software.search_ins(patient)
    insi.call(person)
    require(ins.carries(software.patient(patient), known))


@verifies("INS/va1.28.01")
def test_incomplete_birth_date_is_not_imported(software: Software, insi: InsiService, people: People) -> None:
    """Une réponse INSi dont la date de naissance comporte des 00 n’est pas rapatriée."""
    person = people.one()
    insi.answers(person, returned={"DateNaissance": f"{person.date_naissance[:4]}-00-00"})
    refused(software, insi, people, person)


@verifies("INS/va1.31.01")
def test_answer_without_birth_name_is_not_imported(software: Software, insi: InsiService, people: People) -> None:
    """Une réponse INSi sans nom de naissance n’est pas rapatriée."""
    person = people.one()
    insi.answers(person, returned={"NomNaissance": None})
    refused(software, insi, people, person)


@verifies("INS/va1.31.02")
def test_answer_without_first_names_is_not_imported(software: Software, insi: InsiService, people: People) -> None:
    """Une réponse INSi sans prénom de naissance n’est pas rapatriée."""
    person = people.one()
    insi.answers(person, returned={"ListePrenom": None, "Prenom": None})
    refused(software, insi, people, person)


@verifies("INS/va1.31.03")
def test_answer_without_sex_is_not_imported(software: Software, insi: InsiService, people: People) -> None:
    """Une réponse INSi sans sexe n’est pas rapatriée."""
    person = people.one()
    insi.answers(person, returned={"Sexe": None})
    refused(software, insi, people, person)


@verifies("INS/va1.51.01")
def test_first_name_that_differs_is_signalled(software: Software, insi: InsiService, people: People) -> None:
    """Le premier prénom saisi qui n’ouvre pas la liste rendue par INSi est signalé à l’utilisateur."""
    person = people.one()
    first, second = person.prenoms.split(" ", 1)
    insi.answers(person, returned={"ListePrenom": f"{second} {first}", "Prenom": second})
    patient = software.create(person)
    answer = software.search_ins(patient)
    insi.call(person)
    require(ins.alerted([*answer.get("alertes", []), *software.patient(patient).get("alertes", [])], "prénom"))


def refused(software: Software, insi: InsiService, people: People, person: Identity) -> None:
    """The answer about ``person`` must leave its record as it was, whereas a sound answer is imported by the same path."""
    software.imported(people.one())
    patient = software.create(person)
    before = software.patient(patient)
    software.search_ins(patient)
    insi.call(person)
    require(ins.unchanged(before, software.patient(patient)))


@verifies("INS/va1.20.01")
def test_no_call_for_a_doubtful_identity(software: Software, insi: InsiService, people: People) -> None:
    """Aucun appel à INSi ne part pour une identité douteuse."""
    never_called(software, insi, people, "douteuse")


@verifies("INS/va1.20.02")
def test_no_call_for_a_fictitious_identity(software: Software, insi: InsiService, people: People) -> None:
    """Aucun appel à INSi ne part pour une identité fictive."""
    never_called(software, insi, people, "fictive")


def never_called(software: Software, insi: InsiService, people: People, attribute: str) -> None:
    """The same request calls INSi for a plain identity, and does not for one bearing the attribute."""
    plain = people.one()
    software.imported(plain)
    insi.call(plain)
    person = people.one()
    insi.answers(person)
    patient = software.create(person)
    software.mark(patient, **{attribute: True})
    software.ask("rechercher_ins", id=patient)
    require(insi_calls.not_called(insi.calls(person)))


@verifies("INS/va1.14.01")
def test_health_centre_calls_with_its_software_certificate(
    software: Software, insi: InsiService, people: People
) -> None:
    """En centre de santé, l’appel à INSi présente le certificat logiciel de la structure."""
    person = people.one()
    insi.answers(person)
    with software.setting("insi_mode", "ORG", "CPX"):
        software.search_ins(software.create(person))
    require(insi_calls.mode_is(insi.call(person), "ORG"))

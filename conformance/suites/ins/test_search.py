"""Recherche d’antériorité : retrouver un usager connu avant d’en créer un autre."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.model.identity import Identity


@verifies("INS/va1.02.01")
def test_found_by_birth_date(software: Software, people: People) -> None:
    """La date de naissance seule retrouve l’usager."""
    found_by(software, people.one(), {})


@verifies("INS/va1.02.02")
def test_found_by_used_name(software: Software, people: People) -> None:
    """La date de naissance et le début du nom utilisé retrouvent l’usager."""
    found_by(software, people.one().with_(nom_utilise="DURANVAL"), {"nom": "DURAN"})


@verifies("INS/va1.02.03")
def test_found_by_birth_name(software: Software, people: People) -> None:
    """La date de naissance et le début du nom de naissance retrouvent l’usager."""
    person = people.one()
    found_by(software, person, {"nom": person.nom_naissance[:6]})


@verifies("INS/va1.02.04")
def test_found_by_first_name(software: Software, people: People) -> None:
    """La date de naissance et le début du prénom de naissance retrouvent l’usager."""
    person = people.one()
    found_by(software, person, {"prenom": person.premier_prenom[:4]})


@verifies("INS/va1.02.05")
def test_found_by_used_first_name(software: Software, people: People) -> None:
    """La date de naissance et le début du prénom utilisé retrouvent l’usager."""
    found_by(software, people.one().with_(prenom_utilise="DOMINIQUE"), {"prenom": "DOMI"})


@verifies("INS/va1.25.01")
def test_a_hyphen_that_was_not_typed(software: Software, people: People) -> None:
    """Un nom cherché avec un tiret retrouve le nom enregistré sans tiret."""
    found_by(software, people.one().with_(nom_naissance="SAINT OUVRE"), {"nom": "SAINT-OUVRE"})


@verifies("INS/va1.25.02")
def test_a_hyphen_that_was_typed(software: Software, people: People) -> None:
    """Un prénom cherché sans tiret retrouve le prénom enregistré avec un tiret."""
    person = people.one().with_(premier_prenom="MARIE-AUDE", prenoms="MARIE-AUDE ZELIE")
    found_by(software, person, {"prenom": "MARIE AUDE"})


@verifies("INS/va1.25.03")
def test_a_double_hyphen(software: Software, people: People) -> None:
    """Un nom cherché avec un double tiret retrouve le nom enregistré sans double tiret."""
    found_by(software, people.one().with_(nom_naissance="VALMIEUX-TARDI"), {"nom": "VALMIEUX--TARDI"})


@verifies("INS/va1.25.04")
def test_an_apostrophe(software: Software, people: People) -> None:
    """Un nom cherché avec une apostrophe retrouve le nom enregistré sans apostrophe."""
    found_by(software, people.one().with_(nom_naissance="D ARBELAY"), {"nom": "D’ARBELAY"})


def found_by(software: Software, person: Identity, criteria: dict[str, str]) -> None:
    """The birth date and those criteria find the person; another birth date does not: what is found is looked for."""
    patient = software.create(person)
    asked = {"date_naissance": person.date_naissance, **criteria}
    found = software.find(**asked)
    elsewhere = software.find(**{**asked, "date_naissance": "1901-01-01"})
    require(behaviour.found(found, patient, asked), behaviour.not_found(elsewhere, patient))

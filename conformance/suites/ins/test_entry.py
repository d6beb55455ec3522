"""Saisie et réception des traits : ce qui est obligatoire, ce qui est admis, ce qui est refusé."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, ins
from conformance.checks.hl7v2 import flow
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.model.identity import Identity
from conformance.simulators import pam_sender
from conformance.simulators.pam_sender import Sending

MANDATORY = ("nom_naissance", "premier_prenom", "date_naissance", "sexe", "lieu_naissance")
LONG_NAME = "D'ARBELAY DE L'ORGEVAL-SAINT OUVRE DE LA TOUR MARVENNE"


@verifies("INS/va1.01.02")
def test_awkward_names_come_in_whole(software: Software, hl7: Hl7Service, people: People) -> None:
    """Un nom de 54 caractères avec tiret, apostrophe et espace, reçu par un flux, est enregistré en entier."""
    person = people.one().with_(nom_naissance=LONG_NAME, nom_utilise=LONG_NAME)
    about = Sending(person, f"D{person.matricule[7:13]}", "PROV", "absent")
    heard = hl7.send("ADT^A28", pam_sender.adt("A28", about), person)
    require(flow.acknowledged(heard), ins.carries(software.known(person), person, only=ins.TRAITS))


@verifies("INS/va1.56.02")
def test_names_are_kept_in_capitals_without_accents(software: Software, people: People) -> None:
    """Un nom saisi en minuscules accentuées, avec tiret, apostrophe et espace, est enregistré en capitales sans accent."""
    expected = people.one().with_(nom_naissance="D'HAUTEFAGE LE-TALLEC", premier_prenom="ELEONORE", prenoms="ELEONORE")
    typed = expected.with_(nom_naissance="d'Hautefâge Le-Tallec", premier_prenom="Éléonore", prenoms="Éléonore")
    long = people.one().with_(nom_naissance=LONG_NAME)
    require(
        ins.carries(software.patient(software.create(typed)), expected, only=ins.TRAITS),
        ins.carries(software.patient(software.create(long)), long, only=ins.TRAITS),
    )


@verifies("INS/va1.01.03")
def test_an_impossible_day_or_month_is_refused(software: Software, people: People) -> None:
    """Un jour au-delà de 31, un mois au-delà de 12 sont refusés à la création ; la même identité datée juste est créée."""
    impossible_dates(software, people.one())


@verifies("INS/va1.56.03")
def test_an_impossible_birth_date_is_refused(software: Software, people: People) -> None:
    """Une date de naissance au jour ou au mois impossible est refusée ; la même identité datée juste est créée."""
    impossible_dates(software, people.one())


def impossible_dates(software: Software, person: Identity) -> None:
    """Both wrong dates are refused, and the sound one is not."""
    year = person.date_naissance[:4]
    for wrong in (f"{year}-01-32", f"{year}-13-01"):
        reply = software.ask("creer_patient", **{**person.traits, "date_naissance": wrong})
        require(behaviour.entry_refused(reply.status, f"date de naissance {wrong}"))
    software.create(person)


@verifies("INS/va1.21.01")
def test_each_mandatory_trait_is_asked_for(software: Software, people: People) -> None:
    """La création est refusée quand manque l’un des cinq traits obligatoires, et acceptée quand ils y sont."""
    person = people.one()
    for name in MANDATORY:
        typed = {key: value for key, value in person.traits.items() if key != name}
        reply = software.ask("creer_patient", **typed)
        require(behaviour.entry_refused(reply.status, f"sans {ins.LABELS[name]}"))
    software.create(person)


@verifies("INS/va1.22")
def test_nothing_else_is_mandatory(software: Software, people: People) -> None:
    """Les cinq traits obligatoires suffisent à créer une identité."""
    person = people.one()
    reply = software.ask("creer_patient", **{name: person.traits[name] for name in MANDATORY})
    require(behaviour.entry_accepted(reply.status, "les cinq traits obligatoires seuls"))

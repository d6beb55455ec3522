"""Alimentation du DMP par les documents anciens : date de l’acte, auteurs, éligibilité, débit."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import dmp_flow, dmp_reading
from conformance.drivers.people import People
from conformance.drivers.services import DmpService
from conformance.drivers.software import MAIN, Software
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.simulators.people import ORGANISATION
from conformance.suites.dmp.test_life_cycle import sound_deposit

OTHER_TYPE = "34112-3"
TOO_OLD = "2010-01-05T09:00:00+00:00"
ACT, DAY = "2021-03-10T09:00:00+00:00", "20210310"
SPEED = 4


@verifies("DMP/HISTO.05.01")
def test_a_chosen_old_document_is_deposited(software: Software, dmp: DmpService, people: People) -> None:
    """Parmi deux documents d’épisodes passés, celui que l’utilisateur choisit est déposé, et lui seul."""
    person, patient = patient_with_dmp(software, dmp, people)
    chosen, other = (software.write(patient, MAIN, date_acte=ACT) for _ in range(2))
    software.do("deposer_dmp", id=chosen)
    sound_deposit(dmp.exchange(person, "TD2.1"))
    names = [str(software.document(one)["unique_id"]) for one in (chosen, other)]
    require(dmp_flow.once(dmp.exchanges(person), names[:1]), dmp_flow.never(dmp.exchanges(person), names[1]))


@verifies("DMP/HISTO.03")
def test_an_old_document_is_dated_from_its_act(software: Software, dmp: DmpService, people: People) -> None:
    """Un document ancien est daté de son acte, dans le CDA comme dans les métadonnées."""
    person, patient = patient_with_dmp(software, dmp, people)
    software.do("deposer_dmp", id=software.write(patient, MAIN, date_acte=ACT))
    require(dmp_reading.dated_from_act(sound_deposit(dmp.exchange(person, "TD2.1")), DAY))


@verifies("DMP/HISTO.04")
def test_the_structure_joins_an_author_who_left(software: Software, dmp: DmpService, people: People) -> None:
    """Quand l’auteur a quitté le RPPS, la personne morale s’ajoute aux auteurs du lot et du document."""
    person, patient = patient_with_dmp(software, dmp, people)
    software.do("deposer_dmp", id=software.write(patient, MAIN, date_acte=ACT, auteur_hors_rpps=True))
    deposit = sound_deposit(dmp.exchange(person, "TD2.1"))
    require(dmp_reading.structure_among_authors(deposit, ORGANISATION.id_structure))


@verifies("DMP/HISTO.06.01")
def test_only_eligible_patients_are_fed(software: Software, dmp: DmpService, people: People) -> None:
    """Un patient décédé, non qualifié, opposé ou déjà alimenté est écarté ; les autres sont alimentés."""
    deceased, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=ACT)
    software.mark(patient, decedee=True)
    opposed, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=ACT)
    software.do("enregistrer_consentements", id=patient, dmp=False)
    fed, patient = patient_with_dmp(software, dmp, people)
    software.do("deposer_dmp", id=software.write(patient, MAIN, date_acte=ACT))
    recovered = people.one()
    dmp.open(recovered)
    software.write(software.recovered(recovered), MAIN, date_acte=ACT)
    # The eligible one is written last: once it is there, the others have had every occasion to come.
    eligible, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=ACT)
    feed(software)
    dmp.arrivals(eligible, "TD2.1")
    dmp.silence()
    require(dmp_flow.fed(dmp.exchanges(eligible)), dmp_flow.deposits_at_most(dmp.exchanges(fed), 1))
    for person, why in (
        (deceased, "le patient est décédé"),
        (opposed, "le patient s’oppose à l’alimentation"),
        (recovered, "l’INS du patient n’est pas qualifiée"),
    ):
        require(dmp_flow.none_of(dmp.exchanges(person), {"TD2.1"}, why))


@verifies("DMP/HISTO.06.02")
def test_types_and_age_are_obeyed(software: Software, dmp: DmpService, people: People) -> None:
    """Seuls les documents des types réglés, et pas plus anciens que réglé, sont déposés."""
    older, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=TOO_OLD)
    other, patient = patient_with_dmp(software, dmp, people)
    draft = software.do(
        "ecrire_document", patient=patient, type=OTHER_TYPE, titre="Autre", texte="Texte.", date_acte=ACT
    )
    software.do("valider_document", id=draft["id"])
    wanted, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=ACT)
    feed(software)
    dmp.arrivals(wanted, "TD2.1")
    dmp.silence()
    require(dmp_flow.fed(dmp.exchanges(wanted)))
    require(dmp_flow.none_of(dmp.exchanges(older), {"TD2.1"}, "le document est plus ancien que réglé"))
    require(dmp_flow.none_of(dmp.exchanges(other), {"TD2.1"}, "le document n’est pas d’un type réglé"))


@verifies("DMP/HISTO.06.03")
def test_the_rate_is_obeyed(software: Software, dmp: DmpService, people: People) -> None:
    """L’historique part à quatre transactions par seconde au plus."""
    exchanges, _ = everyone_fed(software, dmp, people)
    require(dmp_flow.rate(exchanges, SPEED))


@verifies("DMP/HISTO.06.04")
def test_filters_settings_and_rate_together(software: Software, dmp: DmpService, people: People) -> None:
    """Filtres, réglages et débit réunis : chaque document retenu entre une fois, rien d’écarté n’entre."""
    deceased, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=ACT)
    software.mark(patient, decedee=True)
    older, patient = patient_with_dmp(software, dmp, people)
    software.write(patient, MAIN, date_acte=TOO_OLD)
    exchanges, names = everyone_fed(software, dmp, people)
    require(dmp_flow.rate(exchanges, SPEED), dmp_flow.once(exchanges, names))
    require(dmp_flow.none_of(dmp.exchanges(deceased), {"TD2.1"}, "le patient est décédé"))
    require(dmp_flow.none_of(dmp.exchanges(older), {"TD2.1"}, "le document est plus ancien que réglé"))


def everyone_fed(software: Software, dmp: DmpService, people: People) -> tuple[list[Exchange], list[str]]:
    """Four patients fed with the past: what crossed the wire about them, and the uniqueIds of their documents."""
    drawn = [patient_with_dmp(software, dmp, people) for _ in range(4)]
    documents = [software.write(patient, MAIN, date_acte=ACT) for _, patient in drawn]
    names = [str(software.document(document)["unique_id"]) for document in documents]
    feed(software)
    for person, _ in drawn:
        dmp.arrivals(person, "TD2.1")
        require(dmp_flow.fed(dmp.exchanges(person)))
    dmp.silence()
    return [exchange for person, _ in drawn for exchange in dmp.exchanges(person)], names


def feed(software: Software) -> None:
    """Launch the feeding with two years of the past, at the rate of the scenario."""
    types = [software.type_of(MAIN)]
    software.do("alimenter_historique", types=types, depuis="2020-01-01", jusqua="2022-01-01", debit=SPEED)


def patient_with_dmp(software: Software, dmp: DmpService, people: People) -> tuple[Identity, str]:
    """Someone with a DMP, and their qualified record."""
    person = people.one()
    dmp.open(person)
    return person, software.qualified(person)

"""Consultation du DMP depuis le logiciel : droit vérifié, état affiché, recherche, intégration, préchargement."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import dmp_flow, dmp_reading
from conformance.drivers.people import People
from conformance.drivers.services import DmpService
from conformance.drivers.software import Software
from conformance.model.identity import Identity
from conformance.simulators.dmp.seed import Author
from conformance.simulators.people import ORGANISATION, PROFESSIONAL

CONSULTATION, IMAGING = "11488-4", "18748-4"
OWN = Author(
    PROFESSIONAL.id_national, PROFESSIONAL.nom, PROFESSIONAL.prenom, ORGANISATION.id_structure, ORGANISATION.nom
)
OLD, RECENT = "20230310090000", "20240615090000"


def reader(software: Software, dmp: DmpService, person: Identity, allowed: bool = True) -> str:
    """A qualified patient whose DMP is open, to the user as well when ``allowed``."""
    dmp.open(person)
    if allowed:
        dmp.grant(person, PROFESSIONAL.id_national)
    return software.qualified(person)


@verifies("DMP/UX.08.01")
def test_access_is_verified_before_reading(software: Software, dmp: DmpService, people: People) -> None:
    """Le droit d’accès est vérifié (TD0.2 ou TD0.4) avant la première consultation."""
    person = people.one()
    patient = reader(software, dmp, person)
    dmp.holds(person, "lettre")
    software.do("rechercher_dmp", id=patient)
    dmp.exchange(person, "TD3.1")
    require(dmp_flow.checked_first(dmp.exchanges(person)))


@verifies("DMP/UX.50.01")
def test_access_is_asked_for_without_being_told(software: Software, dmp: DmpService, people: People) -> None:
    """Sans autorisation ni opposition, TD0.2 puis TD0.3 précèdent la consultation."""
    person = people.one()
    patient = reader(software, dmp, person, allowed=False)
    software.do("rechercher_dmp", id=patient)
    dmp.exchange(person, "TD3.1")
    require(dmp_flow.access_asked_first(dmp.exchanges(person)))


@verifies("DMP/CONF.06.01")
def test_an_opposed_patient_is_not_read(software: Software, dmp: DmpService, people: People) -> None:
    """Rien n’est consulté tant que le patient s’y oppose ; le choix levé, la consultation aboutit."""
    person = people.one()
    patient = reader(software, dmp, person)
    letter = dmp.holds(person, "lettre")
    software.do("enregistrer_consentements", id=patient, dmp_consultation=False)
    software.ask("rechercher_dmp", id=patient)
    software.ask("ouvrir_dossier", id=patient)
    opposed = dmp.exchanges(person)
    software.do("enregistrer_consentements", id=patient, dmp_consultation=True)
    found = software.do("rechercher_dmp", id=patient)
    dmp.exchange(person, "TD3.1")
    forbidden = dmp_flow.READS | {"TD0.3"}
    require(dmp_flow.none_of(opposed, forbidden, "le patient s’oppose à la consultation de son DMP"))
    require(dmp_reading.listed(found, [letter]))


@verifies("DMP/UX.12.01")
def test_the_record_shows_the_state_of_the_dmp(software: Software, dmp: DmpService, people: People) -> None:
    """À l’ouverture du dossier, l’état du DMP paraît : créé et autorisé, créé, non créé, fermé."""
    allowed, barred, absent, closed = (people.one() for _ in range(4))
    states = {
        reader(software, dmp, allowed): (allowed, "CREE_AUTORISE"),
        reader(software, dmp, barred, allowed=False): (barred, "CREE_NON_AUTORISE"),
        software.qualified(absent): (absent, "NON_CREE"),
        software.qualified(closed): (closed, "FERME"),
    }
    dmp.close(closed)
    for patient, (person, expected) in states.items():
        record = software.do("ouvrir_dossier", id=patient)
        dmp.exchange(person, "TD0.2")
        require(dmp_reading.shown_status(record, expected))


@verifies("DMP/UX.14.01")
def test_the_list_follows_the_filter(software: Software, dmp: DmpService, people: People) -> None:
    """La liste des documents du DMP change avec le filtre, et chaque document s’ouvre."""
    person = people.one()
    patient = reader(software, dmp, person)
    letter = dmp.holds(person, "lettre")
    imaging = dmp.holds(person, "imagerie", type_code=IMAGING, title="Compte rendu d’imagerie", class_code="31")
    every, some = software.do("rechercher_dmp", id=patient), software.do("rechercher_dmp", id=patient, types=[IMAGING])
    dmp.exchange(person, "TD3.1")
    require(dmp_reading.listed(every, [letter, imaging]), dmp_reading.listed(some, [imaging]))
    software.do("lire_document_dmp", id=patient, document=imaging)
    dmp.exchange(person, "TD3.2")
    require(dmp_reading.only(dmp.exchanges(person), [imaging]))


@verifies("DMP/UX.27.01")
def test_a_search_crosses_criteria(software: Software, dmp: DmpService, people: People) -> None:
    """La requête TD3.1 porte les critères croisés par l’utilisateur, et le résultat leur répond."""
    person = people.one()
    patient = reader(software, dmp, person)
    wanted = dmp.holds(person, "récente", acted=RECENT)
    dmp.holds(person, "ancienne", acted=OLD)
    dmp.holds(person, "imagerie", type_code=IMAGING, title="Compte rendu d’imagerie", acted=RECENT)
    found = software.do("rechercher_dmp", id=patient, types=["11490-0"], depuis="20240101")
    require(dmp_reading.criteria(dmp.exchange(person, "TD3.1"), 2), dmp_reading.listed(found, [wanted]))


@verifies("DMP/UX.15.01")
def test_what_others_brought_is_told(software: Software, dmp: DmpService, people: People) -> None:
    """L’ouverture du dossier signale, par type, les documents versés par des tiers et eux seuls."""
    person = people.one()
    patient = reader(software, dmp, person)
    dmp.holds(person, "lettre")
    dmp.holds(person, "lettre 2")
    dmp.holds(person, "imagerie", type_code=IMAGING, title="Compte rendu d’imagerie")
    dmp.holds(person, "propre", type_code=CONSULTATION, title="Consultation", author=OWN)
    record = software.do("ouvrir_dossier", id=patient)
    dmp.exchange(person, "TD3.1")
    require(dmp_reading.news(record, {"11490-0": 2, IMAGING: 1}))


@verifies("DMP/UX.15.02")
def test_nothing_new_is_not_told(software: Software, dmp: DmpService, people: People) -> None:
    """Un DMP qui ne tient que des documents de la structure ne signale aucune nouveauté."""
    person = people.one()
    patient = reader(software, dmp, person)
    dmp.holds(person, "propre", type_code=CONSULTATION, title="Consultation", author=OWN)
    record = software.do("ouvrir_dossier", id=patient)
    dmp.exchange(person, "TD3.1")
    require(dmp_reading.news(record, {}))


@verifies("DMP/UX.31.01")
def test_chosen_documents_are_integrated_together(software: Software, dmp: DmpService, people: People) -> None:
    """Deux documents choisis dans la liste sont demandés au DMP et rangés ensemble au dossier."""
    person = people.one()
    patient = reader(software, dmp, person)
    chosen = [dmp.holds(person, "lettre"), dmp.holds(person, "lettre 2")]
    dmp.holds(person, "lettre 3")
    answer = software.do("integrer_dmp", id=patient, documents=chosen)
    dmp.exchange(person, "TD3.2")
    require(dmp_reading.integrated(dmp.exchanges(person), answer, chosen))


@verifies("DMP/UX.34.01")
def test_documents_are_preloaded_then_opened_from_here(software: Software, dmp: DmpService, people: People) -> None:
    """Les documents des patients attendus sont préchargés après vérification, selon le type, et s’ouvrent sans le DMP."""
    first, second = people.one(), people.one()
    patients = [reader(software, dmp, first), reader(software, dmp, second)]
    wanted = [dmp.holds(person, "lettre") for person in (first, second)]
    dmp.holds(first, "imagerie", type_code=IMAGING, title="Compte rendu d’imagerie")
    software.do("precharger_dmp", patients=patients, types=["11490-0"], duree_jours=30)
    for person, document in zip((first, second), wanted, strict=True):
        dmp.exchange(person, "TD3.2")
        require(dmp_flow.checked_first(dmp.exchanges(person)), dmp_reading.only(dmp.exchanges(person), [document]))
    before = dmp.exchanges(first)
    software.do("lire_document_dmp", id=patients[0], document=wanted[0])
    require(dmp_reading.not_asked_again(before, dmp.exchanges(first)))


@verifies("CDA/DD.05.01")
def test_a_newer_version_is_told_when_the_record_opens(software: Software, dmp: DmpService, people: People) -> None:
    """À l’ouverture du dossier, une version plus récente ou une suppression dans le DMP est signalée ; l’ancienne reste."""
    person = people.one()
    patient = reader(software, dmp, person)
    replaced, withdrawn = dmp.holds(person, "lettre"), dmp.holds(person, "lettre 2")
    software.do("integrer_dmp", id=patient, documents=[replaced, withdrawn])
    dmp.exchange(person, "TD3.2")
    newer = dmp.holds(person, "lettre, version 2", replaces=replaced)
    dmp.withdraws(person, withdrawn)
    record = software.do("ouvrir_dossier", id=patient)
    require(dmp_reading.noticed(record, replaced, "REMPLACE"), dmp_reading.noticed(record, withdrawn, "SUPPRIME"))
    answer = software.do("integrer_dmp", id=patient, documents=[newer])
    require(dmp_reading.integrated(dmp.exchanges(person), answer, [newer]))
    kept = software.do("lire_document_dmp", id=patient, document=replaced)
    require(dmp_reading.still_here(kept, replaced))

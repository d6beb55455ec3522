"""L’annuaire Santé : l’extraction intégrée, les fiches qui en sont tirées, les adresses MSSanté qu’il donne."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import annuaire
from conformance.drivers.directory import Directory
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.model.directory import Listed


@verifies("ANN/va1.01.01")
def test_the_extraction_is_integrated_and_searched(directory: Directory) -> None:
    """Chaque ligne servie est comptée, intégrée ou rejetée, et un professionnel publié se trouve par RPPS et par nom."""
    one = directory.listed()
    directory.spoil(2)
    told, served = directory.integrate()
    require(annuaire.report(told, served))
    require(annuaire.found(directory.search(one), one), annuaire.found(directory.search_by_name(one), one))
    directory.fault("truncated")
    failed, _ = directory.integrate()
    require(annuaire.failure_told(failed, directory.search(one).get("professionnels") or ()))


@verifies("ANN/va1.02.01")
def test_a_user_follows_the_directory(software: Software, directory: Directory) -> None:
    """La fiche d’un utilisateur créé par son RPPS est celle de l’annuaire, et le reste après une mise à jour."""
    one = directory.listed()
    directory.integrated()
    card = software.do("creer_utilisateur", rpps=one.rpps)
    require(annuaire.record(card, one))
    changed = directory.publish(moved(one))
    directory.integrated()
    require(annuaire.record(software.do("lire_utilisateur", id=card["id"]), changed))


@verifies("ANN/va1.03.01")
def test_a_correspondent_follows_the_directory(software: Software, directory: Directory, people: People) -> None:
    """La fiche d’un correspondant ajouté à un dossier est celle de l’annuaire, et le reste après une mise à jour."""
    one, patient = directory.listed(), software.create(people.one())
    directory.integrated()
    card = software.do("ajouter_correspondant", id=patient, rpps=one.rpps)
    require(annuaire.record(card, one))
    changed = directory.publish(moved(one))
    directory.integrated()
    require(annuaire.record(software.do("lire_correspondant", id=card["id"]), changed))


@verifies("ANN/va1.05.01")
def test_the_mailbox_of_a_professional_is_found(directory: Directory) -> None:
    """La recherche par nom puis par RPPS ramène l’adresse MSSanté servie, et aucune quand l’annuaire n’en a pas."""
    one, boxless = directory.listed(), directory.listed(mailbox=None)
    directory.offered()
    require(annuaire.addresses(directory.addresses(nom=one.nom, prenom=one.prenom), [one.mailbox or ""]))
    require(annuaire.addresses(directory.addresses(rpps=one.rpps), [one.mailbox or ""]))
    require(annuaire.addresses(directory.addresses(rpps=boxless.rpps), []))


@verifies("ANN/va1.06.01")
def test_the_mailbox_of_a_correspondent_is_found(software: Software, directory: Directory, people: People) -> None:
    """L’adresse MSSanté d’un correspondant repris de l’annuaire est celle que l’annuaire donne au moment de la recherche."""
    one, patient = directory.listed(), software.create(people.one())
    directory.integrated()
    card = software.do("ajouter_correspondant", id=patient, rpps=one.rpps)
    require(annuaire.addresses(directory.addresses(correspondant=card["id"]), [one.mailbox or ""]))
    other = directory.publish(one.with_(mailbox=f"nouvelle.{one.rpps}@autre.mssante.test"))
    directory.integrated()
    require(annuaire.addresses(directory.addresses(correspondant=card["id"]), [other.mailbox or ""]))


def moved(one: Listed) -> Listed:
    """The same professional, under another name, in another structure."""
    return one.with_(
        nom=f"{one.nom}-DEUX",
        raison_sociale=f"Maison de santé {one.rpps}",
        telephone="0199000001" if one.telephone != "0199000001" else "0199000002",
    )

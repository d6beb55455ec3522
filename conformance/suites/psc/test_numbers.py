"""Numéros RPPS des comptes : recherchés dans l’Annuaire Santé à la création, puis contrôlés tous les deux ans."""

from __future__ import annotations

from datetime import date, timedelta

from conformance import NotRun, require, verifies
from conformance.checks import numbers
from conformance.drivers.directory import Directory
from conformance.drivers.software import Software
from conformance.model.directory import Listed

PASSWORD, AUTHOR = "premier mot de passe d’essai", "administrateur-essai"
TWO_YEARS = timedelta(days=2 * 366)


@verifies("SSI/IE.30.01")
def test_the_number_is_looked_up_when_the_account_is_made(software: Software, directory: Directory) -> None:
    """Le compte d’un professionnel publié porte le numéro que l’Annuaire Santé lui donne, et non celui d’un autre."""
    one = directory.listed()
    directory.listed(nom=f"{one.nom}E", prenom=one.prenom)
    directory.offered()
    account = made(software, one)
    require(numbers.associated(account, one.rpps, "à sa création"), numbers.unwarned(account))


@verifies("SSI/IE.30.02")
def test_a_number_that_is_not_found_is_told_then_looked_up_again(software: Software, directory: Directory) -> None:
    """Un professionnel introuvable vaut un avertissement ; publié ensuite, il est retrouvé par la recherche suivante."""
    one = directory.listed()
    directory.withdraw(one)
    directory.offered()
    account = made(software, one)
    require(numbers.invented(account), numbers.warned(account, "le numéro est introuvable"))
    directory.publish(one)
    directory.offered()
    software.do("controler_rpps", AUTHOR, au=today().isoformat())
    later = software.do("lire_compte", id=str(account["id"]))
    require(numbers.associated(later, one.rpps, "à la recherche suivante"), numbers.unwarned(later))


@verifies("SSI/IE.30.03")
def test_the_number_is_checked_every_two_years(software: Software, directory: Directory) -> None:
    """Au bout de deux ans le numéro est contrôlé : confirmé, ou signalé quand l’Annuaire Santé ne le connaît plus."""
    known, gone = directory.listed(), directory.listed()
    directory.offered()
    kept, lost = (str(made(software, one)["id"]) for one in (known, gone))
    for account, one in ((kept, known), (lost, gone)):
        if software.do("lire_compte", id=account).get("rpps") != one.rpps:
            raise NotRun("préalable non rempli : le compte ne porte pas le numéro RPPS, il n’y a rien à contrôler")
    directory.withdraw(gone)
    directory.offered()
    software.do("controler_rpps", AUTHOR, au=(today() + TWO_YEARS).isoformat())
    require(numbers.unwarned(software.do("lire_compte", id=kept)))
    require(numbers.warned(software.do("lire_compte", id=lost), "le numéro a disparu de l’annuaire"))
    lines = software.do("exporter_journal_comptes").get("lignes")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise NotRun("le journal des comptes n’est pas une liste de lignes : il n’y a rien à juger")
    require(*(numbers.searches_traced(lines, account) for account in (kept, lost)))


def made(software: Software, one: Listed) -> dict[str, object]:
    """An account for that professional, whose number is not given."""
    asked = {"identifiant": f"compte-{one.rpps}", "mot_de_passe": PASSWORD, "nom": one.nom, "prenom": one.prenom}
    return software.do("creer_compte", AUTHOR, **asked)


def today() -> date:
    """The day of the run, where it is played."""
    return date.today()  # noqa: DTZ011

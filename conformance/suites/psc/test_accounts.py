"""Comptes locaux : rapprochés de l’identité Pro Santé Connect, et tracés dans leur cycle de vie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from conformance import NotRun, require, verifies
from conformance.checks import behaviour, sessions
from conformance.drivers.logins import Logins
from conformance.drivers.people import People
from conformance.drivers.services import PscService
from conformance.drivers.software import Software

PASSWORD, OTHER, WRONG = "premier mot de passe d’essai", "second mot de passe d’essai", "mot de passe inconnu"
AUTHOR = "administrateur-essai"
# An invented number that no professional of the bench bears.
RPPS = "89990009998"


@verifies("PSC.02.01")
def test_one_account_for_both_means(software: Software, psc: PscService, people: People, logins: Logins) -> None:
    """Le même professionnel retrouve son compte par Pro Santé Connect et par son mot de passe."""
    first = logins.begin()
    require(behaviour.logged_in(state := logins.read(first)))
    known = str((state.get("utilisateur") or {}).get("id_national") or "")
    logins.close(first)
    name, account = made(software, people, known.removeprefix("8"))
    local = software.do("connecter_local", identifiant=name, mot_de_passe=PASSWORD)
    software.do("deconnecter", id=local["session"])
    again = logins.read(logins.begin())
    require(behaviour.logged_in(again), sessions.same_account(local.get("compte"), again.get("compte")))
    require(sessions.same_account(account, again.get("compte")))


@pytest.fixture
def account(software: Software, people: People) -> tuple[str, str]:
    """A login name and its account, made for this scenario."""
    return made(software, people, RPPS)


def made(software: Software, people: People, rpps: str) -> tuple[str, str]:
    """An account with a password, of a name that nobody has in this run."""
    person = people.one()
    name = f"{person.premier_prenom}.{person.nom_naissance}.{person.matricule[-4:]}".lower().replace(" ", "-")
    asked = {"identifiant": name, "mot_de_passe": PASSWORD, "rpps": rpps}
    found = software.do("creer_compte", AUTHOR, **asked, nom=person.nom_naissance, prenom=person.premier_prenom)
    return name, str(found["id"])


@verifies("SSI/IAM.91.01")
def test_a_change_of_identity_is_traced(software: Software, account: tuple[str, str]) -> None:
    """La modification de l’identité d’un compte laisse une trace."""
    before = journal(software)
    software.do("modifier_compte", AUTHOR, id=account[1], prenom="Dominique")
    require(sessions.traced(journal(software)[len(before) :], account[1], "IDENTITE", "SUCCES", AUTHOR))


@verifies("SSI/IAM.91.02")
def test_a_change_of_permissions_is_traced(software: Software, account: tuple[str, str]) -> None:
    """La modification des permissions d’un compte laisse une trace."""
    before = journal(software)
    software.do("modifier_compte", AUTHOR, id=account[1], permissions=["lecture", "administration"])
    require(sessions.traced(journal(software)[len(before) :], account[1], "PERMISSIONS", "SUCCES", AUTHOR))


@verifies("SSI/IAM.91.03")
def test_logins_are_traced_failed_or_not(software: Software, account: tuple[str, str]) -> None:
    """Une connexion refusée, puis une connexion réussie, laissent chacune leur trace."""
    name, number = account
    before = journal(software)
    refused = software.ask("connecter_local", identifiant=name, mot_de_passe=WRONG)
    require(sessions.refused(refused.ok, "une connexion par un mot de passe faux"))
    session = software.do("connecter_local", identifiant=name, mot_de_passe=PASSWORD)["session"]
    software.do("deconnecter", id=session)
    lines = journal(software)[len(before) :]
    require(
        sessions.traced(lines, number, "CONNEXION", "ECHEC", name),
        sessions.traced(lines, number, "CONNEXION", "SUCCES", name),
    )


@verifies("SSI/IAM.91.04")
def test_changes_of_password_are_traced_failed_or_not(software: Software, account: tuple[str, str]) -> None:
    """Un changement de mot de passe refusé, puis un changement réussi, laissent chacun leur trace."""
    number, before = account[1], journal(software)
    refused = software.ask("changer_mot_de_passe", AUTHOR, id=number, ancien=WRONG, nouveau=OTHER)
    require(sessions.refused(refused.ok, "un changement dont l’ancien mot de passe est faux"))
    software.do("changer_mot_de_passe", AUTHOR, id=number, ancien=PASSWORD, nouveau=OTHER)
    lines = journal(software)[len(before) :]
    require(
        sessions.traced(lines, number, "MOT_DE_PASSE", "ECHEC", AUTHOR),
        sessions.traced(lines, number, "MOT_DE_PASSE", "SUCCES", AUTHOR),
    )


def journal(software: Software) -> Sequence[Mapping[str, Any]]:
    """The journal of accounts. Raises NotRun when it is not one."""
    lines = software.do("exporter_journal_comptes").get("lignes")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise NotRun("le journal des comptes n’est pas une liste de lignes : il n’y a rien à juger")
    return lines

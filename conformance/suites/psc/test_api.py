"""Appels d’API au nom de l’utilisateur que Pro Santé Connect a authentifié."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance import require, verifies
from conformance.checks import behaviour, sessions
from conformance.drivers.logins import Logins
from conformance.drivers.people import People
from conformance.drivers.services import InsiService, PscService
from conformance.drivers.software import Software


@pytest.fixture
def in_psc_mode(software: Software) -> Iterator[None]:
    """INSi is called by Pro Santé Connect for the time of the test."""
    with software.setting("insi_mode", "PSC", "CPX"):
        yield


@verifies("PSC.10")
@pytest.mark.usefixtures("in_psc_mode")
def test_insi_in_the_name_of_the_connected_user(
    software: Software, insi: InsiService, psc: PscService, people: People, logins: Logins
) -> None:
    """INSi est appelé sous l’identité de l’utilisateur connecté, et ne l’est plus quand la session est fermée."""
    person, other = people.one(), people.one()
    insi.answers(person)
    session = logins.begin()
    require(behaviour.logged_in(state := logins.read(session)))
    software.search_ins(software.create(person))
    national = str((state.get("utilisateur") or {}).get("id_national"))
    require(sessions.in_the_name_of(insi.call(person), national), sessions.exchanged(psc.exchanges("echange")))
    logins.close(session)
    insi.answers(other)
    software.ask("rechercher_ins", id=software.create(other))
    require(sessions.none_called([call for call in insi.calls(other) if call.facts.get("mode") == "PSC"]))

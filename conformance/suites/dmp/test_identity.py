"""Identité portée par les appels au DMP : celle de l’utilisateur du moment, ou de Pro Santé Connect."""

from __future__ import annotations

import json

from conformance import require, verifies
from conformance.checks import behaviour, dmp_reading, vihf
from conformance.drivers.logins import Logins
from conformance.drivers.people import People
from conformance.drivers.services import DmpService, PscService
from conformance.drivers.software import Software
from conformance.model.evidence import Exchange
from conformance.outcomes import NotRun, legible
from conformance.simulators.people import PROFESSIONAL
from conformance.suites.dmp.test_consultation import reader

SECOND = "89990000021"
"""The RPPS of a second user; PS_IdNat is that number after an 8."""


@verifies("DMP/AIRS.06.01")
def test_each_user_is_named_in_the_vihf(software: Software, dmp: DmpService, people: People) -> None:
    """Pour deux utilisateurs l’un après l’autre, le VIHF porte l’identifiant national de chacun."""
    for rpps in (PROFESSIONAL.rpps, SECOND):
        person = people.one()
        patient = reader(software, dmp, person)
        dmp.grant(person, f"8{rpps}")
        software.do("rechercher_dmp", rpps, id=patient)
        require(dmp_reading.acts_as(assertion(dmp.exchange(person, "TD3.1")), f"8{rpps}"))


@verifies("DMP/PSC.01.01")
def test_the_vihf_bears_the_identity_of_pro_sante_connect(
    software: Software, dmp: DmpService, psc: PscService, logins: Logins, people: People
) -> None:
    """Après une connexion par Pro Santé Connect, l’appel au DMP porte l’identité que le fournisseur a rendue."""
    person = people.one()
    patient = reader(software, dmp, person)
    require(behaviour.logged_in(logins.read(logins.begin())))
    name_id = told(psc.exchange("userinfo"))
    software.do("rechercher_dmp", name_id, id=patient)
    require(dmp_reading.acts_as(assertion(dmp.exchange(person, "TD3.1")), name_id))


def assertion(exchange: Exchange) -> vihf.Vihf:
    """The VIHF of a call without attachment."""
    return legible(vihf.read(exchange.request.body))


def told(exchange: Exchange) -> str:
    """The national id that Pro Santé Connect gave of the user."""
    try:
        data = json.loads(exchange.response.body if exchange.response else b"")
    except ValueError:
        data = {}
    name_id = data.get("SubjectNameID") if isinstance(data, dict) else None
    if not name_id:
        raise NotRun(
            "Pro Santé Connect n’a rendu aucun identifiant national (SubjectNameID) : il n’y a rien à comparer"
        )
    return str(name_id)

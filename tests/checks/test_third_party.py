"""Connections of third-party structures: a green and a red example of each check."""

from __future__ import annotations

import pytest

from conformance.checks import third_party
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Severity

ASKED = Message("GET /", (), b"")


def tried(certificate: str, status: int | None = None, **facts: str) -> Exchange:
    answer = None if status is None else Message(f"HTTP {status}", (), b"")
    return Exchange(Channel.THIRD_PARTY, "essai", ASKED, answer, facts={"certificat": certificate, **facts})


REFUSALS = [
    tried("révoqué", 403),
    tried("expiré", refus="la négociation TLS échoue (SSLError)"),
    tried("d’une autre autorité", 400),
    tried("d’une personne", 401),
    tried("aucun", refus="la connexion est fermée sans réponse (fin de connexion)"),
]


def test_refusals_are_no_fault() -> None:
    assert list(third_party.kept_out(REFUSALS)) == []
    assert all(third_party.refused(one) and not third_party.entered(one) for one in REFUSALS)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("révoqué", "avec un certificat révoqué"),
        ("expiré", "avec un certificat expiré"),
        ("d’une autre autorité", "autorité inconnue"),
        ("aucun", "sans présenter de certificat"),
    ],
)
def test_whoever_gets_in_wrongly_is_told(certificate: str, words: str) -> None:
    (fault,) = third_party.kept_out([*REFUSALS, tried(certificate, 200)])
    assert words in fault.message
    assert (fault.severity, fault.observed) == (Severity.ERROR, "HTTP 200")
    assert fault.fix


def test_the_card_of_a_person_is_told_without_condemning() -> None:
    (fault,) = third_party.kept_out([tried("d’une personne", 204)])
    assert fault.severity is Severity.WARNING


@pytest.mark.parametrize(
    "unclear",
    [
        tried("révoqué", 302),
        tried("révoqué", 500),
        tried("révoqué", absence="pas de réponse après 10 s"),
        tried("révoqué"),
    ],
)
def test_neither_in_nor_out(unclear: Exchange) -> None:
    assert not third_party.entered(unclear) and not third_party.refused(unclear)
    assert list(third_party.kept_out([unclear])) == []
    assert third_party.told(unclear)


def test_a_software_that_never_asks_for_revocation_is_told_without_condemning() -> None:
    asked = Exchange(Channel.MSS, "CRL", ASKED, None)
    assert list(third_party.asked_for_revocation([asked])) == []
    (fault,) = third_party.asked_for_revocation([])
    assert fault.severity is Severity.WARNING
    assert "n’a demandé" in fault.message

"""What becomes of SSI/IE.43 whatever the software does at its entrance: nothing that proves nothing is conforming."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from conformance.drivers.third_party import EXPIRED, FOREIGN, NONE, PERSON, REVOKED, VALID, ThirdParty
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Severity
from conformance.outcomes import Ledger, NonConforming, NotRun, judging
from conformance.suites.psc.test_third_parties import test_only_a_certificate_worth_something_opens as scenario

ASKED = Message("GET /", (), b"")
CUT = {"refus": "la connexion est fermée sans réponse (fin de connexion)"}
SOUND: dict[str, int | dict[str, str]] = {VALID: 200, REVOKED: 403, EXPIRED: CUT, FOREIGN: CUT, PERSON: 403, NONE: CUT}


class Played:
    """A third party to whom the software answers that; ``then`` from the second valid attempt on."""

    def __init__(self, said: dict[str, int | dict[str, str]], asks: bool = True, then: int = 200) -> None:
        self.said, self.asks, self.then = dict(said), asks, then

    def tries(self, certificate: str) -> Exchange:
        told = self.said[certificate]
        if certificate == VALID:
            self.said[VALID] = self.then if told == 200 else told
        answer = Message(f"HTTP {told}", (), b"") if isinstance(told, int) else None
        facts = {"certificat": certificate or "aucun", **(told if isinstance(told, dict) else {})}
        return Exchange(Channel.THIRD_PARTY, f"certificat {facts['certificat']}", ASKED, answer, facts=facts)

    def asked_for_revocation(self) -> list[Exchange]:
        return [Exchange(Channel.MSS, "CRL", ASKED, None)] if self.asks else []


def judged(played: Played) -> Ledger:
    with judging() as ledger:
        cast("Callable[[ThirdParty], None]", scenario)(cast("ThirdParty", played))
    return ledger


def test_a_sound_entrance_is_conforming() -> None:
    ledger = judged(Played(SOUND))
    assert ledger.judged and not ledger.findings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({REVOKED: 200}, "révoqué"),
        ({EXPIRED: 204}, "expiré"),
        ({FOREIGN: 200}, "autorité inconnue"),
        ({NONE: 200}, "sans présenter"),
        (dict.fromkeys((REVOKED, EXPIRED, FOREIGN, PERSON, NONE), 200), "et 3 autres"),
        ({REVOKED: 200, EXPIRED: 500}, "révoqué"),
    ],
)
def test_whoever_gets_in_wrongly_condemns(change: dict[str, int], words: str) -> None:
    with pytest.raises(NonConforming) as ended:
        judged(Played({**SOUND, **change}))
    assert words in ended.value.reason


@pytest.mark.parametrize(
    ("played", "words"),
    [
        (Played({**SOUND, VALID: 401}), "entrée par mot de passe"),
        (Played({**SOUND, VALID: CUT}), "d’abord, n’ouvre pas"),
        (Played({**SOUND, VALID: {"absence": "rien ne répond"}}), "rien ne répond"),
        (Played(SOUND, then=503), "ensuite, n’ouvre pas"),
        (Played({**SOUND, REVOKED: 500}), "certificat révoqué : HTTP 500"),
        (Played({**SOUND, EXPIRED: {"absence": "pas de réponse"}}), "certificat expiré : pas de réponse"),
        (Played({**SOUND, NONE: 302}), "certificat aucun : HTTP 302"),
    ],
)
def test_what_proves_nothing_is_not_verified(played: Played, words: str) -> None:
    with pytest.raises(NotRun) as ended:
        judged(played)
    assert words in ended.value.reason.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "played", [Played(SOUND, asks=False), Played({**SOUND, PERSON: 200}), Played({**SOUND, PERSON: 302})]
)
def test_what_is_doubtful_is_told_without_condemning(played: Played) -> None:
    assert all(finding.severity is Severity.WARNING for finding in judged(played).findings)

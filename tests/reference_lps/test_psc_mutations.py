"""Every answer that the bench falsifies, against the conforming relying party and against one careless of just that.

In process: our simulated provider on loopback, the LPS's own client, one clock for both; hours pass in no time.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks import oidc_session
from conformance.checks.oidc_mutations import MUTATIONS, Due, no_access_after, opened, seen
from conformance.model.finding import Finding, Severity
from conformance.reference_lps.psc import PscClient
from conformance.reference_lps.psc.login import Login
from conformance.simulators.psc.mutations import CIBA, LOGOUT
from conformance.simulators.psc.mutations import MUTATIONS as PLAYED
from tests.reference_lps.psc_bed import HINT, Bed

# What a careless software leaves unchecked, so that it accepts each answer it should refuse, or refuses what it should not.
CARELESS: dict[str, set[str]] = {
    "wrong-state": {"state"},
    "old-state": {"state", "replay"},
    "no-state": {"state"},
    "wrong-iss-param": {"iss-param"},
    "error-access-denied": {"error"},
    "code-refused": {"error"},
    "idt-wrong-iss": {"iss"},
    "idt-wrong-aud": {"aud", "azp"},
    "idt-extra-aud": {"azp"},
    "idt-expired": {"exp", "iat"},
    "idt-wrong-nonce": {"nonce"},
    "idt-missing-sub": {"sub"},
    "idt-missing-aud": {"aud"},
    "idt-missing-iat": {"iat"},
    "idt-bad-signature": {"signature"},
    "idt-alg-none": {"signature"},
    "idt-hs256": {"signature"},
    "key-rotation": {"stale-keys"},
    "userinfo-wrong-sub": {"userinfo-sub"},
    "userinfo-several": {"userinfo-rigid"},
    "userinfo-empty": {"userinfo-rigid"},
    "userinfo-unknown": {"userinfo-rigid"},
    "userinfo-minimal": {"userinfo-rigid"},
    "userinfo-no-refpro": {"userinfo-rigid"},
    "other-sub": {"merges"},
    "other-rpps": {"merges"},
    "ciba-long-interval": {"ciba-hurries"},
    "ciba-slow-down": {"ciba-ignores-slow-down"},
    "ciba-access-denied": {"ciba-errors"},
    "ciba-expired-token": {"ciba-errors"},
    "ciba-invalid-request": {"ciba-errors"},
    "ciba-no-auth-req-id": {"ciba-errors"},
    "ciba-no-expires-in": {"ciba-assumes"},
    "ciba-unknown-user": {"ciba-errors"},
}


def play(bed: Bed, name: str, software: PscClient) -> tuple[dict[str, Any], list[Finding]]:
    """Meet the mutation once, after a sound login; the state of the login, and what the checks say of it all."""
    if name in CIBA:
        bed.psc.mutate(name)
        start = len(bed.exchanges())
        login: Login | None = software.start_ciba(HINT, "MOBILE", wait=True)
    else:
        assert (sound := bed.log_in(software)) is not None and sound.etat == "CONNECTE", sound
        bed.psc.mutate(name)
        start = len(bed.exchanges())
        login = bed.log_in(software)
    assert login is not None
    calls = bed.exchanges(start)
    assert seen(calls, name), "le logiciel n’a pas rencontré la réponse falsifiée"
    state = {"etat": login.etat, "message": login.message}
    found = [*opened(state, name), *oidc_session.pace(calls)]
    if name not in CIBA and name != "key-rotation":
        found += no_access_after(calls)
    return state, found


def condemning(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.severity is Severity.ERROR]


def test_the_judgement_knows_every_mutation_of_a_login() -> None:
    assert set(MUTATIONS) == set(PLAYED) - set(LOGOUT) - {"refresh-refused"}
    assert set(MUTATIONS) == set(CARELESS)


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_conforming_software_does_what_is_due(bed: Bed, name: str) -> None:
    state, found = play(bed, name, bed.software())
    assert (state["etat"] == "CONNECTE") == (MUTATIONS[name].due is Due.ACCEPT), state
    assert found == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_careless_software_is_caught_with_the_right_grade(bed: Bed, name: str) -> None:
    _, found = play(bed, name, bed.software(CARELESS[name]))
    assert found, "rien n’est dit"
    told = " ".join(f"{finding.rule} {finding.message}" for finding in found)
    assert name in told or name in ("ciba-long-interval", "ciba-slow-down"), told
    assert bool(condemning(found)) == (MUTATIONS[name].due is not Due.REFUSE_TOLD), told

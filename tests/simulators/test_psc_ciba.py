"""CIBA at the simulated Pro Santé Connect: asked on a device, polled no faster than told."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.journal import Journal
from conformance.simulators.psc import Psc
from conformance.simulators.psc.ciba import GRANT
from tests.simulators.psc_kit import Clock, Software, part, seen

HINT = "889990000013"
ASKED = {
    "scope": "openid scope_all",
    "acr_values": "eidas1",
    "login_hint": HINT,
    "binding_message": "42",
    "channel": "CARD",
}


def ask(software: Software, **changes: str) -> dict[str, Any]:
    return dict(software.post("backchannel_authentication_endpoint", **(ASKED | changes)).json())


def poll(software: Software, number: str) -> dict[str, Any]:
    return dict(software.post("token_endpoint", grant_type=GRANT, auth_req_id=number).json())


def test_a_professional_accepts_at_the_second_question(software: Software, clock: Clock, journal: Journal) -> None:
    asked = ask(software)
    assert (asked["expires_in"], asked["interval"]) == (120, 1)
    clock.now += 1
    assert poll(software, asked["auth_req_id"])["error"] == "authorization_pending"
    clock.now += 1
    tokens = poll(software, asked["auth_req_id"])
    claims = part(tokens["id_token"], 1)
    assert (claims["preferred_username"], claims["authMode"], claims["acr"]) == (HINT, "CARD", "eidas1")
    assert "nonce" not in claims
    assert software.userinfo(tokens["access_token"]).json()["SubjectNameID"] == HINT
    assert poll(software, asked["auth_req_id"])["error"] == "invalid_grant", "une demande sert une fois"
    (call,) = seen(journal, "ciba")
    assert (call.facts["client_auth"], call.facts["binding_message"], call.facts["channel"]) == ("basic", "42", "CARD")
    assert {exchange.facts.get("depuis_s") for exchange in seen(journal, "token")} >= {"1.0"}
    kept = b"".join(path.read_bytes() for path in journal.folder.rglob("*") if path.is_file())
    assert asked["auth_req_id"].encode() not in kept and tokens["access_token"].encode() not in kept


def test_asking_too_early_slows_down(software: Software, clock: Clock, journal: Journal) -> None:
    number = ask(software)["auth_req_id"]
    assert poll(software, number)["error"] == "slow_down"
    assert seen(journal, "token")[-1].facts["trop_tot"] == "oui"
    clock.now += 5
    assert poll(software, number)["error"] == "slow_down", "l’intervalle a grandi de cinq secondes"
    clock.now += 11
    assert "access_token" in poll(software, number)


def test_a_request_dies_after_two_minutes(software: Software, clock: Clock) -> None:
    number = ask(software)["auth_req_id"]
    clock.now += 121
    assert poll(software, number)["error"] == "expired_token"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "scope_all"}, "invalid_scope"),
        ({"login_hint": ""}, "invalid_request"),
        ({"login_hint": "899900000099"}, "unknown_user_id"),
        ({"binding_message": "abc"}, "invalid_binding_message"),
        ({"channel": "SMS"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_told_so(software: Software, changes: dict[str, str], error: str) -> None:
    assert ask(software, **changes)["error"] == error


@pytest.mark.parametrize("name", ["access_denied", "expired_token", "invalid_request"])
def test_a_refusal_ends_the_request(software: Software, psc: Psc, clock: Clock, name: str) -> None:
    psc.mutate(f"ciba-{name.replace('_', '-')}")
    number = ask(software)["auth_req_id"]
    psc.clear()  # the mutation belongs to the request: another one is not touched
    clock.now += 1
    assert poll(software, number)["error"] == name
    clock.now += 1
    assert poll(software, number)["error"] == "invalid_grant"


def test_other_mutations(software: Software, psc: Psc, clock: Clock) -> None:
    psc.mutate("ciba-no-auth-req-id")
    assert "auth_req_id" not in ask(software)
    psc.mutate("ciba-no-expires-in")
    assert "expires_in" not in ask(software)
    psc.mutate("ciba-unknown-user")
    assert ask(software)["error"] == "unknown_user_id"
    psc.mutate("ciba-long-interval")
    asked = ask(software)
    assert asked["interval"] == 31
    clock.now += 30
    assert poll(software, asked["auth_req_id"])["error"] == "slow_down"
    psc.mutate("ciba-slow-down")
    number = ask(software)["auth_req_id"]
    clock.now += 1
    assert poll(software, number)["error"] == "slow_down"
    clock.now += 6
    assert "access_token" in poll(software, number)
    psc.mutate("idt-wrong-iss")
    number = ask(software)["auth_req_id"]
    clock.now += 1
    assert part(poll(software, number)["id_token"], 1)["iss"] != psc.issuer

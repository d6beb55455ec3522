from __future__ import annotations

from urllib.parse import urlencode

import pytest

from conformance.checks import oidc, oidc_mutations, oidc_session
from conformance.model.evidence import Channel, Exchange
from tests.checks.carried import errors, exchange, says, warns

BACK = "http://127.0.0.1:8765/psc/retour"
GOOD = {
    "response_type": "code",
    "client_id": "logiciel",
    "redirect_uri": BACK,
    "scope": "openid scope_all",
    "acr_values": "eidas1",
    "state": "qX3v-8yTb_LwZ0aPn5RkHs1Du7GeMi4c",
    "nonce": "Zt9KfA2rYw-6mNq_B0xVjE8hSgU3pLdO",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}


def asked(**changes: str | None) -> Exchange:
    sent = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return exchange(Channel.PSC, "authorize", start=f"GET /auth?{urlencode(sent)}", facts={"verdict": "accepté"})


def step(operation: str, start: str = "POST /x", body: bytes = b"", **facts: str) -> Exchange:
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    return exchange(Channel.PSC, operation, body, start=start, headers=headers, facts=facts, number=f"main-{operation}")


def token(**facts: str) -> Exchange:
    body = urlencode({"grant_type": "authorization_code", "redirect_uri": BACK}).encode()
    return step("token", body=body, **({"client_auth": "basic", "verdict": "accepté"} | facts))


def test_a_conforming_login_has_nothing_to_say() -> None:
    assert list(oidc.authorization(asked(), [BACK])) == []
    assert list(oidc.authorization(asked())) == []
    assert list(oidc.token_call(token(), asked())) == []
    assert list(oidc.userinfo(step("userinfo", token_in="header"))) == []
    hint = step("end_session", start="GET /logout?post_logout_redirect_uri=x&state=y", id_token_hint="valide")
    assert list(oidc_session.logout([hint])) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"response_type": "token"}, "flux par code"),
        ({"scope": "openid"}, "scope_all"),
        ({"state": None}, "ne porte pas de state"),
        ({"nonce": None}, "ne porte pas de nonce"),
        ({"state": "12345678901234567890"}, "state est trop courte"),
        ({"nonce": "a" * 64}, "nonce est trop courte"),
        ({"redirect_uri": "http://exemple.test/retour"}, "ni en https"),
    ],
)
def test_a_wrong_request_is_told(change: dict[str, str | None], said: str) -> None:
    assert says(oidc.authorization(asked(**change)), said)


@pytest.mark.parametrize("level", [None, "eidas2"])
def test_another_level_than_eidas1_is_told(level: str | None) -> None:
    assert list(oidc.level(asked())) == []
    assert says(oidc.level(asked(acr_values=level)), "eidas1")


def test_an_unregistered_return_is_told() -> None:
    assert says(oidc.authorization(asked(), ["https://logiciel.test/retour"]), "celle qui est enregistrée")


def test_pkce_and_uuids_warn() -> None:
    assert warns(oidc.authorization(asked(code_challenge=None)), "PKCE")
    assert warns(oidc.authorization(asked(state="6f1c0f2e-4c58-4a51-9d3c-0b1f5a7e2d90")), "state est trop courte")


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("", 0, 0), ("0123456789abcdef" * 2, 128, 128), ("qX3v8yTbLwZ0aPn5RkHs1D", 128, 135), ("aaaaaaaa", 0, 1)],
)
def test_entropy_is_estimated_by_shape(value: str, low: float, high: float) -> None:
    assert low <= oidc.entropy(value) <= high


def test_values_are_fresh_at_each_login() -> None:
    other = asked(state="Zz" + GOOD["state"], nonce="Zz" + GOOD["nonce"])
    assert list(oidc.fresh([asked(), other])) == []
    assert says(oidc.fresh([asked(), asked()]), "déjà servi")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (token(client_auth="none"), "ne s’authentifie pas"),
        (token(client_auth="both"), "ne s’authentifie pas"),
        (step("token", start="POST /token?client_secret=[masqué]", client_auth="query"), "écrit dans l’adresse"),
        (token(verdict="refusé", refused="code_verifier absent ou faux"), "a refusé l’appel"),
    ],
)
def test_a_wrong_token_call_is_told(call: Exchange, said: str) -> None:
    assert says(oidc.token_call(call), said)


def test_a_different_return_address_and_a_posted_secret() -> None:
    assert says(oidc.token_call(token(), asked(redirect_uri="https://autre.test/retour")), "diffère")
    assert warns(oidc.token_call(token(client_auth="post"), asked()), "dans le corps")


def test_a_token_in_the_address_is_told() -> None:
    assert says(oidc.userinfo(step("userinfo", token_in="query")), "en-tête Authorization")
    assert says(oidc.userinfo(step("userinfo", start="GET /userinfo?access_token=x")), "en-tête Authorization")


@pytest.mark.parametrize("name", ["wrong-state", "no-state", "wrong-iss-param", "error-access-denied"])
def test_a_falsified_return_is_not_followed(name: str) -> None:
    back = step("login", mutation=name)
    assert list(oidc_mutations.no_access_after([asked(), back])) == []
    assert says(oidc_mutations.no_access_after([asked(), back, token()]), f"réponse falsifiée ({name})")


def test_a_falsified_token_is_not_used() -> None:
    wrong = token(mutation="idt-wrong-nonce")
    assert list(oidc_mutations.no_access_after([asked(), wrong])) == []
    assert says(oidc_mutations.no_access_after([asked(), wrong, step("userinfo")]), "idt-wrong-nonce")


def test_a_signature_not_checked_warns_and_a_new_key_is_accepted() -> None:
    assert warns(oidc_mutations.no_access_after([token(mutation="idt-alg-none"), step("userinfo")]), "idt-alg-none")
    assert errors(oidc_mutations.no_access_after([token(mutation="key-rotation"), step("userinfo")])) == []


def test_without_a_falsified_answer_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="falsifiée"):
        list(oidc_mutations.no_access_after([asked(), token()]))


def test_a_logout_that_closes_nothing_is_told() -> None:
    assert says(oidc_session.logout([asked()]), "ne ferme pas la session")
    assert says(oidc_session.logout([step("end_session", id_token_hint="absent")]), "jeton d’identité")
    assert warns(oidc_session.logout([step("end_session", id_token_hint="valide")]), "post_logout_redirect_uri")

"""What the simulated Pro Santé Connect does wrong when asked."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from authlib.integrations.base_client.errors import OAuthError
from joserfc import jwk, jwt
from joserfc.errors import BadSignatureError

from conformance.journal import Journal
from conformance.simulators.psc import Psc
from conformance.simulators.psc.mutations import MUTATIONS
from tests.simulators.psc_kit import CALLBACK, Clock, Software, part, query, seen


def test_callback_mutations(software: Software, psc: Psc, journal: Journal) -> None:
    def mutated(name: str) -> dict[str, str]:
        psc.mutate(name)
        back = query(software.sign_in(software.url() + "&prompt=login"))
        assert seen(journal, "login")[-1].facts["mutation"] == name
        assert software.state in seen(journal, "login")[-1].keys
        return back

    assert mutated("wrong-state")["state"] != software.state
    assert "state" not in mutated("no-state")
    assert mutated("wrong-iss-param")["iss"] != psc.issuer
    denied = mutated("error-access-denied")
    assert denied["error"] == "access_denied" and denied["state"] == software.state and "code" not in denied
    psc.clear()
    assert query(software.sign_in(software.url() + "&prompt=login"))["state"] == software.state


def test_identity_token_mutations(software: Software, psc: Psc, journal: Journal, clock: Clock) -> None:
    keys = jwk.KeySet.import_key_set(software.get(software.config["jwks_uri"]).json())

    def token(name: str) -> str:
        psc.mutate(name)
        text = str(software.tokens(software.sign_in(software.url() + "&prompt=login"))["id_token"])
        assert seen(journal, "token")[-1].facts["mutation"] == name
        return text

    assert part(token("idt-wrong-iss"), 1)["iss"] != psc.issuer
    assert part(token("idt-wrong-aud"), 1)["aud"] != psc.client.id
    assert part(token("idt-expired"), 1)["exp"] < clock.now - 600
    assert part(token("idt-wrong-nonce"), 1)["nonce"] != software.nonce
    for claim in ("sub", "aud", "iat"):
        assert claim not in part(token(f"idt-missing-{claim}"), 1)
    unsigned = token("idt-alg-none")
    assert part(unsigned, 0)["alg"] == "none" and unsigned.endswith(".")
    with pytest.raises(BadSignatureError):
        jwt.decode(token("idt-bad-signature"), keys, algorithms=["RS256"])
    jwt.decode(token("idt-wrong-nonce"), keys, algorithms=["RS256"])


def test_other_mutations(software: Software, psc: Psc) -> None:
    tokens = software.login()
    sub = software.userinfo(tokens["access_token"]).json()["sub"]
    psc.mutate("userinfo-wrong-sub")
    assert software.userinfo(tokens["access_token"]).json()["sub"] != sub
    psc.mutate("refresh-refused")
    with pytest.raises(OAuthError, match="invalid_grant"):
        software.oauth.refresh_token(software.config["token_endpoint"], tokens["refresh_token"])
    psc.mutate("code-refused")
    with pytest.raises(OAuthError, match="invalid_grant"):
        software.login()
    before = software.get(software.config["jwks_uri"]).json()["keys"][0]["kid"]
    psc.mutate("key-rotation")
    fresh = software.tokens(software.sign_in(software.url() + "&prompt=login"))
    assert part(fresh["id_token"], 0)["kid"] != before
    keys = jwk.KeySet.import_key_set(software.get(software.config["jwks_uri"]).json())
    for token in (fresh["id_token"], tokens["id_token"]):
        jwt.decode(token, keys, algorithms=["RS256"])
    assert psc.accepts(tokens["access_token"]), "l’ancienne clé vérifie encore ce qu’elle a signé"


def test_an_unknown_mutation_suggests_the_right_one(psc: Psc) -> None:
    with pytest.raises(ValueError, match="wrong-state"):
        psc.mutate("wrongstate")
    for name in MUTATIONS:
        psc.mutate(name)


def test_the_state_of_the_former_login_comes_back(software: Software, psc: Psc) -> None:
    psc.mutate("old-state")
    software.sign_in(software.url())
    former = software.state
    assert query(software.sign_in(software.url() + "&prompt=login"))["state"] == former


def test_the_other_identity_token_mutations(software: Software, psc: Psc) -> None:
    psc.mutate("idt-hs256")
    token = str(software.login()["id_token"])
    assert part(token, 0)["alg"] == "HS256"
    secret = jwk.OctKey.import_key(psc.client.secret)
    assert jwt.decode(token, secret, algorithms=["HS256"]).claims["iss"] == psc.issuer
    psc.mutate("idt-extra-aud")
    claims = part(str(software.login()["id_token"]), 1)
    assert len(claims["aud"]) == 2 and psc.client.id in claims["aud"] and "azp" not in claims


def test_logout_comes_back_with_another_state(software: Software, psc: Psc) -> None:
    psc.mutate("logout-wrong-state")
    asked = {"id_token_hint": software.login()["id_token"], "state": "s1", "post_logout_redirect_uri": CALLBACK}
    answer = software.get(f"{software.config['end_session_endpoint']}?{urlencode(asked)}")
    assert query(answer.headers["Location"])["state"] == "un-autre-state"

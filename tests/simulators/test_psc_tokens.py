"""Codes, tokens and sessions of the simulated Pro Santé Connect: who may have them, how long they live."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError

from conformance.journal import Journal
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from tests.simulators.psc_kit import CALLBACK, Clock, Software, query, seen


def test_codes_serve_once_for_sixty_seconds_and_fall_together(
    software: Software, psc: Psc, clock: Clock, journal: Journal
) -> None:
    location = software.sign_in(software.url())
    tokens = software.tokens(location)
    with pytest.raises(OAuthError, match="invalid_grant"):
        software.tokens(location)
    assert seen(journal, "token")[-1].facts["refused"] == "code déjà utilisé"
    assert software.state in seen(journal, "token")[-1].keys
    assert not psc.accepts(tokens["access_token"])
    late = software.sign_in(software.url() + "&prompt=login")
    clock.now += 61
    with pytest.raises(OAuthError, match="invalid_grant"):
        software.tokens(late)
    assert seen(journal, "token")[-1].facts["refused"] == "code expiré"


def test_pkce_is_verified(software: Software, journal: Journal) -> None:
    location = software.sign_in(software.url())
    with pytest.raises(OAuthError, match="invalid_grant"):
        software.tokens(location, verifier=secrets.token_urlsafe(48))
    assert "code_verifier" in seen(journal, "token")[-1].facts["refused"]


def test_redirect_uri_must_be_the_one_asked(software: Software, journal: Journal) -> None:
    code = query(software.sign_in(software.url()))["code"]
    values = {"code": code, "redirect_uri": CALLBACK + "/autre", "code_verifier": software.verifier}
    answer = software.post("token_endpoint", grant_type="authorization_code", **values)
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"
    assert "redirect_uri" in seen(journal, "token")[-1].facts["refused"]


def test_client_authentication(software: Software, psc: Psc, journal: Journal) -> None:
    url, client = software.config["token_endpoint"], psc.client
    grant = {"grant_type": "authorization_code", "code": "x"}
    wrong = requests.post(url, grant, auth=(client.id, "faux"), verify=software.trust, timeout=5)
    assert wrong.status_code == 401 and wrong.headers["WWW-Authenticate"].startswith("Basic")
    named = {"client_id": client.id, "client_secret": client.secret}
    for values, where, expected in (
        (grant, "", "none"),
        (grant | named, "", "post"),
        (grant, f"?client_secret={client.secret}", "query"),
    ):
        requests.post(url + where, values, verify=software.trust, timeout=5)
        assert seen(journal, "token")[-1].facts["client_auth"] == expected
    both = requests.post(url, grant | named, auth=(client.id, client.secret), verify=software.trust, timeout=5)
    assert both.status_code == 401


def test_tokens_live_two_minutes_and_refresh_thirty(software: Software, psc: Psc, clock: Clock) -> None:
    tokens = software.login()
    assert psc.accepts(tokens["access_token"])
    assert psc.holder(tokens["access_token"]) == psc.professional.id_national
    assert not psc.accepts(tokens["id_token"]) and not psc.accepts("x") and not psc.accepts("a.b.c")
    clock.now += 120
    assert not psc.accepts(tokens["access_token"])
    assert software.userinfo(tokens["access_token"]).status_code == 401
    fresh = software.oauth.refresh_token(software.config["token_endpoint"], tokens["refresh_token"])
    assert psc.accepts(fresh["access_token"])
    clock.now += 1801
    with pytest.raises(OAuthError, match="invalid_grant"):
        software.oauth.refresh_token(software.config["token_endpoint"], fresh["refresh_token"])


def test_introspection_and_revocation(software: Software, psc: Psc) -> None:
    token = software.login()["access_token"]
    told = software.post("introspection_endpoint", token=token).json()
    assert told["active"] is True and told["client_id"] == psc.client.id and told["authMode"] == "CARD"
    assert software.post("revocation_endpoint", token=token).status_code == 200
    assert software.post("introspection_endpoint", token=token).json() == {"active": False}
    assert requests.post(software.config["revocation_endpoint"], verify=software.trust, timeout=5).status_code == 401


def test_logout_closes_the_session(software: Software, psc: Psc, journal: Journal) -> None:
    tokens = software.login()
    again = software.get(software.url())
    assert again.status_code == 302, "la session ouverte dispense de la page de connexion"
    hint = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": "http://127.0.0.1:8765/fin",
        "state": "s1",
    }
    url = f"{software.config['end_session_endpoint']}?"
    assert software.get(url + urlencode(hint | {"id_token_hint": "faux"})).status_code == 400
    assert software.get(url + urlencode(hint | {"post_logout_redirect_uri": "https://evil.test/"})).status_code == 400
    answer = software.get(url + urlencode(hint))
    assert answer.headers["Location"] == "http://127.0.0.1:8765/fin?state=s1"
    assert seen(journal, "end_session")[-1].facts["session"] == "fermée"
    assert not psc.accepts(tokens["access_token"])
    assert software.get(software.url()).status_code == 200, "la page de connexion est de nouveau montrée"
    psc.mutate("logout-no-state")
    assert software.get(url + urlencode(hint)).headers["Location"] == "http://127.0.0.1:8765/fin"


def test_sso_session_ends_after_thirty_idle_minutes(software: Software, clock: Clock) -> None:
    software.login()
    clock.now += 1801
    assert software.get(software.url()).status_code == 200


def test_a_token_too_long_for_http_is_refused_and_not_told(
    psc: Psc, pki: Pki, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The server cites what it could not read: a token would stand in the log."""
    address = f"{psc.issuer}/protocol/openid-connect/userinfo"
    headers = {"Authorization": f"Bearer SECRET{'a' * 9000}"}
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(address, headers=headers, verify=str(pki.trust), timeout=5).status_code == 400
    assert "SECRET" not in caplog.text + "".join(capfd.readouterr())

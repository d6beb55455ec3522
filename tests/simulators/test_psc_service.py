"""Pro Santé Connect as a software finds it: discovery, a full login, the shape of what it gives, what is written down."""

from __future__ import annotations

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jwt

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from tests.simulators.psc_kit import CALLBACK, Software, part, query, seen


def test_discovery_is_where_the_service_puts_it(software: Software, psc: Psc) -> None:
    assert psc.discovery.endswith("/.well-known/wallet-openid-configuration")
    assert software.config["issuer"] == psc.issuer and psc.issuer.startswith("https://localhost:")
    wallet, issuer = urlsplit(software.config["authorization_endpoint"]), urlsplit(psc.issuer)
    assert wallet.netloc != issuer.netloc and wallet.path == "/auth"
    standard = software.get(f"{psc.issuer}/.well-known/openid-configuration").json()
    page = software.get(standard["authorization_endpoint"])
    assert page.status_code == 400 and "utilisez wallet-openid-configuration" in page.text


def test_discovery_has_the_members_of_the_real_one(software: Software) -> None:
    folder = Path(os.environ.get("SEGUR_CI_SIS_PACK") or Path(__file__).parents[3] / "shared" / "data")
    captured = folder / "psc" / "discovery-bas.json"
    if not captured.exists():
        pytest.skip("document de découverte capturé absent")
    real = json.loads(captured.read_text(encoding="utf-8"))
    assert set(software.config) <= set(real)
    for name in (
        "grant_types_supported",
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
    ):
        assert set(software.config[name]) == set(real[name])


def test_full_login(software: Software, psc: Psc, journal: Journal) -> None:
    location = software.sign_in(software.url())
    back = query(location)
    assert location.startswith(CALLBACK)
    assert (back["state"], back["iss"]) == (software.state, psc.issuer) and back["session_state"]
    tokens = software.tokens(location)
    assert (tokens["expires_in"], tokens["refresh_expires_in"], tokens["token_type"]) == (120, 1800, "Bearer")
    keys = jwk.KeySet.import_key_set(software.get(software.config["jwks_uri"]).json())
    decoded = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    claims = decoded.claims
    assert claims["iss"] == psc.issuer and claims["aud"] == psc.client.id and claims["nonce"] == software.nonce
    assert claims["exp"] - claims["iat"] == 120 and claims["acr"] == "eidas1" and decoded.header["kid"]
    info = software.userinfo(tokens["access_token"]).json()
    assert info["sub"] == claims["sub"] and info["sub"].endswith(f":{psc.professional.id_national}")
    assert info["SubjectNameID"] == psc.professional.id_national and info["authMode"] == "CARD"
    assert info["SubjectRefPro"]["exercices"][0]["activities"][0]["codeSecteurDactivite"] == "SA07"
    request = seen(journal, "authorize")[0]
    assert request.facts["acr_values"] == "eidas1" and request.facts["pkce"] == "S256"
    assert {software.state, software.nonce} <= request.keys
    token = seen(journal, "token")[0]
    assert token.facts["client_auth"] == "basic" and token.facts["pkce"] == "S256"
    assert token.facts["redirect_uri"] == CALLBACK and token.facts["verdict"] == "accepté"
    assert {software.state, psc.professional.id_national} <= token.keys
    assert seen(journal, "userinfo")[0].facts["token_in"] == "header"


def test_userinfo_has_the_shape_of_the_real_one(software: Software) -> None:
    folder = Path(os.environ.get("SEGUR_CI_SIS_PACK") or Path(__file__).parents[3] / "shared" / "data")
    captured = folder / "psc" / "userinfo-1.json"
    if not captured.exists():
        pytest.skip("informations d’utilisateur capturées absentes")
    real = json.loads(captured.read_text(encoding="utf-8"))
    info = software.userinfo(software.login()["access_token"]).json()
    assert set(real) <= set(info)
    ours, theirs = info["SubjectRefPro"]["exercices"][0], real["SubjectRefPro"]["exercices"][0]
    assert set(ours) == set(theirs) and set(ours["activities"][0]) == set(theirs["activities"][0])


def test_no_secret_reaches_the_journal(software: Software, psc: Psc, journal: Journal) -> None:
    location = software.sign_in(software.url())
    tokens = software.tokens(location)
    software.userinfo(tokens["access_token"])
    software.get(f"{software.config['userinfo_endpoint']}?access_token={tokens['access_token']}")
    software.post("introspection_endpoint", token=tokens["access_token"])
    fresh = software.post("token_endpoint", grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    software.browser.post(software.config["token_endpoint"], json={"client_secret": psc.client.secret}, timeout=5)
    software.get(f"{software.config['end_session_endpoint']}?id_token_hint={tokens['id_token']}")
    kept = b"".join(path.read_bytes() for path in journal.folder.rglob("*") if path.is_file())
    secret = {"code": query(location)["code"], "client": psc.client.secret, "verifier": software.verifier}
    secret |= {name: tokens[name] for name in ("access_token", "refresh_token", "id_token")}
    secret |= {
        "fresh": fresh["access_token"],
        "basic": base64.b64encode(":".join(psc.client).encode()).decode(),
    }
    for name, value in secret.items():
        assert value.encode() not in kept, name
    code = seen(journal, "token")[0].request.body.decode()
    sent_back = seen(journal, "login")[0].response
    assert sent_back is not None
    masked = parse_qs(code)["code"][0]
    assert masked.startswith("[masqué, empreinte ") and masked in (sent_back.header("Location") or "")


def test_e_cps_is_told(software: Software) -> None:
    tokens = software.tokens(software.sign_in(software.url(), means="E-CPS"))
    assert software.userinfo(tokens["access_token"]).json()["authMode"] == "MOBILE"


def test_announced_but_closed_and_unknown_addresses(software: Software, psc: Psc, journal: Journal) -> None:
    closed = software.post("device_authorization_endpoint", scope="openid")
    assert closed.status_code == 400 and closed.json()["error"] == "unauthorized_client"
    assert software.get(f"{psc.issuer}/rien").status_code == 404
    assert software.get(f"{psc.wallet}/rien").status_code == 404
    assert len(seen(journal, "?")) == 2
    other = software.post("token_endpoint", grant_type="password", username="a", password="b")
    assert other.json()["error"] == "unsupported_grant_type"


def test_parallel_logins_lose_nothing(psc: Psc, pki: Pki, journal: Journal) -> None:
    def login(_: int) -> tuple[str, str]:
        software = Software(psc, str(pki.trust))
        tokens = software.login()
        return software.state, software.nonce if part(tokens["id_token"], 1)["nonce"] == software.nonce else ""

    with ThreadPoolExecutor(6) as pool:
        logins = list(pool.map(login, range(12)))
    for state, nonce in logins:
        operations = [exchange.operation for exchange in journal.exchanges(Channel.PSC, key=state)]
        assert nonce and operations == ["authorize", "login", "token"]

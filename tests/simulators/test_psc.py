"""Pro Santé Connect, used by Authlib as the software and by requests as the professional's browser."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwk, jwt
from joserfc.errors import BadSignatureError
from lxml import html

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.pki import Pki
from conformance.simulators.psc import MUTATIONS, Psc

CALLBACK = "http://127.0.0.1:8765/psc/retour"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psc(journal: Journal, pki: Pki, clock: Clock) -> Iterator[Psc]:
    service = Psc(journal, pki, clock=clock)
    service.start()
    yield service
    service.stop()


def form_of(page: requests.Response) -> Any:
    """The form of the login page."""
    document: Any = html.fromstring(page.content)
    return document.forms[0]


@dataclass
class Software:
    """A relying party and the browser in front of it."""

    psc: Psc
    trust: str
    scope: str = "openid scope_all"
    extra: dict[str, str] = field(default_factory=lambda: {"acr_values": "eidas1"})

    def __post_init__(self) -> None:
        self.verifier, self.nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        client, method = self.psc.client, "client_secret_basic"
        self.oauth = OAuth2Session(
            client.id,
            client.secret,
            method,
            scope=self.scope,
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
        )
        self.browser = requests.Session()
        for session in (self.oauth, self.browser):
            # A bundle named in the environment would win over the bench's.
            session.trust_env, session.verify = False, self.trust
        self.config = self.get(self.psc.discovery).json()

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.browser.get(url, allow_redirects=False, timeout=5, **options)

    def url(self) -> str:
        asked = {"nonce": self.nonce, "code_verifier": self.verifier, **self.extra}
        url, self.state = self.oauth.create_authorization_url(self.config["authorization_endpoint"], **asked)
        return str(url)

    def sign_in(self, url: str, action: str = "connecter", means: str = "CPS") -> str:
        """Fill the login page in; the address the browser is sent to."""
        form = form_of(self.get(url))
        sent = dict(form.form_values()) | {"action": action, "moyen": means}
        answer = self.browser.post(form.action, sent, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def tokens(self, location: str, verifier: str | None = None) -> dict[str, Any]:
        result = self.oauth.fetch_token(
            self.config["token_endpoint"],
            authorization_response=location,
            code_verifier=verifier or self.verifier,
        )
        return dict(result)

    def login(self) -> dict[str, Any]:
        return self.tokens(self.sign_in(self.url() + "&prompt=login"))

    def userinfo(self, token: str) -> requests.Response:
        return self.get(self.config["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"})

    def post(self, endpoint: str, **values: str) -> requests.Response:
        return self.browser.post(
            self.config[endpoint], values, auth=(self.psc.client.id, self.psc.client.secret), timeout=5
        )


@pytest.fixture
def software(psc: Psc, pki: Pki) -> Software:
    return Software(psc, str(pki.trust))


def query(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def seen(journal: Journal, operation: str) -> list[Exchange]:
    return [exchange for exchange in journal.exchanges(Channel.PSC) if exchange.operation == operation]


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


def test_cancelling_is_access_denied_and_a_page_serves_once(software: Software, journal: Journal) -> None:
    back = query(software.sign_in(software.url(), action="annuler"))
    assert back["error"] == "access_denied" and back["state"] == software.state and "code" not in back
    form = form_of(software.get(software.url()))
    for expected in (302, 400):
        sent = dict(form.form_values())
        assert software.browser.post(form.action, sent, allow_redirects=False, timeout=5).status_code == expected
    stranger = form_of(software.get(software.url() + "&prompt=login"))
    sent = dict(stranger.form_values()) | {"professionnel": "899900000021"}
    assert software.browser.post(stranger.action, sent, allow_redirects=False, timeout=5).status_code == 400


def test_e_cps_is_told(software: Software) -> None:
    tokens = software.tokens(software.sign_in(software.url(), means="E-CPS"))
    assert software.userinfo(tokens["access_token"]).json()["authMode"] == "MOBILE"


ASKED = {
    "response_type": "code",
    "scope": "openid scope_all",
    "redirect_uri": CALLBACK,
    "state": "s",
    "nonce": "n",
}
PAGES = {
    "client": {"client_id": "autre"},
    "redirect": {"redirect_uri": "https://evil.test/retour"},
    "scheme": {"redirect_uri": "https://127.0.0.1/retour"},
    "fragment": {"redirect_uri": CALLBACK + "#a"},
    "injection": {"redirect_uri": CALLBACK + "\r\nX: y"},
    "broken": {"redirect_uri": "http://[::1"},
}
ERRORS = {
    "unsupported_response_type": {"response_type": "token"},
    "invalid_scope": {"scope": "scope_all"},
    "invalid_request": {"code_challenge": "x", "code_challenge_method": "S512"},
    "login_required": {"prompt": "none"},
}


@pytest.mark.parametrize("name", PAGES)
def test_an_unsafe_request_stays_on_an_error_page(software: Software, psc: Psc, journal: Journal, name: str) -> None:
    asked = {"client_id": psc.client.id} | ASKED | PAGES[name]
    answer = software.get(f"{psc.wallet}?{urlencode(asked)}")
    assert answer.status_code == 400 and "Location" not in answer.headers and '<html lang="fr">' in answer.text
    assert seen(journal, "authorize")[-1].facts["verdict"] == "refusé"


@pytest.mark.parametrize("error", ERRORS)
def test_a_wrong_request_goes_back_with_its_error(software: Software, psc: Psc, error: str) -> None:
    asked = {"client_id": psc.client.id} | ASKED | ERRORS[error]
    back = query(software.get(f"{psc.wallet}?{urlencode(asked)}").headers["Location"])
    assert (back["error"], back["state"], back["iss"]) == (error, "s", psc.issuer)


def test_repeated_parameters_and_markup_are_harmless(software: Software, psc: Psc) -> None:
    twice = f"{psc.wallet}?{urlencode({'client_id': psc.client.id} | ASKED)}&state=autre"
    assert software.get(twice).status_code == 400
    shown = software.get(f"{psc.wallet}?{urlencode({'client_id': '<script>'})}&<script>=1&<script>=2").text
    assert "<script>" not in shown


def test_registered_addresses_are_exact(journal: Journal, pki: Pki, clock: Clock) -> None:
    psc = Psc(journal, pki, redirect_uris=["https://lps.test/retour"], clock=clock)
    psc.start()
    try:
        for uri, expected in (
            ("https://lps.test/retour", 200),
            ("https://lps.test/retour/", 400),
            (CALLBACK, 400),
        ):
            asked = {"client_id": psc.client.id} | ASKED | {"redirect_uri": uri}
            answer = requests.get(f"{psc.wallet}?{urlencode(asked)}", verify=str(pki.trust), timeout=5)
            assert answer.status_code == expected
    finally:
        psc.stop()


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


def test_announced_but_closed_and_unknown_addresses(software: Software, psc: Psc, journal: Journal) -> None:
    closed = software.post("backchannel_authentication_endpoint", scope="openid")
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

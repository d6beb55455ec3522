"""The relying party against a small Pro Santé Connect: the good login, and everything it must refuse."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.reference_lps.lps_kit import Answer, Asked, Pilot, Pki, Service, running, service

JSON = "application/json"
SUBJECT = "f:5c0e:889990000015"
CLIENT = {"client_id": "lps", "client_secret": "secret: ça"}


class Provider:
    """A small provider whose answers a test can bend: claims, header, keys, userinfo, discovery."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "cle-1", "use": "sig"})
        self.published = [self.key]
        self.url = ""
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.drop: tuple[str, ...] = ()
        self.sign: Callable[[dict[str, Any]], str] = self._sign
        self.userinfo: dict[str, Any] = {}
        self.token_status = 200
        self.discovery: dict[str, Any] = {}

    def answer(self, asked: Asked) -> Answer:
        """Reply to a request."""
        replies: dict[str, Callable[[], tuple[int, Any]]] = {
            "/realm/decouverte": lambda: (200, self._discovery()),
            "/realm/jeton": lambda: (self.token_status, self._tokens()),
            "/realm/cles": lambda: (200, {"keys": [key.as_dict(private=False) for key in self.published]}),
            "/realm/identite": lambda: (200, self._userinfo()),
        }
        status, body = replies.get(asked.path, lambda: (404, {}))()
        return status, JSON, json.dumps(body).encode()

    def _discovery(self) -> dict[str, Any]:
        base = f"{self.url}/realm"
        return {
            "issuer": base,
            "authorization_endpoint": "https://wallet.psc.test/auth",
            "token_endpoint": f"{base}/jeton",
            "userinfo_endpoint": f"{base}/identite",
            "jwks_uri": f"{base}/cles",
            "end_session_endpoint": f"{base}/fin",
            "authorization_response_iss_parameter_supported": True,
        } | self.discovery

    def _tokens(self) -> dict[str, Any]:
        now = int(time.time())
        half = hashlib.sha256(b"acces").digest()[:16]
        claims = {
            "iss": f"{self.url}/realm",
            "aud": "lps",
            "azp": "lps",
            "sub": SUBJECT,
            "exp": now + 120,
            "iat": now,
            "nonce": self.nonce,
            "acr": "eidas1",
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        } | self.claims
        token = self.sign({name: value for name, value in claims.items() if name not in self.drop})
        return {"access_token": "acces", "token_type": "Bearer", "id_token": token, "expires_in": 120}

    def _userinfo(self) -> dict[str, Any]:
        return {
            "sub": SUBJECT,
            "SubjectNameID": "889990000015",
            "family_name": "EXEMPLE",
            "given_name": "Camille",
            "SubjectRefPro": {"exercices": []},
            "ChampsAjoute": "",
        } | self.userinfo

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "cle-1"}, claims, self.key)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def psc(keys: Pki, provider: Provider) -> Iterator[Service]:
    with service(keys, provider.answer) as live:
        provider.url = live.url
        yield live


@pytest.fixture
def bench(keys: Pki, psc: Service, tmp_path: Path) -> Path:
    return keys.bench(tmp_path, psc={"decouverte": f"{psc.url}/realm/decouverte", **CLIENT})


@pytest.fixture
def pilot(bench: Path, tmp_path: Path) -> Iterator[Pilot]:
    with running(bench, tmp_path) as live:
        yield live


def begin(pilot: Pilot, provider: Provider) -> tuple[str, dict[str, str], str]:
    """Press the button: session id, authorization parameters, authorization page."""
    started = pilot.post("/connexions/psc")
    target = urllib.parse.urlsplit(started["url"])
    asked = dict(urllib.parse.parse_qsl(target.query))
    provider.nonce = asked["nonce"]
    return started["session"], asked, f"{target.scheme}://{target.netloc}{target.path}"


def come_back(pilot: Pilot, provider: Provider, asked: dict[str, str], **changes: str | None) -> int:
    """The browser returns; the status of the page it gets, redirects followed."""
    usual = {"code": "le-code", "state": asked["state"], "iss": f"{provider.url}/realm", "session_state": "x"}
    query = {name: value for name, value in (usual | changes).items() if value is not None}
    return pilot.browser.get(f"{pilot.url}/psc/retour", params=query, timeout=20).status_code


def state(pilot: Pilot, session: str) -> str:
    return str(pilot.get(f"/connexions/{session}")["etat"])


def home(pilot: Pilot) -> int:
    return pilot.browser.get(f"{pilot.url}/accueil", timeout=20).status_code


def test_a_login_then_a_logout(pilot: Pilot, provider: Provider, psc: Service) -> None:
    session, asked, page = begin(pilot, provider)
    assert page == "https://wallet.psc.test/auth"
    assert (asked["response_type"], asked["scope"], asked["acr_values"]) == (
        "code",
        "openid scope_all",
        "eidas1",
    )
    assert (asked["redirect_uri"], asked["client_id"]) == (f"{pilot.url}/psc/retour", "lps")
    assert min(len(asked["state"]), len(asked["nonce"])) >= 22
    assert (state(pilot, session), home(pilot)) == ("ATTENTE", 401)
    assert come_back(pilot, provider, asked) == 200
    shown = pilot.browser.get(f"{pilot.url}/accueil", timeout=20)
    assert "Connecté\u00a0: Camille EXEMPLE" in shown.text
    connected = pilot.get(f"/connexions/{session}")
    assert connected["utilisateur"] == {"id_national": "889990000015", "nom": "EXEMPLE", "prenom": "Camille"}
    _check_calls(psc, asked)
    end = urllib.parse.urlsplit(pilot.call("DELETE", f"/connexions/{session}").json()["url"])
    query = dict(urllib.parse.parse_qsl(end.query))
    assert (end.path, query["post_logout_redirect_uri"]) == ("/realm/fin", f"{pilot.url}/psc/fin")
    assert query["state"]
    assert query["id_token_hint"].count(".") == 2
    assert (state(pilot, session), home(pilot)) == ("REFUSE", 401)
    for answer in ({}, {"state": "autre"}):
        assert pilot.browser.get(f"{pilot.url}/psc/fin", params=answer, timeout=20).status_code == 200


def _check_calls(psc: Service, asked: dict[str, str]) -> None:
    token = next(one for one in psc.asked if one.path == "/realm/jeton")
    form = dict(urllib.parse.parse_qsl(token.body.decode()))
    digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
    assert (asked["code_challenge_method"], asked["code_challenge"]) == ("S256", digest.decode())
    assert form["redirect_uri"] == asked["redirect_uri"]
    pair = base64.b64decode(token.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "lps:" + urllib.parse.quote_plus(CLIENT["client_secret"])
    assert "secret" not in token.body.decode()
    info = next(one for one in psc.asked if one.path == "/realm/identite")
    assert (info.headers["authorization"], info.query) == ("Bearer acces", {})


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "inconnu"},
        {"state": None},
        {"iss": "https://autre.test"},
        {"iss": None},
        {"error": "access_denied", "code": None},
        {"error": "access_denied"},
        {"code": None},
    ],
)
def test_returns_that_are_refused_before_any_token(
    pilot: Pilot, provider: Provider, psc: Service, changes: dict[str, str | None]
) -> None:
    session, asked, _ = begin(pilot, provider)
    assert come_back(pilot, provider, asked, **changes) in {400, 403}
    assert (state(pilot, session), home(pilot)) == ("REFUSE", 401)
    assert "/realm/jeton" not in psc.paths()


def test_a_return_serves_once(pilot: Pilot, provider: Provider, psc: Service) -> None:
    session, asked, _ = begin(pilot, provider)
    assert come_back(pilot, provider, asked) == 200
    pilot.browser.cookies.clear()
    assert come_back(pilot, provider, asked) == 400
    assert (state(pilot, session), home(pilot)) == ("CONNECTE", 401)
    assert psc.paths().count("/realm/jeton") == 1


HS256 = OctKey.import_key("secret de quarante caractères au moins, ici")


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


BAD_TOKENS: dict[str, Callable[[Provider], None]] = {
    "iss": lambda one: one.claims.update(iss="https://autre.test"),
    "aud": lambda one: one.claims.update(aud="autre"),
    "aud-sans-azp": lambda one: one.claims.update(aud=["lps", "autre"], azp=None),
    "azp": lambda one: one.claims.update(azp="autre"),
    "exp": lambda one: one.claims.update(exp=int(time.time()) - 60),
    "exp-texte": lambda one: one.claims.update(exp="demain"),
    "iat-ancien": lambda one: one.claims.update(iat=int(time.time()) - 7 * 86400),
    "nonce": lambda one: one.claims.update(nonce="autre"),
    "acr": lambda one: one.claims.update(acr="0"),
    "at_hash": lambda one: one.claims.update(at_hash="autre"),
    "sans-aud": lambda one: setattr(one, "drop", ("aud",)),
    "sans-iat": lambda one: setattr(one, "drop", ("iat",)),
    "sans-exp": lambda one: setattr(one, "drop", ("exp",)),
    "sans-sub": lambda one: setattr(one, "drop", ("sub",)),
    "sans-nonce": lambda one: setattr(one, "drop", ("nonce",)),
    "signature": lambda one: setattr(one, "key", RSAKey.generate_key(2048)),
    "alg-none": lambda one: setattr(one, "sign", _unsigned),
    "alg-hs256": lambda one: setattr(
        one, "sign", lambda claims: jwt.encode({"alg": "HS256", "kid": "cle-1"}, claims, HS256)
    ),
    "kid-inconnu": lambda one: setattr(
        one, "sign", lambda claims: jwt.encode({"alg": "RS256", "kid": "autre"}, claims, one.key)
    ),
    "illisible": lambda one: setattr(one, "sign", lambda claims: "a.b"),
    "jeton-refuse": lambda one: setattr(one, "token_status", 400),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_tokens_that_are_refused_before_userinfo(pilot: Pilot, provider: Provider, psc: Service, name: str) -> None:
    session, asked, _ = begin(pilot, provider)
    BAD_TOKENS[name](provider)
    assert come_back(pilot, provider, asked) == 403
    assert (state(pilot, session), home(pilot)) == ("REFUSE", 401)
    assert pilot.get(f"/connexions/{session}")["message"]
    assert "/realm/identite" not in psc.paths()


@pytest.mark.parametrize("info", [{"sub": "f:5c0e:autre"}, {"SubjectNameID": ""}])
def test_a_userinfo_of_somebody_else_is_refused(pilot: Pilot, provider: Provider, info: dict[str, str]) -> None:
    session, asked, _ = begin(pilot, provider)
    provider.userinfo = info
    assert come_back(pilot, provider, asked) == 403
    assert (state(pilot, session), home(pilot)) == ("REFUSE", 401)


@pytest.mark.parametrize("acr", ["eidas1", "eidas2", "eidas3"])
def test_a_higher_level_is_accepted(pilot: Pilot, provider: Provider, acr: str) -> None:
    _, asked, _ = begin(pilot, provider)
    provider.claims = {"acr": acr}
    assert come_back(pilot, provider, asked) == 200


def test_names_are_shown_as_text(pilot: Pilot, provider: Provider) -> None:
    _, asked, _ = begin(pilot, provider)
    provider.userinfo = {"family_name": "<script>\ud800", "given_name": ""}
    assert come_back(pilot, provider, asked) == 200
    assert "<script>" not in pilot.browser.get(f"{pilot.url}/accueil", timeout=20).text


def test_rotated_keys_are_read_again(pilot: Pilot, provider: Provider, psc: Service) -> None:
    _, asked, _ = begin(pilot, provider)
    assert come_back(pilot, provider, asked) == 200
    fresh = RSAKey.generate_key(2048, {"kid": "cle-2", "use": "sig"})
    provider.published = [fresh]
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "cle-2"}, claims, fresh)
    _, asked, _ = begin(pilot, provider)
    assert come_back(pilot, provider, asked) == 200
    assert psc.paths().count("/realm/cles") == 2


def test_a_provider_that_cannot_be_heard(pilot: Pilot, provider: Provider) -> None:
    provider.discovery = {"token_endpoint": None}
    started = pilot.post("/connexions/psc")
    assert started["url"] is None
    assert state(pilot, started["session"]) == "REFUSE"


def test_no_redirection_to_elsewhere(pilot: Pilot, provider: Provider) -> None:
    _, asked, _ = begin(pilot, provider)
    query = {
        "code": "c",
        "state": asked["state"],
        "iss": f"{provider.url}/realm",
        "returnTo": "https://mal.test",
    }
    answer = pilot.browser.get(f"{pilot.url}/psc/retour", params=query, allow_redirects=False, timeout=20)
    assert answer.headers["Location"] == "/accueil"
    assert "HttpOnly" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("defect", "changes", "claims"),
    [
        ("psc-accepts-any-state", {"state": "inconnu"}, {}),
        ("psc-accepts-wrong-nonce", {}, {"nonce": "autre"}),
    ],
)
def test_defects_that_let_a_login_through(
    bench: Path,
    tmp_path: Path,
    provider: Provider,
    defect: str,
    changes: dict[str, str | None],
    claims: dict[str, str],
) -> None:
    with running(bench, tmp_path, defect) as pilot:
        session, asked, _ = begin(pilot, provider)
        provider.claims = dict(claims)
        assert come_back(pilot, provider, asked, **changes) == 200
        assert state(pilot, session) == "CONNECTE"


def test_defects_of_the_addresses(bench: Path, tmp_path: Path, provider: Provider) -> None:
    names = ("psc-without-eidas1", "psc-login-url-from-issuer", "psc-no-single-logout")
    with running(bench, tmp_path, *names) as pilot:
        session, asked, page = begin(pilot, provider)
        assert "acr_values" not in asked
        assert page == f"{provider.url}/realm/protocol/openid-connect/auth"
        assert come_back(pilot, provider, asked) == 200
        assert pilot.call("DELETE", f"/connexions/{session}").json() == {"url": None}
        assert home(pilot) == 401

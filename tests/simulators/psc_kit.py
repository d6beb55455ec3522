"""What the tests of the simulated Pro Santé Connect share: Authlib as the software, requests as the browser."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from lxml import html

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.psc import Psc

CALLBACK = "http://127.0.0.1:8765/psc/retour"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


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


def query(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def seen(journal: Journal, operation: str) -> list[Exchange]:
    return [exchange for exchange in journal.exchanges(Channel.PSC) if exchange.operation == operation]

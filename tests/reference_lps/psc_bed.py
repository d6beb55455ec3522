"""A relying party and a simulated provider in one process, on one clock, with the browser between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from lxml import html

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.reference_lps.accounts import Accounts
from conformance.reference_lps.psc import PscClient
from conformance.reference_lps.psc.login import Login
from conformance.reference_lps.psc.token import PscError
from conformance.reference_lps.types import Bench as Settings
from conformance.reference_lps.types import Credential, Professional
from conformance.simulators.psc import Psc

BASE = "http://127.0.0.1:9"
HINT = "889990000013"


class Clock:
    """The time of both sides."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Bed:
    """A provider, a relying party, and the browser between them."""

    def __init__(self, psc: Psc, journal: Journal, clock: Clock, folder: Path) -> None:
        self.psc, self.journal, self.clock = psc, journal, clock
        self.pki = psc._pki
        pair = self.pki.pair("org_auth")
        raw: dict[str, Any] = {
            "professionnel": psc.professional.data,
            "confiance": str(self.pki.trust),
            "certificats": {"org_auth": {"certificat": str(pair.certificate), "cle": str(pair.key)}},
            "psc": {"decouverte": psc.discovery, "client_id": psc.client.id, "client_secret": psc.client.secret},
        }
        who = Professional(**psc.professional.data)
        self.settings = Settings(folder, raw, who, {"org_auth": Credential(pair.certificate, pair.key)}, self.pki.trust)
        self.folder = folder

    def software(self, lapses: set[str] = frozenset()) -> PscClient:  # type: ignore[assignment]
        """A relying party with those lapses and its own accounts."""
        silent = frozenset({"psc-merges-silently"} if "merges" in lapses else ())
        accounts = Accounts(self.folder / f"{len(list(self.folder.iterdir()))}.sqlite3", silent)
        return PscClient(
            self.settings,
            BASE,
            lapses=frozenset(lapses),
            clock=self.clock,
            wait=self.clock.wait,
            accounts=accounts.reconciled,
        )

    def browser(self) -> requests.Session:
        session = requests.Session()
        session.trust_env, session.verify = False, str(self.pki.trust)
        return session

    def log_in(self, software: PscClient) -> Login | None:
        """A whole login by browser; None when the return was nobody's."""
        login, url = software.start()
        assert url is not None
        with self.browser() as browser:
            form: Any = html.fromstring(browser.get(url, timeout=5).content).forms[0]
            sent = browser.post(form.action, dict(form.form_values()), allow_redirects=False, timeout=5)
        try:
            return software.come_back(dict(parse_qsl(urlsplit(sent.headers["Location"]).query)))
        except PscError:
            return software.login(login.id)

    def exchanges(self, start: int = 0) -> list[Exchange]:
        return self.journal.exchanges(Channel.PSC)[start:]

"""The authorization endpoint of the simulated Pro Santé Connect: what it refuses, and how."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import requests

from conformance.journal import Journal
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from tests.simulators.psc_kit import CALLBACK, Clock, Software, form_of, query, seen


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
    "scheme": {"redirect_uri": "ftp://127.0.0.1/retour"},
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


def test_a_local_server_may_have_tls(software: Software, psc: Psc) -> None:
    asked = {"client_id": psc.client.id} | ASKED | {"redirect_uri": "https://localhost:8443/retour"}
    assert software.get(f"{psc.wallet}?{urlencode(asked)}").status_code == 200

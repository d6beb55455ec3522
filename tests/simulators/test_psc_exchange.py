"""A client certificate instead of a secret, and a professional's token exchanged for one of an API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from conformance.journal import Journal
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from conformance.simulators.psc.exchange import GRANT
from tests.simulators.psc_kit import Clock, Software, query, seen

ACCESS = "urn:ietf:params:oauth:token-type:access_token"
Post = Callable[..., requests.Response]


@pytest.fixture
def post(pki: Pki) -> Post:
    """Posts a form, with a certificate of the bench when it is named."""

    def send(url: str, name: str | None = "org_auth", **form: str) -> requests.Response:
        pair = pki.pair(name) if name else None
        cert = (str(pair.certificate), str(pair.key)) if pair else None
        return requests.post(url, form, cert=cert, verify=str(pki.trust), timeout=5)

    return send


def test_a_certificate_stands_for_the_secret(software: Software, psc: Psc, post: Post, journal: Journal) -> None:
    asked = {"grant_type": "authorization_code", "client_id": psc.client.id, "code_verifier": software.verifier}
    asked |= {"redirect_uri": "http://127.0.0.1:8765/psc/retour"}
    code = query(software.sign_in(software.url()))["code"]
    url = software.config["mtls_endpoint_aliases"]["token_endpoint"]
    assert post(url, "cps_auth", code=code, **asked).status_code == 401
    assert post(url, code=code, **asked | {"client_id": "autre"}).status_code == 401
    assert post(url, code=code, **asked).status_code == 200
    assert seen(journal, "token")[-1].facts["client_auth"] == "tls"


def test_the_certificate_may_be_required(software: Software, psc: Psc, post: Post) -> None:
    psc.require_certificate()
    url = software.config["introspection_endpoint"]
    named = {"client_id": psc.client.id, "client_secret": psc.client.secret, "token": "x"}
    assert post(url, None, **named).status_code == 401
    assert post(url, **named).json() == {"active": False}
    psc.require_certificate(required=False)
    assert post(url, None, **named).status_code == 200


def test_a_token_is_exchanged_and_bound_to_the_certificate(
    software: Software, psc: Psc, pki: Pki, post: Post, journal: Journal, clock: Clock
) -> None:
    subject = software.login()["access_token"]
    asked = {"grant_type": GRANT, "subject_token": subject, "subject_token_type": ACCESS, "scope": "insi"}
    assert post(psc.api_token, None, **asked).status_code == 401
    assert post(psc.api_token, **asked | {"scope": ""}).json()["error"] == "invalid_scope"
    assert post(psc.api_token, **asked | {"subject_token_type": "x"}).json()["error"] == "invalid_request"
    assert post(psc.api_token, **asked | {"grant_type": "x"}).json()["error"] == "unsupported_grant_type"
    assert post(psc.api_token, **asked | {"subject_token": "x"}).json()["error"] == "invalid_grant"
    given = post(psc.api_token, **asked).json()
    assert (given["token_type"], given["issued_token_type"], given["expires_in"]) == ("Bearer", ACCESS, 3600)
    told = seen(journal, "echange")[-1]
    assert told.facts["utilisateur"] == psc.professional.id_national in told.keys
    said = post(f"{psc.api_token}/introspect", token=given["access_token"]).json()
    assert said["active"] and said["preferred_username"] == psc.professional.id_national and said["cnf"]["x5t#S256"]
    assert post(f"{psc.api_token}/introspect", None, token=given["access_token"]).status_code == 401
    assert psc.api_holder(given["access_token"], pki.pair("org_auth").der) == psc.professional.id_national
    assert psc.api_holder(given["access_token"], pki.pair("org_sign").der) is None, "lié à son certificat"
    clock.now += 121
    assert post(psc.api_token, **asked).json()["error"] == "invalid_grant", "le jeton du professionnel est mort"
    clock.now += 3600
    assert post(f"{psc.api_token}/introspect", token=given["access_token"]).json() == {"active": False}
    kept = b"".join(path.read_bytes() for path in journal.folder.rglob("*") if path.is_file())
    assert given["access_token"].encode() not in kept and subject.encode() not in kept

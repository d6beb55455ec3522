"""Who logs in at the simulated providers, what is said of them, and the plain provider of a structure."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from conformance.journal import Journal
from conformance.simulators.people import COLLEAGUES
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from tests.simulators.psc_kit import Clock, Software, form_of, part, query, seen


def info(software: Software, tokens: dict[str, Any]) -> dict[str, Any]:
    return dict(software.userinfo(tokens["access_token"]).json())


def test_another_professional_may_log_in(software: Software) -> None:
    form = form_of(software.get(software.url()))
    assert len(form.inputs["professionnel"].value_options) == 3
    sent = dict(form.form_values()) | {"professionnel": COLLEAGUES[1].id_national}
    back = software.browser.post(form.action, sent, allow_redirects=False, timeout=5).headers["Location"]
    tokens = software.tokens(back)
    assert info(software, tokens)["SubjectNameID"] == COLLEAGUES[1].id_national
    assert part(tokens["id_token"], 1)["sub"].endswith(COLLEAGUES[1].id_national)


def test_shapes_of_the_user_information(software: Software, psc: Psc) -> None:
    tokens = software.login()

    def shaped(name: str) -> dict[str, Any]:
        psc.mutate(f"userinfo-{name}")
        told = info(software, tokens)
        assert told["sub"] == part(tokens["id_token"], 1)["sub"]
        assert told["SubjectNameID"] == psc.professional.id_national
        return told

    practices = shaped("several")["SubjectRefPro"]["exercices"]
    assert [len(one["activities"]) for one in practices] == [2, 1]
    empty = shaped("empty")
    assert (
        empty["SubjectOrganization"]
        == ""
        == empty["SubjectRefPro"]["exercices"][0]["activities"][0]["codeModeExercice"]
    )
    assert shaped("unknown")["objetAjoute"] == {"a": [1, None]}
    minimal = shaped("minimal")
    assert "otherIds" not in minimal and "activities" not in minimal["SubjectRefPro"]["exercices"][0]
    assert "SubjectRefPro" not in shaped("no-refpro")


def test_the_same_person_under_another_subject_and_the_reverse(software: Software, psc: Psc) -> None:
    usual = info(software, software.login())
    psc.mutate("other-sub")
    other = info(software, software.login())
    assert other["SubjectNameID"] == usual["SubjectNameID"] and other["sub"] != usual["sub"]
    psc.mutate("other-rpps")
    stranger = info(software, software.login())
    assert stranger["sub"] == usual["sub"] and stranger["SubjectNameID"] != usual["SubjectNameID"]


def test_lifetimes_can_be_shortened_and_given_back(software: Software, psc: Psc, clock: Clock) -> None:
    psc.live(access_s=2)
    token = software.login()["access_token"]
    clock.now += 2
    assert not psc.accepts(token)
    psc.live()
    assert software.login()["expires_in"] == 120


def test_four_hours_end_everything(software: Software, clock: Clock) -> None:
    tokens = software.login()
    for _ in range(8):
        clock.now += 1790
        tokens = software.oauth.refresh_token(software.config["token_endpoint"], tokens["refresh_token"])
    clock.now += 200
    answer = software.post("token_endpoint", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"
    assert software.get(software.url()).status_code == 200, "la page de connexion est de nouveau montrée"


class Plain(Software):
    """The same software, at the plain provider."""

    def get(self, url: str, **options: Any) -> requests.Response:
        return super().get(self.psc.plain_discovery if url == self.psc.discovery else url, **options)


def test_a_plain_provider_stands_beside(psc: Psc, pki: Pki, journal: Journal) -> None:
    software = Plain(psc, str(pki.trust), scope="openid profile email", extra={})
    assert software.config["issuer"] != psc.issuer
    assert software.config["authorization_endpoint"].startswith(software.config["issuer"])
    tokens = software.login()
    claims, told = part(tokens["id_token"], 1), info(software, tokens)
    assert claims["iss"] == software.config["issuer"] and claims["acr"] == "1"
    assert told["email"].endswith("@structure.test") and not {"SubjectNameID", "otherIds"} & set(told)
    assert query(software.sign_in(software.url() + "&prompt=login"))["iss"] == software.config["issuer"]
    assert len(seen(journal, "fournisseur token")) == 1 and not seen(journal, "token")
    assert not psc.accepts(tokens["access_token"]), "Pro Santé Connect n’a pas donné ce jeton"
    psc.mutate("idt-wrong-iss")
    assert part(software.login()["id_token"], 1)["iss"] != software.config["issuer"]


@pytest.mark.parametrize("name", ["wallet-openid-configuration"])
def test_the_plain_provider_has_the_standard_discovery_only(psc: Psc, software: Software, name: str) -> None:
    address = psc.plain_discovery.replace("openid-configuration", name)
    assert software.get(address).status_code == 404

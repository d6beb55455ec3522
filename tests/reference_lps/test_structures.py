"""The entrance of third-party structures of the reference LPS, met by requests, curl and openssl."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from lps_kit import Pilot, Pki, running

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.simulators.people import ORGANISATION, THIRD_PARTY
from conformance.simulators.pki import Pki as BenchPki
from conformance.simulators.revocation import Revocation

SHUT = requests.exceptions.ConnectionError


class House:
    """An LPS, the bench's certificates, and where their revocation is told."""

    def __init__(self, pki: BenchPki, revocation: Revocation, journal: Journal, pilot: Pilot) -> None:
        self.pki, self.revocation, self.journal, self.pilot = pki, revocation, journal, pilot

    @property
    def url(self) -> str:
        return str(self.pilot.get("/etat")["structure_tierce"]["url"])

    def knock(self, name: str | None) -> requests.Response:
        """Read the entrance, trusting the bench alone."""
        pair = None if name is None else self.pki.pair(name)
        with requests.Session() as client:
            client.trust_env = False
            cert = None if pair is None else (str(pair.certificate), str(pair.key))
            return client.get(self.url, verify=str(self.pki.trust), cert=cert, timeout=10)

    def lists_asked(self) -> int:
        return sum(one.operation == "CRL" for one in self.journal.exchanges(Channel.MSS))

    def last(self) -> dict[str, Any]:
        """The last line of the journal of accounts."""
        line: dict[str, Any] = self.pilot.get("/journaux/comptes")["lignes"][-1]
        return line


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BenchPki, Revocation, Journal]]:
    folder = tmp_path_factory.mktemp("banc")
    journal, pki = Journal(folder / "run"), BenchPki(folder / "pki")
    revocation = Revocation(journal, pki)
    revocation.start()
    pki.revocation = revocation.url
    yield pki.create(), revocation, journal
    revocation.stop()
    journal.close()


@pytest.fixture
def opened(place: tuple[BenchPki, Revocation, Journal], keys: Pki, tmp_path: Path) -> Iterator[Any]:
    """Start an LPS whose only account of a structure is ``who``'s, with these defects."""
    pki, revocation, journal = place

    def start(*defects: str, who: str = THIRD_PARTY.id_structure) -> House:
        own = pki.pair("org_server")
        pairs = {"org_server": {"certificat": str(own.certificate), "cle": str(own.key)}}
        services = {"confiance": str(pki.trust), "certificats": pairs, "structure_tierce": {"id_structure": who}}
        pilot = stack.enter_context(running(keys.bench(tmp_path, **services), tmp_path, *defects))
        return House(pki, revocation, journal, pilot)

    with ExitStack() as stack:
        yield start
    revocation.down = False


def test_a_certificate_of_authentication_or_a_seal_opens_and_it_is_traced(opened: Any) -> None:
    house = opened()
    for name, usage in (("third_auth", "authentification"), ("third_sign", "cachet")):
        answer = house.knock(name)
        assert (answer.status_code, answer.json()["structure"]) == (200, THIRD_PARTY.id_structure)
        assert answer.json()["certificat"]["usage"] == usage
        line = house.last()
        assert (line["auteur"], line["nature"], line["resultat"]) == (THIRD_PARTY.id_structure, "CONNEXION", "SUCCES")


@pytest.mark.parametrize("name", ["third_expired", "third_untrusted", None])
def test_the_handshake_ends_without_a_certificate_of_the_authority_in_its_dates(opened: Any, name: str | None) -> None:
    house = opened()
    with pytest.raises(SHUT):
        house.knock(name)
    assert house.knock("third_auth").status_code == 200


@pytest.mark.parametrize(
    ("name", "words"),
    [("third_revoked", "révoqué"), ("cps_auth", "de structure"), ("org_auth", "pas de compte")],
)
def test_a_certificate_that_opens_nothing_is_told_why_and_traced(opened: Any, name: str, words: str) -> None:
    house = opened()
    answer = house.knock(name)
    assert answer.status_code == 403 and words in answer.json()["erreur"]
    line = house.last()
    assert line["resultat"] == "ECHEC" and words in line["detail"]


def test_a_list_is_asked_for_once_and_what_cannot_be_verified_is_refused(opened: Any) -> None:
    house = opened()
    house.revocation.down = True
    refused = house.knock("third_auth")
    assert refused.status_code == 403 and "ne peut être obtenue" in refused.json()["erreur"]
    house.revocation.down, before = False, house.lists_asked()
    assert [house.knock(name).status_code for name in ("third_auth", "third_revoked", "third_auth")] == [200, 403, 200]
    assert house.lists_asked() == before + 1
    house.revocation.down = True
    assert house.knock("third_auth").status_code == 200, "the list still holds"


def test_a_certificate_that_names_no_list_is_refused(opened: Any) -> None:
    answer = opened(who=ORGANISATION.id_structure).knock("org_auth")
    assert answer.status_code == 403 and "ne peut être obtenue" in answer.json()["erreur"]


@pytest.mark.parametrize(
    ("defect", "name"),
    [
        ("ie-structure-revocation-ignored", "third_revoked"),
        ("ie-structure-without-certificate", None),
        ("ie-structure-any-authority", "third_untrusted"),
        ("ie-structure-accepts-expired", "third_expired"),
    ],
)
def test_a_defect_lets_in_whom_it_names_and_nobody_else(opened: Any, defect: str, name: str | None) -> None:
    house = opened(defect)
    inside = []
    for shown in ("third_auth", "third_revoked", "third_expired", "third_untrusted", "cps_auth", None):
        try:
            inside += [shown] if house.knock(shown).status_code == 200 else []
        except SHUT:
            continue
    assert inside == ["third_auth", name]


def test_without_a_third_party_there_is_no_entrance(pilot: Pilot) -> None:
    assert "structure_tierce" not in pilot.get("/etat")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl n’est pas installé")
def test_curl_opens_a_connection(opened: Any) -> None:
    house = opened()
    told = {}
    for name in ("third_auth", "third_revoked", "third_expired"):
        pair = house.pki.pair(name)
        command = ["curl", "-s", "--cacert", str(house.pki.trust), "--cert", str(pair.certificate)]
        command += ["--key", str(pair.key), "-o", str(pair.certificate.with_suffix(".out")), "-w", "%{http_code}"]
        done = subprocess.run([*command, house.url], capture_output=True, text=True, timeout=20, check=False)
        told[name] = done.stdout
    assert told == {"third_auth": "200", "third_revoked": "403", "third_expired": "000"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n’est pas installé")
def test_openssl_sees_what_the_entrance_asks_for(opened: Any) -> None:
    house = opened()
    address = house.url.removeprefix("https://").partition("/")[0]
    command = ["openssl", "s_client", "-connect", address, "-CAfile", str(house.pki.trust)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
    assert "Verify return code: 0 (ok)" in done.stdout
    assert "Requested Signature Algorithms" in done.stdout
    for version in ("-tls1", "-tls1_1"):
        older = subprocess.run([*command, version], input="", capture_output=True, text=True, timeout=20, check=False)
        assert older.returncode != 0

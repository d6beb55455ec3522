"""The INSi service called by a third-party SOAP client (zeep) over the published WSDL: addressing is zeep's own."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import zeep
from zeep.exceptions import Fault
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.identity import Identity, has_valid_key, invent
from conformance.simulators.insi import Insi
from conformance.simulators.pki import Pki
from tests.conftest import ROOT
from tests.flow.flow_kit import someone

WSDL = ROOT / "docs" / "insi-simule.wsdl"
WHO = invent(7, "zeep")


class Client:
    """A zeep client by organisation certificate."""

    def __init__(self, insi: Insi, pki: Pki) -> None:
        session = requests.Session()
        session.trust_env = False
        pair = pki.pair("org_auth")
        session.verify, session.cert = str(pki.trust), (str(pair.certificate), str(pair.key))
        self._zeep = zeep.Client(str(WSDL), transport=Transport(session=session), plugins=[WsAddressingPlugin()])
        self._service = self._zeep.create_service("{urn:banc:insi}InsiSoap12", insi.url)
        context = self._zeep.get_element("{urn:siram:lps:ctxlps}ContexteLPS")
        lps = {"IDAM": {"_value_1": "AUT1", "R": "4"}, "Nom": "urn:lps:ZEEP:1.0"}
        self._headers = [context(LPS=lps, Nature="CTXLPS", Version="01_00")]

    def search(self, **changes: object) -> object:
        asked: dict[str, object] = {
            "NomNaissance": WHO.nom_naissance,
            "Prenom": [WHO.premier_prenom],
            "Sexe": WHO.sexe,
            "DateNaissance": WHO.date_naissance,
        }
        return self._service.rechercherInsAvecTraitsIdentite(**(asked | changes), _soapheaders=self._headers)

    def recover(self, person: Identity) -> dict[str, Any]:
        """The whole answer about a person, by all the traits of theirs that the service takes."""
        traits = {"NomNaissance": person.nom_naissance, "Prenom": person.prenoms.split(), "Sexe": person.sexe}
        born = {"DateNaissance": person.date_naissance, "LieuNaissance": person.lieu_naissance}
        answer = zeep.helpers.serialize_object(self.search(**traits, **born))
        assert isinstance(answer, dict)
        return answer

    def verify(self, key: str = WHO.matricule[13:]) -> str:
        number = {"NumIdentifiant": WHO.matricule[:13], "Cle": key}
        supplied = {"IdIndividu": number, "OID": WHO.oid}
        traits = {"NomNaissance": WHO.nom_naissance, "ListePrenom": WHO.prenoms, "Sexe": WHO.sexe}
        traits["DateNaissance"] = WHO.date_naissance
        answer = self._service.verifierInsAvecTraitsIdentite(
            INSFourni=supplied, TraitsIdentiteIndividu=traits, _soapheaders=self._headers
        )
        return str(answer)


@pytest.fixture
def client(insi: Insi, pki: Pki) -> Client:
    return Client(insi, pki)


def test_zeep_recovers_an_identity(insi: Insi, client: Client) -> None:
    insi.answers(WHO, history=[{"matricule": invent(7, "zeep", 1).matricule, "DateFin": "2020-01-01"}])
    found = zeep.helpers.serialize_object(client.search())
    assert found["CR"] == {"CodeCR": "00", "LibelleCR": "OK"}
    active, known = found["INDIVIDU"]["INSACTIF"], found["INDIVIDU"]["TIQ"]
    assert active["IdIndividu"]["NumIdentifiant"] + active["IdIndividu"]["Cle"] == WHO.matricule
    assert (known["ListePrenom"], known["LieuNaissance"]) == (WHO.prenoms, WHO.lieu_naissance)
    assert found["INDIVIDU"]["INSHISTO"][0]["DateFin"] == "2020-01-01"


@pytest.mark.parametrize("code", ["01", "02"])
def test_zeep_reads_an_answer_without_anybody(insi: Insi, client: Client, code: str) -> None:
    insi.answers(WHO, code=code)
    found = zeep.helpers.serialize_object(client.search())
    assert found["CR"]["CodeCR"] == code and found["INDIVIDU"] is None


def test_zeep_verifies_and_every_exchange_is_recorded(insi: Insi, client: Client, journal: Journal) -> None:
    insi.verifies(WHO)
    assert client.verify() == "OK"
    insi.verifies(WHO, ok=False)
    assert client.verify() == "KO"
    calls = journal.exchanges(Channel.INSI, key=WHO.matricule)
    assert [call.facts["resultat"] for call in calls] == ["OK", "KO"]
    assert {call.facts["mode"] for call in calls} == {"ORG"}


def test_zeep_raises_the_faults_of_the_service(insi: Insi, client: Client) -> None:
    insi.answers(WHO)
    with pytest.raises(Fault, match="Erreur technique"):
        client.search(NomNaissance="éèà")
    insi.fault("siram-40")
    with pytest.raises(Fault) as raised:
        client.search()
    assert "insi_102" in zeep.wsdl.utils.etree_to_string(raised.value.detail).decode()


POPULATION: dict[str, tuple[Identity, dict[str, str | None]]] = {
    "clean": (WHO, {}),
    "day unknown": (WHO, {"DateNaissance": f"{WHO.date_naissance[:7]}-00"}),
    "day and month unknown": (WHO, {"DateNaissance": f"{WHO.date_naissance[:4]}-00-00"}),
    "no name": (WHO, {"NomNaissance": None}),
    "empty name": (WHO, {"NomNaissance": ""}),
    "no first names": (WHO, {"ListePrenom": None}),
    "no sex": (WHO, {"Sexe": None}),
    "no date": (WHO, {"DateNaissance": None}),
    "no place": (WHO, {"LieuNaissance": None}),
    "other first names": (WHO, {"ListePrenom": "AUTRE ENCORE"}),
    "NIA": (someone(11), {}),
    "Corsica": (someone(9), {}),
    "long name": (WHO.with_(nom_naissance=f"D'ARBELAY--LE TALLEC {'B' * 40}"), {}),
}
"""What a real test environment does not hold: a person, and what the service returns instead of what it knows."""


@pytest.mark.parametrize("name", POPULATION)
def test_zeep_recovers_everybody_of_the_population(insi: Insi, client: Client, name: str) -> None:
    person, returned = POPULATION[name]
    insi.answers(person, returned=returned)
    found = client.recover(person)
    active, known = found["INDIVIDU"]["INSACTIF"], found["INDIVIDU"]["TIQ"]
    assert found["CR"]["CodeCR"] == "00"
    assert active["IdIndividu"]["NumIdentifiant"] + active["IdIndividu"]["Cle"] == person.matricule
    own = {
        "NomNaissance": person.nom_naissance,
        "ListePrenom": person.prenoms,
        "Sexe": person.sexe,
        "DateNaissance": person.date_naissance,
        "LieuNaissance": person.lieu_naissance,
    }
    expected = own | returned
    assert {trait: known[trait] or "" for trait in own} == {trait: expected[trait] or "" for trait in own}


def test_the_population_is_what_it_says() -> None:
    nia, corsican, long = (POPULATION[name][0] for name in ("NIA", "Corsica", "long name"))
    assert nia.matricule[0] in "78" and corsican.matricule[5:7] in ("2A", "2B") and len(long.nom_naissance) >= 54
    assert all(has_valid_key(person.matricule) for person in (nia, corsican, long))


@pytest.mark.parametrize(("fault", "told"), [("tls-refused", "EOF|handshake|alert"), ("tls-expired", "expired")])
def test_a_tls_session_is_refused_or_shown_an_expired_certificate(insi: Insi, pki: Pki, fault: str, told: str) -> None:
    insi.answers(WHO)
    insi.fault(fault)
    with pytest.raises(requests.exceptions.SSLError, match=told):
        Client(insi, pki).recover(WHO)
    insi.clear()
    assert Client(insi, pki).recover(WHO)["CR"]["CodeCR"] == "00"
    with pytest.raises(ValueError, match="tout le monde"):
        insi.fault(fault, WHO)

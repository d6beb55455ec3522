"""The INSi service called by a third-party SOAP client (zeep) over the published WSDL: addressing is zeep's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import zeep
from zeep.exceptions import Fault
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.identity import invent
from conformance.simulators.insi import Insi
from conformance.simulators.pki import Pki
from tests.conftest import ROOT

WSDL = ROOT / "docs" / "insi-simule.wsdl"
WHO = invent(7, "zeep")


@pytest.fixture
def insi(journal: Journal, pki: Pki) -> Iterator[Insi]:
    service = Insi(journal, pki)
    service.start()
    yield service
    service.stop()


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

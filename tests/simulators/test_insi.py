"""What INSi answers, and its faults by name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lxml import etree

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.identity import INS_TEST, Identity, invent
from conformance.simulators.insi import Insi
from conformance.simulators.pki import Pki
from tests.simulators.insi_kit import (
    ACTION,
    RESULT,
    VERIFY,
    WHO,
    Caller,
    envelope,
    last,
    search,
    text,
    verification,
)


def test_recovery_gives_the_person_back(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    number = f"uuid:{uuid.uuid4()}"
    answer = caller.post(envelope(search(), message_id=number))
    root = etree.fromstring(answer.content)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/soap+xml;")
    assert root.findtext(".//{http://www.w3.org/2005/08/addressing}RelatesTo") == number
    assert text(answer, "CodeCR") == "00"
    assert f"{text(answer, 'NumIdentifiant')}{text(answer, 'Cle')}" == WHO.matricule
    assert text(answer, "OID") == INS_TEST
    assert text(answer, "ListePrenom") == WHO.prenoms
    seen = last(journal)
    assert seen.keys == {WHO.key, WHO.matricule}
    assert seen.facts["mode"] == "ORG" and seen.facts["code"] == "00"
    assert seen.facts["lps"] == "urn:lps:ESSAI:1.0"
    assert seen.response is not None and seen.response.body == answer.content
    assert seen.tls is not None and "489990000013001" in (seen.tls.client or "")


@pytest.mark.parametrize("name", ["NomNaissance", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance"])
def test_each_trait_of_the_answer_may_be_missing(insi: Insi, caller: Caller, name: str) -> None:
    insi.answers(WHO, returned={name: None})
    answer = caller.post(envelope(search()))
    assert text(answer, "CodeCR") == "00" and text(answer, name) is None


def test_traits_and_history_can_be_chosen(insi: Insi, caller: Caller) -> None:
    old = invent(7, "ancien").matricule
    history: list[str | Mapping[str, str]] = [old, {"matricule": old, "DateFin": "2020-01-01"}]
    insi.answers(WHO, returned={"DateNaissance": "1984-00-00"}, history=history)
    answer = caller.post(envelope(search()))
    assert text(answer, "DateNaissance") == "1984-00-00"
    past = etree.fromstring(answer.content).findall(f".//{RESULT}INSHISTO")
    assert [node.findtext(f".//{RESULT}NumIdentifiant") for node in past] == [old[:13]] * 2
    assert past[1].findtext(f"{RESULT}DateFin") == "2020-01-01"


def test_unknown_people_and_ambiguous_ones(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO, code="02")
    assert text(caller.post(envelope(search())), "CodeCR") == "02"
    assert WHO.matricule not in last(journal).keys
    wrong = "M" if WHO.sexe == "F" else "F"
    for body in (
        search(nom="AUTRE"),
        search(sexe=wrong),
        search(prenom="INCONNU"),
        search(date="1900-01-01"),
    ):
        assert text(caller.post(envelope(body)), "CodeCR") == "01"
        assert last(journal).facts["code"] == "01"


def test_verification(insi: Insi, caller: Caller, journal: Journal) -> None:
    def result(who: Identity) -> str | None:
        answer = caller.post(envelope(verification(who), VERIFY))
        name = ".//{http://www.cnamts.fr/INSiLot2/REPUnitaire}Resultat"
        return etree.fromstring(answer.content).findtext(name)

    assert result(WHO) == "KO"
    insi.verifies(WHO)
    assert result(WHO) == "OK"
    assert WHO.matricule in last(journal).keys
    assert result(WHO.with_(nom_naissance="AUTRE")) == "KO"
    assert last(journal).facts["ecart"] == "NomNaissance"
    assert result(WHO.with_(oid="1.2.250.1.213.1.4.8")) == "KO"
    insi.verifies(WHO, ok=False)
    assert result(WHO) == "KO"
    assert last(journal).facts["resultat"] == "KO"


def test_a_recovered_person_verifies_with_the_returned_traits(insi: Insi, caller: Caller) -> None:
    insi.answers(WHO, returned={"ListePrenom": "AUTRE LISTE"})
    assert b">KO<" in caller.post(envelope(verification(), VERIFY)).content
    assert b">OK<" in caller.post(envelope(verification(WHO.with_(prenoms="AUTRE LISTE")), VERIFY)).content


def by_card(number: str) -> str:
    action = ACTION.replace("TraitsIdentite", "CarteVitale")
    return envelope(f'<Demande xmlns="http://www.cnamts.fr/INSiRecVit"><Nir>{number}</Nir></Demande>', action)


@pytest.mark.parametrize("number", [WHO.matricule, WHO.matricule[:13], f"{WHO.matricule[:7]} {WHO.matricule[7:]}"])
def test_a_recovery_by_card_gives_the_holder_whatever_its_elements(
    insi: Insi, caller: Caller, journal: Journal, number: str
) -> None:
    insi.answers(WHO)
    answer = caller.post(by_card(number))
    assert (text(answer, "CodeCR"), text(answer, "NomNaissance")) == ("00", WHO.nom_naissance)
    call = last(journal)
    assert call.operation == "rechercherInsAvecCarteVitale" and WHO.matricule in call.keys
    assert "non lus" in call.facts["hypothese"]
    assert b"rechercherInsAvecCarteVitaleResponse" in answer.content


def test_a_recovery_by_card_of_a_stranger_or_of_nobody(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    assert text(caller.post(by_card(invent(7, "carte").matricule)), "CodeCR") == "01"
    assert caller.post(by_card("inconnu")).status_code == 400
    assert "aucun numéro" in last(journal).facts["refused"]


def test_faults_by_name(insi: Insi, caller: Caller, journal: Journal) -> None:
    other = invent(7, "autre")
    for who in (WHO, other):
        insi.answers(who)
    insi.fault("siram-40", WHO)
    assert b"insi_102" in caller.post(envelope(search())).content
    assert text(caller.post(envelope(search(other))), "CodeCR") == "00"
    insi.fault("http-503")
    assert caller.post(envelope(search(other))).status_code == 503
    insi.clear()
    insi.fault("garbage")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(caller.post(envelope(search())).content)
    insi.fault("reset")
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.post(envelope(search()))
    assert last(journal).response is None and last(journal).facts["fault"] == "reset"
    assert WHO.key in last(journal).keys
    insi.clear()
    assert text(caller.post(envelope(search())), "CodeCR") == "00"


def test_a_slow_answer_outlasts_the_client(insi: Insi, caller: Caller, journal: Journal) -> None:
    insi.answers(WHO)
    insi.fault("slow", WHO)
    with pytest.raises(requests.exceptions.ReadTimeout):
        caller.post(envelope(search()), timeout=0.5)
    assert last(journal).facts["fault"] == "slow" and last(journal).facts["code"] == "00"
    insi.fault("slow", WHO, delay_s=0.2)
    assert text(caller.post(envelope(search())), "CodeCR") == "00"


def test_wrong_names_are_told_at_once(insi: Insi) -> None:
    with pytest.raises(ValueError, match="http-503"):
        insi.fault("http-500")
    with pytest.raises(ValueError, match="NomNaissance"):
        insi.answers(WHO, returned={"NomNaisance": "X"})
    with pytest.raises(ValueError, match="00"):
        insi.answers(WHO, code="0")


def test_other_addresses_and_methods(insi: Insi, journal: Journal, pki: Pki) -> None:
    assert requests.get(insi.url, verify=str(pki.trust), timeout=5).status_code == 405
    assert requests.post(insi.url + "/x", verify=str(pki.trust), timeout=5).status_code == 404
    assert len(journal.exchanges(Channel.INSI)) == 2


def test_fifty_parallel_calls_lose_nothing(insi: Insi, caller: Caller, journal: Journal) -> None:
    people = [invent(7, "foule", number) for number in range(50)]
    for who in people:
        insi.answers(who)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda who: caller.post(envelope(search(who))), people))
    assert [text(answer, "NumIdentifiant") for answer in answers] == [who.matricule[:13] for who in people]
    for who in people:
        assert len(journal.exchanges(Channel.INSI, key=who.matricule)) == 1

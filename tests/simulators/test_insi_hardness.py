"""The INSi service under ill treatment: malformed SOAP, huge bodies, slow clients, many at once, lots."""

from __future__ import annotations

import socket
import ssl
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lxml import etree

from conformance.journal import Journal, verify
from conformance.model.evidence import Channel
from conformance.model.identity import Identity, invent
from conformance.simulators.insi import Insi
from conformance.simulators.pki import Pki
from tests.simulators.test_insi import Caller, envelope, search, verification

DEPOSIT = "urn:ServiceIdentiteCertifiee:1.0.0:deposerLotVerification"
COLLECT = "urn:ServiceIdentiteCertifiee:1.0.0:collecterLotVerification"
LOT = "{http://www.cnamts.fr/INSiLot2/REPMasse}"


@pytest.fixture
def caller(insi: Insi, pki: Pki) -> Caller:
    return Caller(insi, pki)


GOOD = envelope(search())
MALFORMED = {
    "empty": b"",
    "not xml": b"\x00\xff\x00 rien",
    "cut": GOOD[:-30].encode(),
    "two bodies": GOOD.replace("</soap:Envelope>", "<soap:Body/></soap:Envelope>").encode(),
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]>' + GOOD.encode(),
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "utf-16": GOOD.encode("utf-16"),
    "other root": b"<a/>",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_soap_gets_a_fault_and_is_recorded(caller: Caller, journal: Journal, name: str) -> None:
    answer = caller.post(MALFORMED[name])
    assert answer.status_code in (200, 400, 500)
    assert answer.status_code == 200 or b"Fault" in answer.content
    (exchange,) = journal.exchanges(Channel.INSI)
    assert exchange.request.body == MALFORMED[name]
    assert answer.status_code == 200 or exchange.facts["refused"]


def test_a_body_of_fifty_megabytes_is_refused_recorded_and_survived(caller: Caller, journal: Journal) -> None:
    huge = GOOD.replace("</soap:Body>", f"<!--{'x' * 50_000_000}--></soap:Body>").encode()
    answer = caller.post(huge, timeout=60)
    assert answer.status_code == 400 and "mébioctets" in answer.text
    assert [len(exchange.request.body) for exchange in journal.exchanges(Channel.INSI)] == [len(huge)]
    assert caller.post(envelope(search())).status_code == 200


def test_slow_clients_hold_nobody_back(insi: Insi, caller: Caller, pki: Pki, journal: Journal) -> None:
    """Twenty clients drip their request; another one is served meanwhile."""
    context = ssl.create_default_context(cafile=str(pki.trust))
    host, port = "127.0.0.1", int(insi.url.split(":")[2].split("/")[0])
    dripping = []
    for _ in range(20):
        link = context.wrap_socket(socket.create_connection((host, port), timeout=5), server_hostname="localhost")
        link.sendall(b"POST /lps HTTP/1.1\r\nHost: banc\r\nContent-Length: 5000\r\n\r\n<soap")
        dripping.append(link)
    started = time.monotonic()
    assert caller.post(envelope(search())).status_code == 200
    assert time.monotonic() - started < 5
    for link in dripping:
        link.close()
    assert caller.post(envelope(search())).status_code == 200
    assert len(journal.exchanges(Channel.INSI)) == 2


def test_two_hundred_parallel_calls_lose_no_exchange(insi: Insi, caller: Caller, journal: Journal) -> None:
    people = [invent(21, "parallel", rank) for rank in range(200)]
    for who in people:
        insi.answers(who)
    bodies = [envelope(search(who)) for who in people]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda body: caller.post(body, timeout=60), bodies))
    for who, answer in zip(people, answers, strict=True):
        assert answer.status_code == 200 and who.matricule[:13] in answer.text
    exchanges = journal.exchanges(Channel.INSI)
    assert sorted(one.request.body for one in exchanges) == sorted(body.encode() for body in bodies)
    assert all({who.matricule, who.key} <= keys for who, keys in zip(people, _keys(exchanges, people), strict=True))
    verify(journal.folder, [journal.seal])


def _keys(exchanges: list, people: list[Identity]) -> list[frozenset[str]]:  # type: ignore[type-arg]
    by_name = {key: one.keys for one in exchanges for key in one.keys}
    return [by_name[who.key] for who in people]


def lot(*people: Identity, ranks: str = "") -> str:
    inside = "".join(
        verification(who).replace("<IndividuVerifie>", f'<IndividuVerifie Rang="{ranks or rank}">')
        for rank, who in enumerate(people, start=1)
    )
    return f'<DEPOTLOT xmlns="{LOT[1:-1]}">{inside}</DEPOTLOT>'


def text(answer: requests.Response, name: str) -> str:
    return etree.fromstring(answer.content).findtext(f".//{LOT}{name}") or ""


def collect(caller: Caller, number: str) -> requests.Response:
    body = f'<COLLECTELOT xmlns="{LOT[1:-1]}"><IdLot>{number}</IdLot></COLLECTELOT>'
    return caller.post(envelope(body, action=COLLECT))


def test_a_lot_is_deposited_then_collected_when_it_is_ready(insi: Insi, caller: Caller, journal: Journal) -> None:
    right, wrong, unknown = (invent(22, "lot", rank) for rank in range(3))
    insi.verifies(right)
    insi.verifies(wrong, ok=False)
    taken = caller.post(envelope(lot(right, wrong, unknown), action=DEPOSIT))
    number = text(taken, "IdLot")
    assert text(taken, "NombreIndividus") == "3"
    assert text(collect(caller, number), "Etat") == "EN_COURS"
    done = collect(caller, number)
    found = etree.fromstring(done.content).findall(f".//{LOT}ReponseIndividu")
    assert [(one.get("Rang"), one.findtext(f"{LOT}Resultat")) for one in found] == [
        ("1", "OK"),
        ("2", "KO"),
        ("3", "KO"),
    ]
    deposit = journal.exchanges(Channel.INSI)[0]
    assert {right.matricule, wrong.matricule, unknown.key} <= deposit.keys and deposit.facts["ko"] == "2"


def test_lots_that_cannot_be_are_refused(caller: Caller) -> None:
    who = invent(22, "lot")
    for body, action, words in (
        (lot(), DEPOSIT, "vide"),
        (lot(who, who, ranks="7"), DEPOSIT, "Rang"),
        (lot(who), COLLECT, "ne correspond pas"),
    ):
        answer = caller.post(envelope(body, action=action))
        assert answer.status_code == 400 and words in answer.text
    assert "Lot inconnu" in collect(caller, str(uuid.uuid4())).text

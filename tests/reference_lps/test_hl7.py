"""The reference LPS over HL7 v2: what it takes in, what it tells its neighbour; spoken to with the ``hl7`` library."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hl7
import pytest
from hl7.mllp import open_hl7_connection, start_hl7_server

from tests.reference_lps.lps_kit import MATRICULE, OID, TRAITS, Pilot, Pki, running

DOMAIN = {"nom": "DOMAINE", "oid": "1.2.250.1.213.1.4.10.100"}
INS = f"~{MATRICULE}^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS"


@dataclass
class Neighbour:
    """A receiver that acknowledges with ``code`` and keeps what came."""

    port: int
    code: str = "AA"
    heard: list[hl7.Message] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return ["^".join(str(one.segment("MSH")[9]).split("^")[:2]) for one in self.heard]


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    ready, box = threading.Event(), Neighbour(0)

    async def talk(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                box.heard.append(message)
                writer.writemessage(message.create_ack(box.code))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()

    async def serve() -> None:
        server = await start_hl7_server(talk, "127.0.0.1", 0, encoding="utf-8")
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.to_thread(stopping.wait, 60)
        server.close()

    stopping = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(5)
    yield box
    stopping.set()
    thread.join(5)


@pytest.fixture
def near() -> Iterator[Neighbour]:
    with neighbour() as box:
        yield box


@pytest.fixture
def pilot(keys: Pki, near: Neighbour, tmp_path: Path) -> Iterator[Pilot]:
    place = {"hote": "127.0.0.1", "port": near.port, "application": "BANC", "domaine": DOMAIN}
    with running(keys.bench(tmp_path, hl7=place), tmp_path) as live:
        yield live


def tell(pilot: Pilot, text: str) -> hl7.Message:
    place = pilot.get("/etat")["hl7"]

    async def talk() -> hl7.Message:
        reader, writer = await open_hl7_connection(place["hote"], place["port"], encoding="utf-8")
        writer.writeblock(text.encode())
        answer = await asyncio.wait_for(reader.readmessage(), 5)
        writer.close()
        return answer

    return asyncio.run(talk())


def message(
    event: str = "A28", ins: str = INS, reliability: str = "VALI", oid: str = DOMAIN["oid"], **changes: str
) -> str:
    said = {"name": "TILLEUL", "born": "19790328", "place": "51990", "kind": f"ADT^{event}^ADT_A05"} | changes
    pid = f"PID|1||D7^^^X&{oid}&ISO^PI{ins}||{said['name']}^ZOE^ZOE MARIE^^^^L||{said['born']}|F|||"
    pid += f"^^^^^^BDL^^{said['place']}" + "|" * 21 + reliability
    return f"MSH|^~\\&|GAM|CHU|LPS|C|20260101||{said['kind']}|N1|P|2.5^FRA^2.11\rEVN||20260101\r{pid}\r"


def only(pilot: Pilot) -> dict[str, object]:
    found = pilot.post("/recherches", {"date_naissance": "1979-03-28"})["patients"]
    assert len(found) == 1
    return dict(found[0])


def code(answer: hl7.Message) -> str:
    return str(answer.segment("MSA")[1])


def test_a_qualified_ins_of_its_domain_is_kept(pilot: Pilot) -> None:
    assert code(tell(pilot, message())) == "AA"
    patient = only(pilot)
    assert (patient["statut"], patient["matricule"], patient["oid"]) == ("QUALIFIEE", MATRICULE, OID)
    assert patient["prenoms"] == "ZOE MARIE"


def test_an_ins_that_is_not_vali_is_left(pilot: Pilot) -> None:
    tell(pilot, message(reliability="PROV"))
    assert (only(pilot)["statut"], only(pilot)["matricule"]) == ("PROVISOIRE", None)
    tell(pilot, message("A31", reliability="DOUTE"))
    assert only(pilot)["attributs"] == {"douteuse": True, "fictive": False, "homonyme": False, "decedee": False}


@pytest.mark.parametrize("ins", ["", INS.replace(MATRICULE, '""')])
def test_a_withdrawn_ins_goes(pilot: Pilot, ins: str) -> None:
    tell(pilot, message())
    tell(pilot, message("A31", ins=ins, reliability="VALI"))
    assert (only(pilot)["statut"], only(pilot)["matricule"]) == ("VALIDEE", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PAS UN MESSAGE", "AR"),
        (message(kind="ADT^A99^X"), "AR"),
        (message(kind="QBP^Q21^X"), "AR"),
        (message(born="19790231"), "AE"),
        (message(place=""), "AE"),
        (message(name="TILL3UL"), "AE"),
        (message(ins=INS.replace(MATRICULE, MATRICULE[:13] + "00")), "AE"),
        (message().replace("PID|", "PIX|"), "AE"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_traced(pilot: Pilot, text: str, expected: str) -> None:
    assert code(tell(pilot, text)) == expected
    assert pilot.get("/journaux/hl7")["lignes"][-1]["acquittement"] == expected
    assert pilot.post("/recherches", {"nom": "TIL"})["patients"] == []


def test_what_another_domain_says_is_verified_before_it_is_kept(pilot: Pilot) -> None:
    """INSi cannot be reached here: nothing of the INS is believed."""
    assert code(tell(pilot, message(oid="1.2.3.4"))) == "AA"
    assert pilot.post("/recherches", {"nom": "TIL"})["patients"] == []
    assert pilot.get("/journaux/insi")["lignes"][-1]["operation"] == "verification"


def test_a_merge_is_for_a_person(pilot: Pilot) -> None:
    assert code(tell(pilot, message("A40"))) == "AA"
    assert pilot.get("/travaux")["lignes"][-1]["type"] == "FUSION_DEMANDEE"


def test_changes_are_told_and_what_came_by_hl7_is_not_told_back(pilot: Pilot, near: Neighbour) -> None:
    patient = pilot.post("/patients", TRAITS)
    pilot.call("PATCH", f"/patients/{patient['id']}", {"nom_utilise": "CHENE"})
    assert near.kinds() == ["ADT^A28", "ADT^A31"]
    assert "CHENE^" in str(near.heard[-1].segment("PID")[5])
    tell(pilot, message(name="AUTRE"))
    assert len(near.heard) == 2


def test_a_qualified_ins_that_is_withdrawn_is_told_by_a47(pilot: Pilot, near: Neighbour) -> None:
    tell(pilot, message())
    pilot.call("PATCH", f"/patients/{only(pilot)['id']}", {"nom_naissance": "CHENE"})
    assert near.kinds() == ["ADT^A31", "ADT^A47"]
    assert MATRICULE in str(near.heard[-1].segment("MRG")) and MATRICULE not in str(near.heard[-1].segment("PID"))
    assert only(pilot)["statut"] == "VALIDEE"


def test_a_message_that_is_refused_is_a_line_to_work_on(pilot: Pilot, near: Neighbour) -> None:
    near.code = "AE"
    pilot.post("/patients", TRAITS)
    assert pilot.get("/travaux")["lignes"][-1]["type"] == "HL7_NON_ACQUITTE"


def test_a_neighbour_that_is_not_there_stops_nothing(keys: Pki, tmp_path: Path) -> None:
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    place = {"hote": "127.0.0.1", "port": port, "application": "BANC", "domaine": DOMAIN}
    with running(keys.bench(tmp_path, hl7=place), tmp_path) as pilot:
        pilot.post("/patients", TRAITS)
        assert pilot.get("/journaux/hl7")["lignes"][-1]["acquittement"] == "ECHEC"


def test_the_search_minds_neither_case_nor_accents_nor_hyphens(pilot: Pilot) -> None:
    pilot.post("/patients", {**TRAITS, "nom_naissance": "D'ARBELAY-DUPRE", "nom_utilise": "LE TALLEC"})
    for criteria in (
        {"nom": "darbelay"},
        {"nom": "D’Arbélay--Du"},
        {"nom": "Le-Tal"},
        {"prenom": "mar"},
        {"prenom": "zoé"},
    ):
        assert len(pilot.post("/recherches", criteria)["patients"]) == 1, criteria
    assert pilot.post("/recherches", {"nom": "DUPRE"})["patients"] == []
    assert pilot.call("POST", "/recherches", {"matricule": MATRICULE[:13]}).status_code == 400
    assert pilot.call("POST", "/recherches", {}).status_code == 400

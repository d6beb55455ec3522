"""The whole bench: what it hands to the software, and its life."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import requests
from stdnum import luhn

from conformance.journal import Journal
from conformance.simulators.bench import Bench


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "banc"


def test_bench_file_leads_to_every_service(folder: Path, journal: Journal) -> None:
    with Bench(folder, journal) as bench:
        data = json.loads(bench.file.read_text(encoding="utf-8"))
        trust = str(folder / data["confiance"])
        pair = data["certificats"]["org_auth"]
        cert = (str(folder / pair["certificat"]), str(folder / pair["cle"]))
        found = requests.get(data["psc"]["decouverte"], verify=trust, timeout=5).json()
        assert found["issuer"] == bench.psc.issuer
        for service in ("insi", "dmp"):
            answer = requests.post(data[service]["url"], b"<a/>", verify=trust, cert=cert, timeout=5)
            assert answer.status_code in (400, 404, 500)
        with socket.create_connection((data["mss"]["hote"], data["mss"]["port"]), timeout=5) as client:
            assert client.recv(3) == b"220"
    with pytest.raises(OSError, match="refused|refusé|refus"):
        socket.create_connection((data["mss"]["hote"], data["mss"]["port"]), timeout=5)


def test_bench_file_says_who_and_with_what(folder: Path, journal: Journal) -> None:
    with Bench(folder, journal) as bench:
        data = json.loads(bench.file.read_text(encoding="utf-8"))
        services = bench.describe()
    who = data["professionnel"]
    assert luhn.is_valid(who["rpps"]) and who["rpps"].startswith("8999")
    assert who["id_national"] == f"8{who['rpps']}"
    assert data["organisation"]["id_structure"] == f"4{who['rpps']}001"
    assert data["organisation"]["finess"] is None
    for pair in data["certificats"].values():
        assert (folder / pair["certificat"]).is_file() and (folder / pair["cle"]).is_file()
    boxes = data["mss"]["boites"]
    assert (
        set(boxes) == {"personnelle", "organisationnelle", "nominative", "applicative"}
        and boxes["personnelle"]["mot_de_passe"]
    )
    assert all(box["adresse"].endswith("@operateur.mssante.test") for box in boxes.values())
    assert len(services) == 11 and all(service["endpoint"] for service in services)


def test_what_started_stops_when_a_port_is_taken(folder: Path, journal: Journal) -> None:
    with socket.socket() as taken, socket.socket() as spare:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        spare.bind(("127.0.0.1", 0))
        psc = spare.getsockname()[1]
        spare.close()
        bench = Bench(folder, journal, ports={"insi": taken.getsockname()[1], "psc": psc})
        with pytest.raises(OSError):
            bench.start()
        with pytest.raises(OSError, match="refused|refusé|refus"):
            socket.create_connection(("127.0.0.1", psc), timeout=5)
    assert not bench.file.exists()


def test_an_unknown_port_is_told(folder: Path, journal: Journal) -> None:
    with pytest.raises(ValueError, match="wallet"):
        Bench(folder, journal, ports={"walet": 1})

"""``bench``, a process of its own: what it tells, what it shows of a real software, how it ends."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from conformance.cli.bench_session import line
from conformance.reporting.text import prose
from tests.cli.conftest import SCRIPT

READY = "Échanges reçus\u00a0:"
PORTS = ("insi", "dmp", "psc", "wallet", "mss", "annuaire", "imap", "autoconfig", "revocation", "hl7", "hl7s")
INTERRUPT = signal.SIGINT if os.name == "posix" else signal.CTRL_BREAK_EVENT
PATIENCE_S = 20.0


class Served:
    """A running ``bench``: its lines as they come."""

    def __init__(self, folder: Path, *words: str) -> None:
        group = 0 if os.name == "posix" else subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined,unused-ignore]
        command = [sys.executable, str(SCRIPT), "bench", *words]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", creationflags=group
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self._lines.put(text.rstrip("\n"))
        self._lines.put("")

    def until(self, wanted: str) -> list[str]:
        """The lines up to the one that holds a text."""
        found: list[str] = []
        deadline = time.monotonic() + PATIENCE_S
        while not found or wanted not in found[-1]:
            found.append(self._lines.get(timeout=max(0.1, deadline - time.monotonic())))
        return found

    def stop(self, how: int = INTERRUPT) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(*words: str) -> Served:
        running.append(Served(tmp_path, *words))
        return running[-1]

    yield start
    for served in running:
        served.process.kill()
        served.process.wait(PATIENCE_S)
        assert served.process.stdout is not None
        served.process.stdout.close()


@pytest.fixture
def kept(tmp_path: Path, ports: dict[str, int]) -> Path:
    """A vendor whose bench is kept, on fixed ports, and whose secret this machine does not know."""
    path = tmp_path / "acme.yaml"
    path.write_text(
        'vendor: acme\nname: ACME\nsoftware: {name: A, version: "1"}\nprofile: wave1/doctors\n'
        'driver: {kind: http, url: "http://127.0.0.1:9/pilote/v1", headers: {Authorization: "Bearer ${SECRET_INCONNU}"}}\n'
        f"bench: {{folder: acme.banc, ports: {ports}}}\n".replace("'", ""),
        encoding="utf-8",
    )
    return path


@pytest.mark.slow
def test_a_software_configured_once_is_seen_at_each_start(
    serve: Callable[..., Served], kept: Path, tmp_path: Path, ports: dict[str, int]
) -> None:
    """The software is started once; the bench twice. People are typed as they are shown."""
    words = ("--vendor", str(kept), "--identity", "3", "--record", "garde")
    first = serve(*words)
    told = first.until(READY)
    folder = tmp_path / "acme.banc"
    for expected in (
        f"https://127.0.0.1:{ports['insi']}/lps",
        str(folder / "bench.json"),
        str(folder / "pki" / "ac.pem"),
        "RPPS 8999",
    ):
        assert any(expected in text for text in told), expected
    before = (folder / "bench.json").read_bytes()
    command = [sys.executable, "-m", "conformance.reference_lps", "--bench", str(folder / "bench.json"), "--port", "0"]
    command += ["--data", str(tmp_path / "lps"), "--stop-with-stdin"]
    lps = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    with lps:
        assert lps.stdout is not None and lps.stdin is not None
        url = lps.stdout.readline().split()[-1] + "/pilote/v1"
        people = [traits for traits in map(_person, told) if traits]
        assert len(people) == 3
        _recover(url, people[0])
        assert re.search(r"^\d\d:\d\d:\d\d  INSi     rechercherInsAvecTraitsIdentite  → 00", first.until("INSi")[-1])
        assert first.stop() == 0
        assert "3 échanges reçus" in first.until("Banc arrêté")[-1]
        second = serve(*words)
        again = second.until(READY)
        assert any("gardés, valables" in text for text in again)
        assert [traits for traits in map(_person, again) if traits] == people
        _recover(url, people[1])
        second.until("rechercherInsAvecTraitsIdentite")
        assert second.stop(signal.SIGTERM if os.name == "posix" else INTERRUPT) == 0
        lps.stdin.close()
        lps.wait(PATIENCE_S)
    assert (folder / "bench.json").read_bytes() == before
    assert len(list((tmp_path / "garde" / "journal").glob("*.jsonl"))) == 2


def _person(text: str) -> dict[str, str] | None:
    cells = re.split(r"  +", text.strip())
    if len(cells) != 7 or not re.fullmatch(r"\d{15}", cells[5]):
        return None
    day, month, year = cells[2].split("/")
    names = {"nom_naissance": cells[0], "prenoms": cells[1], "premier_prenom": cells[1].split()[0]}
    born = {"date_naissance": f"{year}-{month}-{day}", "sexe": cells[3], "lieu_naissance": cells[4]}
    return {**names, "nom_utilise": cells[0], "prenom_utilise": names["premier_prenom"], **born, "matricule": cells[5]}


def _recover(url: str, traits: dict[str, str]) -> None:
    typed = {name: value for name, value in traits.items() if name != "matricule"}
    made = requests.post(f"{url}/patients", json=typed, timeout=10).json()
    found = requests.post(f"{url}/patients/{made['id']}/ins/recherche", json={}, timeout=10).json()
    assert (found["code"], found["patient"]["matricule"]) == ("00", traits["matricule"])


@pytest.mark.slow
def test_the_same_folder_twice_and_a_port_taken_are_told(
    serve: Callable[..., Served], kept: Path, ports: dict[str, int]
) -> None:
    first = serve("--vendor", str(kept))
    first.until(READY)
    second = serve("--vendor", str(kept))
    assert f"un autre banc (processus {first.process.pid})" in second.until("Erreur")[-1]
    assert second.process.wait(PATIENCE_S) == 3
    third = serve("--ports", f"mss={ports['mss']}")
    assert "le banc n’a pas pu démarrer" in third.until("Erreur")[-1]
    assert third.process.wait(PATIENCE_S) == 3
    assert first.stop() == 0


@pytest.mark.slow
def test_without_a_vendor_nothing_stays(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve()
    told = served.until(READY)
    settings = next(text.split()[-1] for text in told if text.endswith("bench.json"))
    assert Path(settings).is_file()
    assert any("effacé à l’arrêt" in text for text in told)
    assert served.stop() == 0
    assert not Path(settings).exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["insi", "insi=", "insi=70000", "inzi=1", "insi=1;dmp=2"])
def test_a_wrong_port_is_told(word: str, run) -> None:
    done = run("bench", "--ports", word)
    assert done.code == 2
    assert "insi=18443,dmp=18444" in done.err


def entry(channel: str, operation: str, answered: str | None = "HTTP 200", **facts: str) -> dict[str, object]:
    response = None if answered is None else {"start": answered}
    data = {
        "channel": channel,
        "operation": operation,
        "facts": facts,
        "request": {"start": "GET /"},
        "response": response,
    }
    return {"at": "2026-01-05T10:00:00.000Z", "kind": "exchange", "data": data}


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (entry("dmp", "TD2.1", status="Success", code="Success"), "DMP      TD2.1  → Success"),
        (entry("dmp", "TD2.1", code="DMPClosed", refused="le DMP est fermé"), "✗ DMPClosed, refusé : le DMP est fermé"),
        (entry("insi", "verifier", resultat="KO", ecart="Sexe"), "INSi     verifier  → KO, écart : Sexe"),
        (entry("insi", "?", None, fault="reset"), "GET /  ✗ connexion finie sans réponse"),
        (
            entry("psc", "token", verdict="refusé", error="invalid_grant", refused="code inconnu"),
            "✗ refusé, invalid_grant",
        ),
        (entry("psc", "discovery", verdict="accepté"), "PSC      discovery  → accepté"),
        (
            entry("mss", "SMTP DATA", "250 2.0.0 OK", auth="XOAUTH2", box="a@b.test"),
            "→ 250 2.0.0 OK, authentification : XOAUTH2",
        ),
        (entry("mss", "SMTP session", "530 non", refused="530 à MAIL"), "✗ 530 non, refusé : 530 à MAIL"),
        (entry("dmp", "TD0.2", warning="wsa:To absent", status="OK"), "→ OK, attention : wsa:To absent"),
        (entry("dmp", "TD0.2", status="OK", warning="un\nmensonge"), "attention : un mensonge"),
    ],
)
def test_an_exchange_is_one_line(seen: dict[str, object], told: str) -> None:
    shown = line(seen)
    assert prose(told) in shown
    assert "\n" not in shown
    assert re.match(r"\d\d:00:00  ", shown)

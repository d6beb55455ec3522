"""The boxes of the running LPS: hostile mails are told, never fatal; an operator that says nothing holds nobody up."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.journal import Journal
from conformance.simulators.bench import Bench
from tests.reference_lps.lps_kit import TRAITS, Pilot, Pki, running
from tests.simulators.mss_hostile_kit import MAILS

BOX = "camille.exemple@operateur.mssante.test"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Pilot]]:
    """A reference LPS beside a whole bench."""
    folder = tmp_path_factory.mktemp("lps")
    (folder / "donnees").mkdir()
    with Bench(folder / "banc", Journal(folder / "run")) as bench, running(bench.file, folder / "donnees") as pilot:
        yield bench, pilot


@pytest.mark.parametrize("name", [name for name in MAILS if name != "nested-parts"])
def test_a_hostile_mail_is_read_and_told(served: tuple[Bench, Pilot], name: str) -> None:
    bench, pilot = served
    bench.mss.deliver(BOX, MAILS[name]())
    answer = pilot.post("/releves", {"boite": "personnelle"})
    assert (answer["etat"], len(answer["courriels"])) == ("RELEVEE", 1)
    assert answer["documents"] == []
    carries = b"IHE_XDM.ZIP" in MAILS[name]()
    assert bool(answer["alertes"]) == carries
    assert pilot.post(f"/courriels/{answer['courriels'][0]['id']}/lecture", {"accuse": True})["lu"] is True


def test_a_mail_nested_beyond_reason_is_told(served: tuple[Bench, Pilot]) -> None:
    bench, pilot = served
    source = MAILS["nested-parts"]()
    with pytest.raises(ValueError, match="imbriqu"):
        bench.mss.deliver(BOX, source)
    told = pilot.post("/courriels-recus", {"source": base64.b64encode(source).decode()})
    assert told["documents"] == [] and "ne porte pas d’archive" in told["alertes"][0]


def test_a_receipt_from_somebody_else_says_nothing(served: tuple[Bench, Pilot]) -> None:
    from conformance.simulators.mss import notices

    bench, pilot = served
    sent = pilot.post("/messages", {"a": "confrere@autre.mssante.test", "objet": "Avis", "texte": "Bonjour."})
    about = f"Message-ID: {sent['message_id']}\r\n\r\n".encode()
    bench.mss.deliver(BOX, notices.delivered("faux.test", BOX, "intrus@autre.mssante.test", about))
    pilot.post("/releves", {})
    found = [one for one in pilot.get("/envois")["envois"] if one["message_id"] == sent["message_id"]]
    assert [(one["etat"], one["accuses"]) for one in found] == [("ENVOYE", [])]


def test_a_silent_operator_holds_nobody_up(tmp_path: Path) -> None:
    box = {"adresse": BOX, "libelle": "x", "authentification": "XOAUTH2", "mot_de_passe": "invente"}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        domain = "operateur.mssante.test"
        boxes = {
            "hote": "127.0.0.1",
            "port": port,
            "port_imap": port,
            "domaine": domain,
            "boites": {"personnelle": box},
        }
        with running(Pki(tmp_path).bench(tmp_path, mss=boxes), tmp_path) as pilot:
            answers: list[Any] = []
            reading = threading.Thread(target=lambda: answers.append(pilot.post("/releves", {})))
            reading.start()
            time.sleep(0.3)
            created = pilot.post("/patients", TRAITS)
            assert created["id"] and reading.is_alive()
            reading.join(20)
    assert answers[0]["etat"] == "ECHEC" and "5 secondes" in answers[0]["message"]

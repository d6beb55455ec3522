from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conformance.drivers.base import Budget
from conformance.drivers.http import HttpDriver
from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.vendor import ActionMap, DriverConfig, Patience
from conformance.outcomes import NotRun


@pytest.fixture
def server():
    """A tiny software: answers what its table says, and keeps what it was asked."""
    table, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def _any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.command, self.path, dict(self.headers), body))
            status, answer, delay = table.get((self.command, self.path), (404, b"", 0))
            time.sleep(delay)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, *args):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}", table, asked
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def make(tmp_path, server):
    def driver(actions=None, headers=None, action_s=2.0, url=None, scenario_s=60.0):
        config = DriverConfig("http", headers=headers or {}, actions=actions or {})
        journal = Journal(tmp_path, hidden=frozenset((headers or {}).values()))
        budget = Budget(scenario_s)
        return HttpDriver(config, url or server[0], journal, Patience(action_s=action_s), lambda: budget), journal

    return driver


def test_an_action_of_the_pilote_api_is_asked_and_journalled(make, server):
    _, table, asked = server
    table["PATCH", "/patients/a%2Fb"] = (200, b'{"id": "a/b"}', 0)
    driver, journal = make()
    reply = driver.perform("modifier_patient", {"id": "a/b", "prenom_utilise": "ZOÉ"}, user="89990000015")
    assert reply.ok
    assert reply.data == {"id": "a/b"}
    method, path, headers, body = asked[0]
    assert (method, path, headers["X-Pilote-Utilisateur"]) == ("PATCH", "/patients/a%2Fb", "89990000015")
    assert json.loads(body) == {"prenom_utilise": "ZOÉ"}
    (exchange,) = journal.exchanges(Channel.PILOTE)
    assert exchange.operation == "modifier_patient"
    assert "a/b" in exchange.keys


def test_a_vendor_maps_its_own_endpoints_by_configuration_alone(make, server):
    _, table, asked = server
    table["POST", "/api/v2/dossiers"] = (201, b'{"data": [{"ref": "P-7", "etat": "new"}]}', 0)
    table["GET", "/api/v2/dossiers/P-7/fiche"] = (200, b'{"fiche": {"status": "PROVISOIRE"}}', 0)
    driver, _ = make(
        {
            "creer_patient": ActionMap(
                "POST",
                "/api/v2/dossiers",
                {"patient": {"nom": "{nom_naissance}", "texte": "né {date_naissance}"}},
                {"id": "/data/0/ref"},
            ),
            "lire_patient": ActionMap(
                "GET", "/api/v2/dossiers/{id}/fiche", None, {"statut": "/fiche/status", "oid": "/fiche/oid"}
            ),
        }
    )
    created = driver.perform("creer_patient", {"nom_naissance": "VALMIEUX", "date_naissance": "1980-01-02"})
    assert created.data == {"id": "P-7"}
    assert json.loads(asked[0][3]) == {"patient": {"nom": "VALMIEUX", "texte": "né 1980-01-02"}}
    assert driver.perform("lire_patient", {"id": "P-7"}).data == {"statut": "PROVISOIRE", "oid": None}


def test_a_file_may_come_as_base64_in_the_vendor_s_own_json(make, server):
    server[1]["GET", "/api/fichiers/7"] = (200, b'{"data": {"pdf": "JVBERi0="}}', 0)
    driver, _ = make({"lire_pdf": ActionMap("GET", "/api/fichiers/{id}", None, {"contenu": "/data/pdf"})})
    assert driver.perform("lire_pdf", {"id": "7"}).data == b"%PDF-"
    server[1]["GET", "/api/fichiers/8"] = (200, b'{"data": {"pdf": "%%%"}}', 0)
    with pytest.raises(NotRun, match="base64"):
        driver.perform("lire_pdf", {"id": "8"})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, b"<html>", 0), "n’offre pas l’action"),
        ((501, b"", 0), "n’offre pas l’action"),
        ((200, b"<html>", 0), "n’est pas du JSON"),
        ((200, b"{}", 1.5), "pas de réponse après 0.2 s"),
    ],
)
def test_what_cannot_be_judged_is_not_run(make, server, answer, words):
    server[1]["GET", "/etat"] = answer
    with pytest.raises(NotRun, match=words):
        make(action_s=0.2)[0].perform("lire_etat", {})


def test_a_refusal_of_the_software_is_an_answer(make, server):
    server[1]["GET", "/patients/x"] = (404, b'{"erreur": "inconnu"}', 0)
    reply = make()[0].perform("lire_patient", {"id": "x"})
    assert not reply.ok
    assert reply.data == {"erreur": "inconnu"}


def test_an_absent_software_is_not_run(make):
    driver, journal = make(url="http://127.0.0.1:9")
    with pytest.raises(NotRun, match="injoignable"):
        driver.perform("lire_etat", {})
    assert journal.exchanges(Channel.PILOTE)[0].response is None


def test_a_software_that_hangs_costs_its_budget_and_not_the_run(make, server):
    server[1]["GET", "/etat"] = (200, b"{}", 5)
    driver, _ = make(action_s=0.1)
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(NotRun):
            driver.perform("lire_etat", {})
    assert time.monotonic() - began < 3
    with pytest.raises(NotRun, match="n’a pas répondu 3 fois de suite"):
        driver.perform("lire_etat", {})


def test_an_exhausted_scenario_stops_asking(make):
    driver, _ = make(scenario_s=0.0)
    with pytest.raises(NotRun, match="budget de temps épuisé"):
        driver.perform("lire_etat", {})


def test_a_token_in_an_answer_reaches_the_suite_and_never_the_disk(make, server, tmp_path):
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    server[1]["DELETE", "/connexions/7"] = (200, f'{{"url": "https://psc.test/fin?id_token_hint={token}"}}'.encode(), 0)
    driver, journal = make()
    assert token in driver.perform("deconnecter", {"id": "7"}).data["url"]
    journal.close()
    assert all(token.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"[jeton, empreinte" in journal.exchanges(Channel.PILOTE)[0].response.body


def test_a_secret_header_is_sent_and_never_written(make, server, tmp_path):
    server[1]["GET", "/etat"] = (200, b'{"echo": "Bearer tres-secret"}', 0)
    driver, journal = make(headers={"Authorization": "Bearer tres-secret"})
    driver.perform("lire_etat", {})
    journal.close()
    assert server[2][0][2]["Authorization"] == "Bearer tres-secret"
    assert all(b"tres-secret" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

"""The API of the running LPS: validation, INSi through the actions, journals, documents, start and stop."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.drivers.actions import ACTIONS
from conformance.reference_lps.defects import DEFECTS
from tests.reference_lps.lps_kit import (
    MATRICULE,
    OID,
    OTHER,
    TRAITS,
    Pilot,
    Service,
    Start,
    answering,
    found_answer,
    qualified,
    retrieved,
    verified_answer,
)


def test_the_state_lists_every_action(pilot: Pilot) -> None:
    state = pilot.get("/etat")
    assert sorted(state["actions"]) == sorted(ACTIONS)


def test_a_patient_is_created_read_and_kept(start: Start, pilot: Pilot) -> None:
    answer = pilot.call("POST", "/patients", TRAITS | {"nom_naissance": "Tilleul"})
    assert answer.status_code == 201
    made = answer.json()
    assert made["statut"] == "PROVISOIRE"
    assert {name: made[name] for name in TRAITS} == TRAITS
    assert (made["matricule"], made["oid"], made["historique"], made["alertes"]) == (None, None, [], [])
    assert made["consentements"] == {
        "mss_patient": True,
        "mss_professionnel": True,
        "dmp": True,
        "dmp_consultation": True,
    }
    assert start().get(f"/patients/{made['id']}") == made


@pytest.mark.parametrize(
    "body",
    [
        {name: value for name, value in TRAITS.items() if name != "sexe"},
        TRAITS | {"inconnu": "x"},
        TRAITS | {"date_naissance": "1979-02-30"},
        TRAITS | {"nom_naissance": 12},
        TRAITS | {"nom_naissance": "\ud800"},
        [],
        "texte",
    ],
)
def test_bad_identities_are_refused_in_french(pilot: Pilot, body: Any) -> None:
    answer = pilot.call("POST", "/patients", body)
    assert answer.status_code == 400
    assert answer.json()["erreur"].endswith(".")


def test_bad_requests_never_break_the_server(pilot: Pilot) -> None:
    base = f"{pilot.url}/pilote/v1"
    for raw in (b"{", b"\xff", b"[" * 100_000, b"1"):
        assert pilot.browser.post(f"{base}/patients", data=raw, timeout=20).status_code == 400
    missing = [
        ("GET", "/patients/x"),
        ("GET", "/patients/%ED%A0%80"),
        ("GET", "/rien"),
        ("POST", "/documents/x/envois"),
        ("DELETE", "/connexions/x"),
    ]
    for method, path in missing:
        body = {"canal": "mss-patient"} if method == "POST" else None
        answer = pilot.call(method, path, body)
        assert (answer.status_code, list(answer.json())) == (404, ["erreur"])
    assert pilot.call("PUT", "/etat").status_code == 405
    assert pilot.call("POST", "/patients", TRAITS, X_Pilote_Role="chef").status_code == 400
    assert pilot.call("PUT", "/reglages", {"insi_mode": "AUTRE"}).status_code == 400


def test_pages_survive_hostile_queries(pilot: Pilot) -> None:
    for query in ("", "state=%ED%A0%80&code=%FF", "state=a&state=b", "error=%3Cscript%3E&state=x"):
        answer = pilot.browser.get(f"{pilot.url}/psc/retour?{query}", timeout=20)
        assert answer.status_code == 400
        assert "<script>" not in answer.text
    assert pilot.browser.get(f"{pilot.url}/accueil", headers={"Cookie": "lps_session=é"}, timeout=20).status_code == 401


def test_strict_traits_are_closed_to_ordinary_users(pilot: Pilot, insi: Service) -> None:
    path = f"/patients/{qualified(pilot, insi)}"
    assert pilot.call("PATCH", path, {"sexe": "M"}, X_Pilote_Role="ordinaire").status_code == 403
    used = pilot.call("PATCH", path, {"nom_utilise": "SAULE"}, X_Pilote_Role="ordinaire").json()
    assert (used["nom_utilise"], used["statut"], used["matricule"]) == ("SAULE", "QUALIFIEE", MATRICULE)
    lowered = pilot.call("PATCH", path, {"sexe": "M"}).json()
    assert (lowered["statut"], lowered["matricule"], lowered["oid"]) == ("VALIDEE", None, None)


def test_recovery_imports_and_is_logged(pilot: Pilot, insi: Service) -> None:
    patient = pilot.patient()
    path = f"/patients/{patient}/ins/recherche"
    answer = pilot.call("POST", path, {}, X_Pilote_Utilisateur="agent-1").json()
    assert (answer["code"], answer["importe"], answer["alertes"]) == ("00", True, [])
    assert (answer["patient"]["statut"], answer["patient"]["matricule"]) == ("RECUPEREE", MATRICULE)
    assert (answer["patient"]["nom_naissance"], answer["patient"]["nom_utilise"]) == (
        "TILLEUL-INSI",
        "ERABLE",
    )
    line = pilot.get("/journaux/insi")["lignes"][0]
    assert (line["operation"], line["utilisateur"], line["patient"]) == (
        "recuperation_traits",
        "agent-1",
        patient,
    )
    assert (line["code"], line["matricule"], line["oid"]) == ("00", MATRICULE, OID)
    assert line["historique"][0]["matricule"] == OTHER
    assert line["traits"]["date_naissance"] == "1979-03-29"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (found_answer("01"), 200, "01"),
        (found_answer("02"), 200, "02"),
        (found_answer(DateNaissance="1979-00-12"), 200, "00"),
        (found_answer(Sexe=""), 200, "00"),
        (b"", 503, "ERREUR"),
    ],
)
def test_what_is_not_imported_changes_nothing_and_is_logged(
    pilot: Pilot, insi: Service, body: bytes, status: int, code: str
) -> None:
    answering(insi, body, status)
    patient = pilot.patient()
    before = pilot.get(f"/patients/{patient}")
    answer = pilot.post(f"/patients/{patient}/ins/recherche")
    assert (answer["code"], answer["importe"], answer["patient"]) == (code, False, before)
    assert bool(answer["alertes"]) == (code == "00")
    assert answer["message"]
    assert [line["code"] for line in pilot.get("/journaux/insi")["lignes"]] == [code]


def test_no_call_leaves_for_a_set_aside_identity(pilot: Pilot, insi: Service) -> None:
    for attribute in ("douteuse", "fictive"):
        patient = qualified(pilot, insi)
        insi.asked.clear()
        marked = pilot.post(f"/patients/{patient}/attributs", {attribute: True})
        assert (marked["statut"], marked["matricule"]) == ("PROVISOIRE", None)
        assert pilot.post(f"/patients/{patient}/ins/recherche")["code"] == "BLOQUE"
        assert pilot.post(f"/patients/{patient}/ins/verification")["resultat"] == "BLOQUE"
    assert insi.asked == []


def test_the_mode_chooses_the_certificate(pilot: Pilot, insi: Service) -> None:
    retrieved(pilot, insi)
    assert pilot.call("PUT", "/reglages", {"insi_mode": "ORG"}).json()["insi_mode"] == "ORG"
    retrieved(pilot, insi)
    assert [one.client for one in insi.asked] == ["899900000015", "INSI-AUTO"]


@pytest.mark.parametrize(
    ("result", "statut", "kept", "work"),
    [("OK", "QUALIFIEE", True, 0), ("KO", "PROVISOIRE", False, 1), ("ERREUR", "QUALIFIEE", True, 0)],
)
def test_verification(pilot: Pilot, insi: Service, result: str, statut: str, kept: bool, work: int) -> None:
    patient = qualified(pilot, insi)
    answering(insi, verified_answer(result) if result != "ERREUR" else b"", 200 if result != "ERREUR" else 500)
    answer = pilot.post(f"/patients/{patient}/ins/verification")
    assert (answer["resultat"], answer["patient"]["statut"]) == (result, statut)
    assert (answer["patient"]["matricule"] is not None) == kept
    line = pilot.get("/journaux/insi")["lignes"][-1]
    assert (line["operation"], line["code"], line["matricule"]) == ("verification", result, MATRICULE)
    assert [one["patient"] for one in pilot.get("/travaux")["lignes"]] == [patient] * work


def foreign(**changes: Any) -> dict[str, Any]:
    return {
        "emetteur": {"domaine": "CHU-TEST", "contrat_confiance": False},
        "identite": TRAITS | {"matricule": MATRICULE, "oid": OID, "statut": "QUALIFIEE"},
        "document": None,
    } | changes


CDA = {"cda": base64.b64encode(b"<ClinicalDocument/>").decode()}


def test_a_received_identity_is_verified_once(pilot: Pilot, insi: Service) -> None:
    answering(insi, verified_answer("OK"))
    first = pilot.post("/identites-recues", foreign(document=CDA))
    assert (first["patient"]["statut"], first["patient"]["matricule"]) == ("RECUPEREE", MATRICULE)
    assert (first["document_integre"], first["alertes"]) == (True, [])
    again = pilot.post("/identites-recues", foreign())
    assert (again["patient"], again["document_integre"]) == (first["patient"], None)
    assert len(insi.asked) == len(pilot.get("/journaux/insi")["lignes"]) == 1


def test_a_received_identity_insi_does_not_know(pilot: Pilot, insi: Service) -> None:
    answering(insi, verified_answer("KO"))
    known = pilot.patient()
    before = pilot.get(f"/patients/{known}")
    answer = pilot.post("/identites-recues", foreign(document=CDA))
    assert (answer["patient"], answer["document_integre"]) == (before, False)
    assert answer["alertes"]
    assert pilot.get("/travaux")["lignes"][0]["patient"] == known
    other = foreign()
    other["identite"] = other["identite"] | {"premier_prenom": "LOU", "prenoms": "LOU"}
    unknown = pilot.post("/identites-recues", other)["patient"]
    assert (unknown["statut"], unknown["matricule"], unknown["oid"]) == ("PROVISOIRE", None, None)
    assert pilot.get(f"/patients/{unknown['id']}")["statut"] == "PROVISOIRE"


def test_a_trusted_domain_is_believed_without_a_call(pilot: Pilot, insi: Service) -> None:
    body = foreign(emetteur={"domaine": "GHT", "contrat_confiance": True})
    assert pilot.post("/identites-recues", body)["patient"]["statut"] == "QUALIFIEE"
    assert insi.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"emetteur": {"domaine": "X"}},
        {"identite": TRAITS | {"matricule": MATRICULE[:13] + "00", "oid": OID, "statut": "QUALIFIEE"}},
        {"identite": TRAITS | {"matricule": MATRICULE, "statut": "QUALIFIEE"}},
        {"identite": TRAITS | {"matricule": MATRICULE, "oid": OID}},
        {"document": {"cda": "pas du base64"}},
        {"document": []},
    ],
)
def test_bad_receptions_are_refused(pilot: Pilot, insi: Service, changes: dict[str, Any]) -> None:
    assert pilot.call("POST", "/identites-recues", foreign(**changes)).status_code == 400
    assert insi.asked == []


def test_accesses_and_modifications_are_traced(pilot: Pilot, insi: Service) -> None:
    patient = pilot.patient()
    pilot.get(f"/patients/{patient}")
    assert pilot.get("/journaux/acces-ins")["lignes"] == []
    pilot.post(f"/patients/{patient}/ins/recherche")
    pilot.call("GET", f"/patients/{patient}", X_Pilote_Utilisateur="agent-2")
    access = pilot.get("/journaux/acces-ins")["lignes"]
    assert [(one["utilisateur"], one["patient"]) for one in access] == [("agent-2", patient)]
    pilot.call("PATCH", f"/patients/{patient}", {"nom_utilise": "SAULE"}, X_Pilote_Utilisateur="agent-3")
    lines = pilot.get("/journaux/modifications")["lignes"]
    assert (lines[0]["type"], lines[0]["utilisateur"]) == ("CREATION", "89990000015")
    assert {one["champ"] for one in lines} >= {"statut", "matricule", "nom_naissance"}
    assert (lines[-1]["champ"], lines[-1]["utilisateur"]) == ("nom_utilise", "agent-3")
    assert all(one["date"] for one in lines)


def test_defects_of_the_journals(start: Start, insi: Service) -> None:
    pilot = start("insi-log-without-traits", "insi-log-without-user", "access-log-missing", "audit-without-user")
    patient = retrieved(pilot, insi)
    pilot.get(f"/patients/{patient}")
    line = pilot.get("/journaux/insi")["lignes"][0]
    assert (line["utilisateur"], line["traits"], line["historique"]) == (None, {}, [])
    assert pilot.get("/journaux/acces-ins")["lignes"] == []
    assert {one["utilisateur"] for one in pilot.get("/journaux/modifications")["lignes"]} == {None}


@pytest.mark.parametrize(
    ("defect", "codes"),
    [
        ("insi-log-skips-recovery", ["OK", "KO"]),
        ("insi-log-skips-verification", ["00"]),
        ("insi-log-skips-ko", ["00", "OK"]),
    ],
)
def test_defects_of_the_insi_log(start: Start, insi: Service, defect: str, codes: list[str]) -> None:
    pilot = start(defect)
    patient = retrieved(pilot, insi)
    for result in ("OK", "KO"):
        answering(insi, verified_answer(result))
        pilot.post(f"/patients/{patient}/ins/verification")
    assert [line["code"] for line in pilot.get("/journaux/insi")["lignes"]] == codes


def test_the_process_starts_and_stops_with_its_input(bench: Path) -> None:
    command = [sys.executable, "-m", "conformance.reference_lps", "--bench", str(bench), "--port", "0"]
    begun = time.monotonic()
    with subprocess.Popen(
        [*command, "--stop-with-stdin", "--defect", "psc-without-eidas1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdin
        line = process.stdout.readline().decode("utf-8")
        assert line.startswith("prêt http://127.0.0.1:")
        assert time.monotonic() - begun < 5
        assert Pilot(line.split()[1]).get("/etat")["logiciel"]
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stderr
        assert process.stderr.read() == b""


def test_the_command_line_explains_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from conformance.reference_lps.__main__ import main

    assert main(["--list-defects"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(DEFECTS)
    (tmp_path / "bench.json").write_text("{}", encoding="utf-8")
    for arguments, said in (
        (["--defect", "psc-without-eidas"], "psc-without-eidas1"),
        ([], "--bench"),
        (["--bench", str(tmp_path / "absent.json")], "illisible"),
        (["--bench", str(tmp_path / "bench.json")], "illisible"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert said in capsys.readouterr().err


def test_the_store_gives_back_what_it_was_given(tmp_path: Path) -> None:
    from conformance.reference_lps import identity
    from conformance.reference_lps.store import Store

    patient = replace(
        identity.create("p", TRAITS),
        attributs=frozenset({"homonyme"}),
        historique=({"matricule": OTHER},),
        alertes=("a",),
    )
    store = Store(tmp_path / "essai.sqlite3")
    store.save_patient(patient)
    store.close()
    again = Store(tmp_path / "essai.sqlite3")
    assert again.patients() == [patient]
    again.close()

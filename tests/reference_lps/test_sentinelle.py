"""A DMP that falters, in front of a software that must neither lose nor double anything, and must tell its user."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.checks import dmp_flow
from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.identity import Identity, invent
from conformance.reference_lps import soap
from conformance.simulators.bench import Bench
from tests.reference_lps.lps_kit import Pilot, running

LETTER = {"type": "11490-0", "titre": "Lettre de liaison", "texte": "Texte d’essai."}
PATIENCE_S = 15.0


class Office:
    """A software and its bench, with one qualified patient a test."""

    def __init__(self, bench: Bench, journal: Journal, pilot: Pilot) -> None:
        self.bench, self.journal, self.pilot = bench, journal, pilot

    def patient(self, who: Identity) -> str:
        """A qualified patient with an open DMP."""
        self.bench.dmp.open(who)
        self.bench.insi.answers(who)
        patient = str(self.pilot.post("/patients", who.traits)["id"])
        self.pilot.post(f"/patients/{patient}/ins/recherche")
        self.pilot.post(f"/patients/{patient}/justificatif", {"type": "CNI", "valider": True})
        return patient

    def letter(self, patient: str, **settings: Any) -> str:
        """A validated letter, which goes to the DMP by itself."""
        document = str(self.pilot.post("/documents", {"patient": patient, **LETTER, **settings})["id"])
        self.pilot.post(f"/documents/{document}/validation")
        return document

    def state(self, document: str) -> tuple[str, str]:
        """What the user sees of a deposit."""
        shown = self.pilot.get(f"/documents/{document}")["dmp"]
        return str(shown["etat"]), str(shown["message"])

    def until(self, ready: Callable[[], bool]) -> None:
        """Wait for that, not for ever."""
        limit = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < limit, "rien n’est venu"
            time.sleep(0.05)

    def deposited(self, document: str) -> None:
        """Wait until the user sees the deposit done."""
        self.until(lambda: self.state(document)[0] == "DEPOSE")

    def seen(self, who: Identity) -> list[Any]:
        """What reached the DMP about that person."""
        return self.journal.exchanges(Channel.DMP, key=who.matricule)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(soap, "TIMEOUT_S", 1.0)
    journal = Journal(tmp_path / "run")
    with Bench(tmp_path / "banc", journal) as bench, running(bench.file, tmp_path) as pilot:
        bench.dmp._slow_s = 1.6  # longer than the software waits
        assert pilot.call("PUT", "/reglages", {"dmp_automatique": True}).json()["dmp_automatique"] is True
        yield Office(bench, journal, pilot)
    journal.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("http-500", "HTTP 500"),
        ("http-503", "HTTP 503"),
        ("soap-fault", "refusé la demande"),
        ("reset", "injoignable"),
        ("cut", "injoignable"),
        ("lost-answer", "injoignable"),
        ("slow", "n’a pas répondu"),
        ("expired", "connexion sécurisée"),
    ],
)
def test_what_the_dmp_could_not_take_waits_and_goes_once(office: Office, fault: str, told: str) -> None:
    who = invent(3, f"sentinelle-{fault}")
    patient = office.patient(who)
    office.bench.dmp.expire() if fault == "expired" else office.bench.dmp.fault(fault, who)
    documents = [office.letter(patient), office.letter(patient)]
    office.until(lambda: all(told in office.state(one)[1] for one in documents))
    for document in documents:
        state, message = office.state(document)
        assert state == "EN_ATTENTE" and "de nouveau" in message
    office.bench.dmp.clear()
    for document in documents:
        office.deposited(document)
    names = [office.pilot.get(f"/documents/{one}")["unique_id"] for one in documents]
    assert sorted(entry.unique_id for entry in office.bench.dmp.documents(who.matricule)) == sorted(names)
    assert list(dmp_flow.once(office.seen(who), names)) == []


@pytest.mark.slow
def test_a_correction_waits_for_what_it_corrects(office: Office) -> None:
    who = invent(3, "sentinelle-correction")
    patient = office.patient(who)
    office.bench.dmp.fault("http-503", who)
    first = office.letter(patient)
    second = office.letter(patient, remplace=first)
    office.until(lambda: "HTTP 503" in office.state(first)[1])
    office.bench.dmp.clear()
    office.deposited(second)
    before, after = office.bench.dmp.documents(who.matricule)
    assert (before.status, after.status, after.replaces) == ("Deprecated", "Approved", before.entry_uuid)


@pytest.mark.slow
def test_a_closed_dmp_is_told_and_not_insisted_upon(office: Office) -> None:
    who = invent(3, "sentinelle-ferme")
    patient = office.patient(who)
    office.bench.dmp.close(who)
    document = office.letter(patient)
    office.until(lambda: office.state(document)[0] == "ECHEC")
    assert "fermé" in office.state(document)[1]
    (line,) = office.pilot.get("/travaux")["lignes"]
    assert line["type"] == "DEPOT_DMP" and line["patient"] == patient
    calls = len(office.seen(who))
    time.sleep(1.2)
    assert len(office.seen(who)) == calls


@pytest.mark.slow
def test_what_waited_survives_a_restart(tmp_path: Path) -> None:
    who, journal = invent(3, "sentinelle-redemarrage"), Journal(tmp_path / "run")
    with Bench(tmp_path / "banc", journal) as bench:
        with running(bench.file, tmp_path) as pilot:
            office = Office(bench, journal, pilot)
            pilot.call("PUT", "/reglages", {"dmp_automatique": True})
            patient = office.patient(who)
            bench.dmp.fault("http-503", who)
            document = office.letter(patient)
            office.until(lambda: "HTTP 503" in office.state(document)[1])
        bench.dmp.clear()
        with running(bench.file, tmp_path) as pilot:
            Office(bench, journal, pilot).deposited(document)
        assert len(bench.dmp.documents(who.matricule)) == 1
    journal.close()


@pytest.mark.slow
def test_an_opposition_recorded_meanwhile_is_obeyed(office: Office) -> None:
    who = invent(3, "sentinelle-opposition")
    patient = office.patient(who)
    office.bench.dmp.fault("http-503", who)
    document = office.letter(patient)
    office.until(lambda: "HTTP 503" in office.state(document)[1])
    office.pilot.post(f"/patients/{patient}/consentements", {"dmp": False})
    office.bench.dmp.clear()
    office.until(lambda: office.state(document)[0] == "BLOQUE")
    assert office.bench.dmp.documents(who.matricule) == ()


@pytest.mark.slow
def test_the_counters_are_those_of_the_dmp(office: Office) -> None:
    people = [invent(3, "sentinelle-compte", number) for number in range(4)]
    patients = [office.patient(who) for who in people]
    office.bench.dmp.close(people[3])
    office.bench.dmp.fault("lost-answer", people[0])
    documents = [office.letter(patient) for patient in patients]
    office.until(lambda: "de nouveau" in office.state(documents[0])[1])
    office.bench.dmp.clear()
    office.until(lambda: all(office.state(one)[0] in ("DEPOSE", "ECHEC") for one in documents))
    counted = Counter(office.state(one)[0] for one in documents)
    stored = sum(len(office.bench.dmp.documents(who.matricule)) for who in people)
    assert counted == {"DEPOSE": stored, "ECHEC": 1} and stored == 3
    board = {line["issue"]: line["nombre"] for line in office.pilot.get("/activite")["lignes"]}
    assert board == {"REUSSITE": stored, "ECHEC": 1}
    journal = office.pilot.get("/journaux/echanges")["lignes"]
    assert sum(line["canal"] == "dmp" for line in journal) == stored

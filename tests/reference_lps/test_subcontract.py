"""The reports of a subcontractor in the reference LPS: filed by the number of the request, waiting when it says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.drivers.lab_report import LabReport, Order, mail, report
from conformance.journal import Journal
from conformance.model.identity import Identity, invent
from conformance.reference_lps import lab
from conformance.simulators.bench import Bench, mailboxes
from tests.reference_lps.lps_kit import Pilot, running

PDF = b"%PDF-1.4 invente"
ASKED = {"sous_traitant": "Laboratoire des Aulnes"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Pilot]]:
    """A reference LPS beside a whole bench."""
    folder = tmp_path_factory.mktemp("sous-traitance")
    (folder / "donnees").mkdir()
    with Bench(folder / "banc", Journal(folder / "run")) as bench, running(bench.file, folder / "donnees") as pilot:
        yield bench, pilot


def known(pilot: Pilot, person: Identity) -> tuple[str, Order]:
    """A patient without INS, and a request made for it."""
    patient = str(pilot.post("/patients", person.traits)["id"])
    told = pilot.post(f"/patients/{patient}/sous-traitances", ASKED)
    return patient, Order(told["oid"], told["numero"])


def read(served: tuple[Bench, Pilot], *reports: LabReport, box: str = "applicative", **settings: Any) -> dict[str, Any]:
    bench, pilot = served
    bench.mss.deliver(mailboxes("")[box]["adresse"], mail(*reports, **settings))
    answer: dict[str, Any] = pilot.post("/releves", {"boite": box})
    assert answer["etat"] == "RELEVEE"
    return answer


def test_the_number_finds_the_record_without_any_ins(served: tuple[Bench, Pilot]) -> None:
    person = invent(3, "soustraite")
    patient, order = known(served[1], person)
    one = report("un", person, order=order)
    answer = read(served, one, pdf=PDF)
    assert [(doc["unique_id"], doc["patient"]) for doc in answer["documents"]] == [(one.unique_id, patient)]
    assert answer["alertes"] == answer["en_attente"] == []
    path = f"/documents-recus/{answer['documents'][0]['id']}/pdf"
    assert served[1].call("GET", path).content == PDF
    read(served, one, pdf=b"%PDF-1.4 autre")
    assert served[1].call("GET", path).content == PDF
    served[1].call("DELETE", path.removesuffix("/pdf"))
    assert served[1].call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda order: replace(order, number="ST99999999"), "inconnu"),
        (lambda order: replace(order, oid=f"{order.oid}9"), "inconnu"),
        (lambda order: replace(order, number=""), "inconnu"),
        (lambda order: replace(order, number=order.number.lower()), "inconnu"),
    ],
)
def test_another_number_or_another_domain_waits(served: tuple[Bench, Pilot], change: Any, why: str) -> None:
    person = invent(4, f"numero{change.__code__.co_firstlineno}")
    patient, order = known(served[1], person)
    answer = read(served, report("un", person, order=change(order)))
    assert answer["documents"] == [] and why in answer["alertes"][0] and len(answer["en_attente"]) == 1
    assert served[1].get(f"/patients/{patient}/documents-recus")["documents"] == []


def test_the_request_of_somebody_else_waits(served: tuple[Bench, Pilot]) -> None:
    person, other = invent(5, "soustraite"), invent(5, "autre")
    _, order = known(served[1], other)
    known(served[1], person)
    twin = other.with_(date_naissance="1950-01-31")
    for one in (person, twin):
        answer = read(served, report("un", one, order=order))
        assert answer["documents"] == [] and "autre usager" in answer["alertes"][0]


def test_the_number_counts_in_the_applicative_box_alone(served: tuple[Bench, Pilot]) -> None:
    person = invent(6, "soustraite")
    patient, order = known(served[1], person)
    answer = read(served, report("un", person, order=order), box="personnelle")
    assert answer["documents"] == [] and "ne connaît pas" in answer["alertes"][0]
    assert served[1].call("POST", f"/patients/{patient}/sous-traitances", {}).status_code == 400


def test_every_number_of_a_hostile_header_is_read() -> None:
    one = report("un", invent(6, "x"), order=Order("1.2", 'a<&"'))
    assert lab.read(one.cda, frozenset()).orders == (("1.2", 'a<&"'),)
    bare = one.cda.replace(b' root="1.2"', b"")
    assert lab.read(bare, frozenset()).orders == (("", 'a<&"'),)
    absent = report("un", invent(6, "x"), order=Order("", "")).cda.replace(b'root="" extension=""', b'nullFlavor="NI"')
    assert b'<id nullFlavor="NI"/>' in absent and lab.read(absent, frozenset()).orders == ()


def test_the_pdf_of_a_mail_with_several_documents_is_nobodys(served: tuple[Bench, Pilot]) -> None:
    person = invent(7, "soustraite")
    _, order = known(served[1], person)
    answer = read(served, *(report(label, person, order=order) for label in "ab"), pdf=PDF)
    assert len(answer["documents"]) == 2
    for doc in answer["documents"]:
        assert served[1].call("GET", f"/documents-recus/{doc['id']}/pdf").status_code == 404

"""Documents, mails and deposits: what the rules of identity and consent let through."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import reference_lps
from conformance.reference_lps.types import Deposit, Patient, Produced, Sent
from tests.reference_lps.lps_kit import MATRICULE, Pilot, Service, Start, qualified, retrieved


class PartB:
    """Stands for the documents, the DMP and the mail: remembers what the rules let through."""

    def __init__(self) -> None:
        self.produced: list[Patient] = []
        self.sent: list[tuple[Any, ...]] = []
        self.deposits: list[tuple[str, str | None]] = []

    def produce(self, draft: Any, patient: Patient, bench: Any, defects: Any) -> Produced:
        self.produced.append(patient)
        return Produced(f"1.2.3.{len(self.produced)}", b"<cda/>", b"%PDF", "20260101_ÉRABLE.pdf")

    def deposit(self, produced: Produced, draft: Any, patient: Patient, replaces: str | None, lot: Any) -> Deposit:
        self.deposits.append((produced.unique_id, replaces))
        return Deposit("DEPOSE", "Déposé.", f"urn:uuid:{produced.unique_id}")

    def delete(self, entry_uuid: str, patient: Patient) -> Deposit:
        self.deposits.append((entry_uuid, "SUPPRESSION"))
        return Deposit("SUPPRIME", "Supprimé.")

    def send_document(self, produced: Any, draft: Any, patient: Patient, *rest: Any) -> Sent:
        self.sent.append(rest)
        return Sent("ENVOYE", "Envoyé.", f"<{len(self.sent)}@test>", rest[0])

    def send_message(self, *rest: Any) -> Sent:
        self.sent.append(rest)
        return Sent("ENVOYE", "Envoyé.", "<m@test>", rest[0])

    def reply(self, source: bytes, *rest: Any) -> Sent:
        self.sent.append((source, *rest))
        return Sent("ENVOYE", "Envoyé.", "<r@test>", "confrere@operateur.mssante.test")


@pytest.fixture
def part_b(monkeypatch: pytest.MonkeyPatch) -> PartB:
    fake = PartB()
    modules = {
        "documents": SimpleNamespace(produce=fake.produce),
        "dmp": SimpleNamespace(DmpClient=lambda *_, **__: fake),
        "mail": SimpleNamespace(Mailer=lambda *_, **__: fake),
    }
    for name, module in modules.items():
        monkeypatch.setattr(reference_lps, name, module, raising=False)
    return fake


def validated(pilot: Pilot, patient: str, replaced: str | None = None) -> str:
    body = {
        "patient": patient,
        "type": "11488-4",
        "titre": "Lettre",
        "texte": "Bonjour",
        "remplace": replaced,
    }
    document = str(pilot.post("/documents", body)["id"])
    pilot.post(f"/documents/{document}/validation")
    return document


PRO = {
    "canal": "mss-professionnel",
    "destinataire": "confrere@operateur.mssante.test",
    "boite": "applicative",
}
CITIZEN = {"canal": "mss-patient"}


def test_only_a_qualified_identity_gives_its_ins_to_documents(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    for patient in (retrieved(pilot, insi), qualified(pilot, insi)):
        validated(pilot, patient)
    assert [one.matricule for one in part_b.produced] == [None, MATRICULE]


def test_a_document_and_its_files(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    document = validated(pilot, qualified(pilot, insi))
    shown = pilot.get(f"/documents/{document}")
    assert (shown["etat"], shown["unique_id"], shown["dmp"]["etat"]) == ("VALIDE", "1.2.3.1", "NON_DEPOSE")
    assert pilot.call("GET", f"/documents/{document}/cda").content == b"<cda/>"
    pdf = pilot.call("GET", f"/documents/{document}/pdf")
    assert pdf.headers["Content-Disposition"] == "attachment; filename*=UTF-8''20260101_%C3%89RABLE.pdf"
    assert pilot.call("POST", f"/documents/{document}/validation", {}).status_code == 409


def test_the_rules_of_the_mail_to_the_patient(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    early = retrieved(pilot, insi)
    path = f"/documents/{validated(pilot, early)}/envois"
    assert pilot.post(path, CITIZEN)["etat"] == "BLOQUE"
    patient = qualified(pilot, insi)
    path = f"/documents/{validated(pilot, patient)}/envois"
    assert pilot.post(path, CITIZEN) == {"etat": "ENVOYE", "message": "Envoyé.", "message_id": "<1@test>"}
    assert part_b.sent[0][0] == f"{MATRICULE}@patient.mssante.fr"
    pilot.post(f"/patients/{patient}/consentements", {"mss_patient": False})
    refused = pilot.post(path, CITIZEN)
    assert (refused["etat"], len(part_b.sent)) == ("BLOQUE", 1)
    assert "refuse" in refused["message"]
    line = pilot.get("/journaux/echanges")["lignes"]
    assert [(one["patient"], one["canal"], one["avec_ins"]) for one in line] == [(patient, "mss-patient", True)]


def test_the_rules_of_the_mail_to_a_professional(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    patient = qualified(pilot, insi)
    path = f"/documents/{validated(pilot, patient)}/envois"
    assert pilot.call("POST", path, {"canal": "mss-professionnel"}).status_code == 400
    assert pilot.post(path, PRO)["etat"] == "ENVOYE"
    pilot.call("PUT", "/reglages", {"adresse_retour": "accueil@operateur.mssante.test"})
    pilot.post(path, PRO)
    assert [one[2] for one in part_b.sent] == [None, "accueil@operateur.mssante.test"]
    pilot.post(f"/patients/{patient}/consentements", {"mss_professionnel": False})
    assert pilot.post(path, PRO)["etat"] == "BLOQUE"
    pilot.post(f"/patients/{patient}/consentements", {"mss_professionnel": True})
    pilot.post(f"/patients/{patient}/attributs", {"douteuse": True})
    assert pilot.post(path, PRO)["etat"] == "BLOQUE"
    assert len(part_b.sent) == 2


def test_messages_without_a_document(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    body = {
        "objet": "Objet",
        "texte": "Texte\nsuite",
        "html": False,
        "accuse_dsn": True,
        "boite": "personnelle",
    }
    assert pilot.post("/messages", body | {"a": "confrere@operateur.mssante.test"})["etat"] == "ENVOYE"
    assert pilot.call("POST", "/messages", body | {"a": "x@y.fr\r\nBcc: z@y.fr"}).status_code == 400
    retrieved(pilot, insi)
    assert pilot.post("/messages", body | {"a": f"{MATRICULE}@patient.mssante.fr"})["etat"] == "BLOQUE"
    source = base64.b64encode(b"Subject: x\r\n\r\n").decode()
    assert pilot.post("/reponses", {"source": source, "texte": "Merci"})["etat"] == "ENVOYE"
    assert part_b.sent[-1][0] == b"Subject: x\r\n\r\n"
    assert [one["avec_ins"] for one in pilot.get("/journaux/echanges")["lignes"]] == [False, False]


def test_replacement_and_the_dmp(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    patient = qualified(pilot, insi)
    first = validated(pilot, patient)
    assert pilot.post(f"/documents/{first}/dmp")["dmp"]["etat"] == "DEPOSE"
    assert pilot.call("POST", f"/documents/{first}/dmp", {}).status_code == 409
    pilot.post(f"/documents/{first}/envois", PRO)
    second = validated(pilot, patient, first)
    assert pilot.get(f"/documents/{first}")["etat"] == "REMPLACE"
    assert pilot.call("POST", f"/documents/{first}/envois", PRO).status_code == 409
    third = validated(pilot, patient, second)
    pilot.post(f"/documents/{third}/dmp")
    assert part_b.deposits == [("1.2.3.1", None), ("1.2.3.3", "urn:uuid:1.2.3.1")]
    gone = pilot.call("DELETE", f"/documents/{third}/dmp").json()
    assert (gone["etat"], gone["dmp"]["etat"]) == ("SUPPRIME", "SUPPRIME")
    assert pilot.call("DELETE", f"/documents/{third}/dmp").status_code == 409


def test_the_former_mail_is_named(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    patient = qualified(pilot, insi)
    first = validated(pilot, patient)
    pilot.post(f"/documents/{first}/envois", PRO)
    second = validated(pilot, patient, first)
    pilot.post(f"/documents/{second}/envois", PRO)
    assert [one[3] for one in part_b.sent] == [None, "<1@test>"]


def test_the_rules_of_the_dmp(pilot: Pilot, insi: Service, part_b: PartB) -> None:
    early = validated(pilot, retrieved(pilot, insi))
    patient = qualified(pilot, insi)
    pilot.post(f"/patients/{patient}/consentements", {"dmp": False})
    refused = validated(pilot, patient)
    for document in (early, refused):
        assert pilot.post(f"/documents/{document}/dmp")["dmp"]["etat"] == "BLOQUE"
    assert part_b.deposits == []


def test_defects_of_the_exchanges(start: Start, insi: Service, part_b: PartB) -> None:
    pilot = start("mss-writes-to-unqualified", "exchanges-log-missing", "dmp-delete-not-sent")
    path = f"/documents/{validated(pilot, pilot.patient())}/envois"
    assert pilot.post(path, CITIZEN)["etat"] == "ENVOYE"
    document = validated(pilot, qualified(pilot, insi))
    pilot.post(f"/documents/{document}/envois", PRO)
    pilot.post(f"/documents/{document}/dmp")
    assert pilot.call("DELETE", f"/documents/{document}/dmp").json()["etat"] == "SUPPRIME"
    assert [one[1] for one in part_b.deposits] == [None]
    assert pilot.get("/journaux/echanges")["lignes"] == []


def test_documents_are_checked(pilot: Pilot, part_b: PartB) -> None:
    patient = pilot.patient()
    good = {"patient": patient, "type": "11488-4", "titre": "Lettre", "texte": "Bonjour"}
    assert pilot.call("POST", "/documents", good).status_code == 201
    for changes, status in (
        ({"patient": "x"}, 404),
        ({"type": "lettre"}, 400),
        ({"titre": "a\nb"}, 400),
        ({"texte": "a\x00b"}, 400),
        ({"masque_ps": "oui"}, 400),
        ({"remplace": "x"}, 400),
    ):
        assert pilot.call("POST", "/documents", good | changes).status_code == status
    draft = pilot.post("/documents", good)["id"]
    assert pilot.call("GET", f"/documents/{draft}/pdf").status_code == 409
    assert pilot.call("POST", f"/documents/{draft}/envois", PRO).status_code == 409

"""The reference LPS in process, in front of the simulated INSi and of the identity neighbour: one patient, all that leaves.

Bytes are real on both sides; only the TLS sessions to INSi are left out, which would be all the time it takes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

import pytest

from conformance.checks.ins.flow import Sent
from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.identity import Identity, invent, nir_key
from conformance.reference_lps import messages, rules
from conformance.reference_lps.desk import documents
from conformance.reference_lps.desk import identity as desk_identity
from conformance.reference_lps.inputs import Call
from conformance.reference_lps.insi import InsiClient
from conformance.reference_lps.insi import xml as insi_xml
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.types import Bench
from conformance.simulators.bench import Bench as Services
from conformance.simulators.http import Request

STATUSES = ("PROVISOIRE", "RECUPEREE", "VALIDEE", "QUALIFIEE")
PEER = "confrere@autre.mssante.test"
LETTER = {"type": "11490-0", "titre": "Lettre de liaison", "texte": "Texte du document d’essai."}
_NAMES = ("D'ARBELAY--DE L'ORGEVAL", "O'", "LE TALLEC", "B" * 54, "SAINT-OUVRE DE LA TOUR-MARVENNE D'ABRASSANE")


def someone(number: int) -> Identity:
    """An invented person; one in seven has an awkward name, one in nine was born in Corsica, one in eleven has a NIA-like number."""
    draw, person = random.Random(number), invent(31, "flux", number)
    stem, place = person.matricule[:13], person.lieu_naissance
    if number % 9 == 0:
        place = draw.choice(("2A004", "2B033"))
        stem = f"{stem[:5]}{place}{stem[10:]}"
    if number % 11 == 0:
        stem = ("7" if person.sexe == "M" else "8") + stem[1:]
    if number % 7 == 0:
        name = draw.choice(_NAMES) + "ABCDEFGHIJ"[number % 10] + person.nom_naissance[-5:]
        person = person.with_(nom_naissance=name, nom_utilise=name)
    return person.with_(matricule=stem + nir_key(stem), lieu_naissance=place)


class Desk:
    """One LPS, one writer: what a person at the keyboard does, and what it makes leave."""

    def __init__(self, lps: Lps, services: Services, journal: Journal) -> None:
        self.lps, self._services, self._journal = lps, services, journal

    def live(self, person: Identity, status: str) -> list[Sent]:
        """Create the person, bring them to that status, write and send a document; gives everything that left."""
        if status in ("RECUPEREE", "QUALIFIEE"):
            self._services.insi.answers(person)
        patient = desk_identity.create_patient(self.lps, self._call("", person.traits))["id"]
        if status in ("RECUPEREE", "QUALIFIEE"):
            desk_identity.search_ins(self.lps, self._call(patient))
        if status in ("VALIDEE", "QUALIFIEE"):
            desk_identity.record_proof(self.lps, self._call(patient, {"type": "CNI", "valider": True}))
        assert desk_identity.read_patient(self.lps, self._call(patient))["statut"] == status
        document = documents.write_document(self.lps, self._call("", {**LETTER, "patient": patient}))["id"]
        documents.validate_document(self.lps, self._call(document))
        return [*self._document(document, patient, status), *self._neighbour(person)]

    def _document(self, document: str, patient_id: str, status: str) -> Iterator[Sent]:
        record, bench = self.lps.document(document), self.lps.bench
        shown, produced = rules.for_exchange(self.lps.patient(patient_id)), record.produced
        assert produced is not None
        yield Sent("document.xml", "cda", produced.cda)
        sender = messages.Sender.of(bench, "personnelle", None, frozenset())
        address = rules.patient_address(shown, frozenset()) if status == "QUALIFIEE" else None
        mail = messages.document_message(
            sender, address or PEER, produced, record.draft, shown, bench=bench, defects=frozenset(), former_id=None
        )
        yield Sent("courriel.eml", "mail", mail.as_bytes())

    def _neighbour(self, person: Identity) -> Iterator[Sent]:
        """The last message that the neighbour received: what it now believes."""
        told = self._journal.exchanges(Channel.HL7, key=person.key)
        assert told and all(one.facts["ack"] == "AA" for one in told)
        yield Sent(told[-1].operation, "hl7", told[-1].request.body)

    def _call(self, target: str, body: dict[str, object] | None = None) -> Call:
        return Call("89990000013", True, target, body or {})


@contextmanager
def desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Start the services and open the LPS."""
    journal = Journal(folder / "run")
    with Services(folder / "banc", journal) as services:
        pem = services.pki.pair("org_auth").certificate.read_text(encoding="ascii")
        certificate = PEM_cert_to_DER_cert(pem.partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----")

        def post(client: InsiClient, operation: str, body: object, mode: str) -> bytes:
            message = insi_xml.envelope(operation, body, client._bench, None)  # type: ignore[arg-type]
            asked = Request("POST", "/lps", (("Content-Type", "application/soap+xml"),), message, None, certificate)
            return services.insi._answer(asked).body

        monkeypatch.setattr(InsiClient, "_post", post)
        lps = Lps.open(Bench.read(services.file), folder, "http://127.0.0.1", frozenset())
        yield Desk(lps, services, journal)
        lps.store.close()
    journal.close()

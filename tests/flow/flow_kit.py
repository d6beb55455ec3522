"""The reference LPS in process, in front of the simulated INSi and of the identity neighbour: one patient, all that leaves.

Bytes are real on both sides, and the services judge what reaches them; only the sessions to INSi, to the DMP, to the mail
operator and to the neighbour are left out, which would be most of the time it takes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from conformance.checks.ins.flow import Sent
from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import Identity, invent, nir_key
from conformance.reference_lps import mllp, soap
from conformance.reference_lps.desk import documents
from conformance.reference_lps.desk import identity as desk_identity
from conformance.reference_lps.desk import mail as desk_mail
from conformance.reference_lps.inputs import Call
from conformance.reference_lps.insi import InsiClient
from conformance.reference_lps.insi import xml as insi_xml
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.mail import Mailer
from conformance.reference_lps.types import Bench
from conformance.simulators import pam_message
from conformance.simulators.bench import Bench as Services
from conformance.simulators.http import Request

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


@dataclass(frozen=True)
class Life:
    """How far an identity goes, and the attribute set on it in the end."""

    reached: str
    attribute: str = ""

    @property
    def aside(self) -> bool:
        """Whether the attribute sets the identity aside: provisoire, without INS, unknown to every service."""
        return self.attribute in ("douteuse", "fictive")

    @property
    def status(self) -> str:
        """The status in the end."""
        return "PROVISOIRE" if self.aside else self.reached

    def __str__(self) -> str:
        return f"{self.reached} {self.attribute}".strip()


LIVES = (
    Life("PROVISOIRE"),
    Life("RECUPEREE"),
    Life("VALIDEE"),
    Life("QUALIFIEE"),
    Life("QUALIFIEE", "homonyme"),
    Life("QUALIFIEE", "douteuse"),
    Life("RECUPEREE", "fictive"),
    Life("VALIDEE", "douteuse"),
)


class Desk:
    """One LPS, one writer: what a person at the keyboard does, and what it makes leave."""

    def __init__(self, lps: Lps, services: Services, journal: Journal, left: list[Sent]) -> None:
        self.lps, self._services, self._journal, self._left = lps, services, journal, left

    def live(self, person: Identity, life: Life, *, dmp: bool = True) -> list[Sent]:
        """Create the person, bring them there, write and send a document by every way; gives everything that left.

        Without ``dmp`` a qualified person's document stays out of the DMP, where half of the time goes.
        """
        patient = desk_identity.create_patient(self.lps, self._call("", person.traits))["id"]
        self._raise(patient, person, life.reached)
        former = self._written(patient) if life.aside and life.reached == "QUALIFIEE" else None
        told = len(self._told(person)) if life.attribute else -1
        if life.attribute:
            desk_identity.mark_identity(self.lps, self._call(patient, {life.attribute: True}))
        assert desk_identity.read_patient(self.lps, self._call(patient))["statut"] == life.status
        self._left.clear()
        for document in filter(None, (former, self._written(patient))):
            self._leaves(document, person, life, stale=document == former, dmp=dmp)
        if life.aside:
            self._insi_is_left_alone(patient, person)
        about = self._told(person)[told:] or self._told(person)[-1:]
        return [*self._left, *(Sent(one.operation, "hl7", one.request.body) for one in about)]

    def _raise(self, patient: str, person: Identity, status: str) -> None:
        if status in ("RECUPEREE", "QUALIFIEE"):
            self._services.insi.answers(person)
            desk_identity.search_ins(self.lps, self._call(patient))
        if status in ("VALIDEE", "QUALIFIEE"):
            desk_identity.record_proof(self.lps, self._call(patient, {"type": "CNI", "valider": True}))

    def _written(self, patient: str) -> str:
        document: str = documents.write_document(self.lps, self._call("", {**LETTER, "patient": patient}))["id"]
        documents.validate_document(self.lps, self._call(document))
        return document

    def _leaves(self, document: str, person: Identity, life: Life, *, stale: bool, dmp: bool) -> None:
        """Send the document by every way; the ways that its patient's status forbids must let nothing out."""
        qualified, before = life.status == "QUALIFIEE", len(self._left)
        peer = {"canal": "mss-professionnel", "destinataire": PEER}
        if dmp or not qualified:
            self._services.dmp.open(person)
            deposited = documents.deposit(self.lps, self._call(document))["dmp"]["etat"]
            assert deposited == ("DEPOSE" if qualified else "BLOQUE")
        told = desk_mail.send_document(self.lps, self._call(document, {"canal": "mss-patient"}))["etat"]
        assert told == ("ENVOYE" if qualified else "BLOQUE")
        if not qualified:
            carried = desk_mail.send_document(self.lps, self._call(document, peer))["etat"]
            assert carried == ("BLOQUE" if stale else "ENVOYE")
        # A document written with an INS that is no longer the patient's stays where it is.
        assert (len(self._left) == before) is stale
        if not stale:
            produced = self.lps.document(document).produced
            assert produced is not None
            self._left.append(Sent("document.xml", "cda", produced.cda))

    def _insi_is_left_alone(self, patient: str, person: Identity) -> None:
        calls = len(self._journal.exchanges(Channel.INSI, key=person.key))
        assert desk_identity.search_ins(self.lps, self._call(patient))["code"] == "BLOQUE"
        assert len(self._journal.exchanges(Channel.INSI, key=person.key)) == calls

    def _told(self, person: Identity) -> list[Exchange]:
        """The messages that the neighbour received."""
        told = self._journal.exchanges(Channel.HL7, key=person.key)
        assert all(one.facts["ack"] == "AA" for one in told)
        return told

    def _call(self, target: str, body: dict[str, object] | None = None) -> Call:
        return Call("89990000013", True, target, body or {})


@contextmanager
def desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Start the services and open the LPS."""
    journal, left = Journal(folder / "run"), list[Sent]()
    with Services(folder / "banc", journal) as services:
        pem = services.pki.pair("org_auth").certificate.read_text(encoding="ascii")
        certificate = PEM_cert_to_DER_cert(pem.partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----")

        def insi(client: InsiClient, operation: str, body: object, mode: str) -> bytes:
            message = insi_xml.envelope(operation, body, client._bench, None)  # type: ignore[arg-type]
            asked = Request("POST", "/lps", (("Content-Type", "application/soap+xml"),), message, None, certificate)
            return services.insi._answer(asked).body

        def dmp(url: str, _context: object, media: str, message: bytes) -> tuple[int, str, bytes]:
            left.append(Sent(url, "xds" if media.startswith("multipart") else "vihf", message, media))
            asked = Request("POST", urlsplit(url).path, (("Content-Type", media),), message, None, certificate)
            answer = services.dmp._handle(asked)
            return answer.status, dict(answer.headers).get("Content-Type", ""), answer.body

        def smtp(_mailer: Mailer, _sender: object, _box: str, _to: str, content: bytes, _heard: list[str]) -> None:
            left.append(Sent("courriel.eml", "mail", content))

        def neighbour(_host: str, _port: int, message: bytes) -> bytes:
            heard = pam_message.read(message)
            code, reason = heard.refusal or ("AA", "")
            answer = pam_message.acknowledge(heard, code, reason)
            in_clear = SimpleNamespace(get_extra_info=lambda _name: None)
            services.pam._record(in_clear, message, answer, heard, {"ack": code})  # type: ignore[arg-type]
            return answer

        monkeypatch.setattr(InsiClient, "_post", insi)
        monkeypatch.setattr(mllp, "exchange", neighbour)
        monkeypatch.setattr(soap, "_post", dmp)
        monkeypatch.setattr(Mailer, "_deliver", smtp)
        lps = Lps.open(Bench.read(services.file), folder, "http://127.0.0.1", frozenset())
        yield Desk(lps, services, journal, left)
        lps.store.close()
    journal.close()

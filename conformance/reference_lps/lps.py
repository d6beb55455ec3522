"""The parts of the running LPS that every action needs."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import identity, rules, traits
from .accounts import Accounts
from .audit import Audit
from .directory.api import DirectoryClient
from .directory.store import DirectoryStore
from .errors import not_found
from .insi import InsiClient
from .mailbox.keeper import Boxes
from .mailbox.store import MailStore
from .neighbours import HL7, Neighbours
from .psc import IDLE_S, PscClient
from .received_store import ReceivedStore
from .revocation import RevokedList
from .store import Record, Store
from .types import Bench, Patient


@dataclass(frozen=True)
class Lps:
    """One LPS, bound to a bench and to its own file."""

    bench: Bench
    defects: frozenset[str]
    store: Store
    audit: Audit
    insi: InsiClient
    psc: PscClient
    directory: DirectoryStore
    directory_client: DirectoryClient
    neighbours: Neighbours
    received: ReceivedStore
    accounts: Accounts
    letters: MailStore
    revoked: RevokedList
    boxes: Boxes
    listens: tuple[str, int] | None = None
    """Where HL7 v2 messages are received, None when the bench has no identity neighbour."""
    entrance: str | None = None
    """What third-party structures read, None when the bench has none."""

    @classmethod
    def open(cls, bench: Bench, data: Path, base_url: str, defects: frozenset[str]) -> Lps:
        """Open the file in ``data`` and prepare the clients; nobody is called yet."""
        store = Store(data / "lps.sqlite3")
        accounts = Accounts(data / "comptes.sqlite3", defects)
        delay = partial(_idle_s, store)
        relying_party = PscClient(bench, base_url, defects, idle_s=delay, accounts=accounts.reconciled)
        client = InsiClient(bench, defects, relying_party.speaks_for)
        audit, listed = Audit(store, defects), DirectoryStore(data / "annuaire.sqlite3")
        directory, neighbours = DirectoryClient(bench, defects), Neighbours(bench, store, audit, defects)
        received = ReceivedStore(data / "recus.sqlite3")
        letters, revoked = MailStore(data / "courrier.sqlite3"), RevokedList(bench, data / "revocations.pem", defects)
        boxes = Boxes(bench, letters, revoked, defects, relying_party.current)
        parts = (store, audit, client, relying_party, listed, directory, neighbours, received, accounts)
        return cls(bench, defects, *parts, letters, revoked, boxes)

    def idle_s(self) -> float:
        """How long a user may stay still before the session is closed, in seconds."""
        return _idle_s(self.store)

    def patient(self, patient_id: str) -> Patient:
        """The identity, or a 404."""
        found = self.store.patient(patient_id)
        if found is None:
            raise not_found("Cet usager")
        return found

    def document(self, document_id: str) -> Record:
        """The document, or a 404."""
        found = self.store.document(document_id)
        if found is None:
            raise not_found("Ce document")
        return found

    def keep(self, user: str, before: Patient | None, after: Patient, kind: str) -> Patient:
        """Store an identity, journal what changed in it and tell the neighbours, unless they are those who said it."""
        if before != after:
            self.store.save_patient(after)
            self.audit.modified(user, before, after, kind)
            if kind != HL7:
                self.neighbours.tell(user, before, after)
        return after


def _idle_s(store: Store) -> float:
    return float(store.setting("inactivite_s") or IDLE_S)


def new_id() -> str:
    """An identifier nobody can guess."""
    return str(uuid.uuid4())


def show_patient(patient: Patient) -> dict[str, Any]:
    """The identity as the API shows it."""
    shown: dict[str, Any] = {name: getattr(patient, name) for name in ("id", "statut", *traits.ALL)}
    shown["attributs"] = {name: name in patient.attributs for name in identity.ATTRIBUTES}
    shown["consentements"] = {name: name not in patient.refus for name in rules.CONSENTS}
    shown |= {"matricule": patient.matricule, "oid": patient.oid}
    return shown | {"historique": list(patient.historique), "alertes": list(patient.alertes)}


def show_document(record: Record) -> dict[str, Any]:
    """The document as the API shows it, without its files."""
    made = asdict(record.produced) if record.produced else {}
    return {
        "id": record.id,
        "patient": record.patient,
        "type": record.draft.type_code,
        "etat": record.etat,
        "unique_id": made.get("unique_id"),
        "remplace": record.remplace,
        "nom_pdf": made.get("pdf_name"),
        "dmp": {"etat": record.dmp_etat, "message": record.dmp_message},
        "retours": list(record.returns),
        "exemplaire_patient": record.patient_copy,
    }

"""Everything the LPS keeps, in one SQLite file: a restart loses nothing but the open sessions."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import database
from .types import Draft, Patient, Produced

_SCHEMA = """
CREATE TABLE IF NOT EXISTS patients (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS proofs (patient TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, data TEXT NOT NULL, cda BLOB, pdf BLOB);
CREATE TABLE IF NOT EXISTS from_dmp (patient TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, content BLOB NOT NULL,
    integrated INTEGER NOT NULL, until REAL, PRIMARY KEY (patient, name));
CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY, document TEXT UNIQUE NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS received (patient TEXT NOT NULL, cda BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sends (document TEXT, recipient TEXT, message_id TEXT, data TEXT);
CREATE TABLE IF NOT EXISTS lines (number INTEGER PRIMARY KEY AUTOINCREMENT, journal TEXT NOT NULL, data TEXT);
CREATE TABLE IF NOT EXISTS identifiers (
    oid TEXT, number TEXT, domain TEXT, patient TEXT, PRIMARY KEY (oid, number)
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True)
class Record:
    """A document and its history. ``written_with`` is the qualified matricule it was produced with, if any;
    ``entry_uuid`` is set as long as the DMP holds the document; ``carried_by`` are the HL7 messages that took it to the
    hospital's platform, ``returns`` what the platform told of it; ``patient_copy`` is the document made for the patient,
    ``validated_by`` the user (RPPS) who validated.
    """

    id: str
    patient: str
    draft: Draft
    etat: str = "BROUILLON"
    remplace: str | None = None
    produced: Produced | None = None
    written_with: str | None = None
    dmp_etat: str = "NON_DEPOSE"
    dmp_message: str = ""
    entry_uuid: str | None = None
    carried_by: tuple[str, ...] = ()
    returns: tuple[dict[str, Any], ...] = ()
    patient_copy: str | None = None
    validated_by: str = ""


class Store:
    """One connection shared by the threads of the LPS, one at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = database.opened(path)
        with self._transaction() as db:
            db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file (on Windows an open one cannot be deleted)."""
        with self._lock:
            self._db.close()

    def save_patient(self, patient: Patient) -> None:
        """Insert or replace the identity."""
        data = asdict(patient)
        data["attributs"], data["refus"] = sorted(patient.attributs), sorted(patient.refus)
        self._run("INSERT OR REPLACE INTO patients VALUES (?, ?)", patient.id, json.dumps(data))

    def patient(self, patient_id: str) -> Patient | None:
        """The identity, or None."""
        rows = self._rows("SELECT data FROM patients WHERE id = ?", patient_id)
        return _patient(rows[0][0]) if rows else None

    def patients(self) -> list[Patient]:
        """Every identity, the last one written at the end."""
        return [_patient(row[0]) for row in self._rows("SELECT data FROM patients ORDER BY rowid")]

    def link(self, oid: str, number: str, domain: str, patient_id: str) -> None:
        """Remember under which number another domain knows a patient."""
        self._run("INSERT OR REPLACE INTO identifiers VALUES (?, ?, ?, ?)", oid, number, domain, patient_id)

    def linked(self, oid: str, number: str) -> str | None:
        """The patient whom a domain knows under that number."""
        rows = self._rows("SELECT patient FROM identifiers WHERE oid = ? AND number = ?", oid, number)
        return str(rows[0][0]) if rows else None

    def identifier_of(self, patient_id: str) -> tuple[str, str, str] | None:
        """The first number given to a patient by a domain, with the domain's name and OID."""
        query = "SELECT number, domain, oid FROM identifiers WHERE patient = ? ORDER BY rowid"
        rows = self._rows(query, patient_id)
        return tuple(rows[0]) if rows else None

    def add_proof(self, patient_id: str, proof: dict[str, Any]) -> None:
        """Keep the identity document that was shown."""
        self._run("INSERT INTO proofs VALUES (?, ?)", patient_id, json.dumps(proof))

    def save_document(self, record: Record) -> None:
        """Insert or replace the document and its files."""
        data = asdict(record)
        produced = data.pop("produced")
        files = (produced.pop("cda"), produced.pop("pdf")) if produced else (None, None)
        data["produced"] = produced
        self._run("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", record.id, json.dumps(data), *files)

    def document(self, document_id: str) -> Record | None:
        """The document, or None."""
        rows = self._rows("SELECT data, cda, pdf FROM documents WHERE id = ?", document_id)
        if not rows:
            return None
        data, cda, pdf = json.loads(rows[0][0]), rows[0][1], rows[0][2]
        data["draft"] = Draft.read(data["draft"])
        if data["produced"]:
            data["produced"] = Produced(**data["produced"], cda=cda, pdf=pdf)
        data["carried_by"], data["returns"] = tuple(data["carried_by"]), tuple(data["returns"])
        return Record(**data)

    def documents(self) -> list[Record]:
        """Every document, oldest first."""
        names = [row[0] for row in self._rows("SELECT id FROM documents ORDER BY rowid")]
        return [record for name in names if (record := self.document(name)) is not None]

    def keep_from_dmp(
        self,
        patient_id: str,
        name: str,
        data: dict[str, Any],
        content: bytes,
        *,
        integrated: bool = False,
        until: float | None = None,
    ) -> None:
        """Keep a document that came from the DMP: for good when integrated, else ``until`` a time (seconds, epoch)."""
        query = (
            "INSERT INTO from_dmp VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (patient, name) "
            "DO UPDATE SET integrated = max(integrated, excluded.integrated), until = excluded.until"
        )
        self._run(query, patient_id, name, json.dumps(data), content, int(integrated), until)

    def from_dmp(self, patient_id: str, name: str, at: float) -> bytes | None:
        """The bytes of a document of the DMP that is kept here at that time."""
        query = "SELECT content FROM from_dmp WHERE patient = ? AND name = ? AND (integrated = 1 OR until >= ?)"
        rows = self._rows(query, patient_id, name, at)
        return rows[0][0] if rows else None

    def names_from_dmp(self, patient_id: str, integrated: bool = False) -> list[str]:
        """The documents of the DMP kept here, or only those integrated to the record."""
        rows = self._rows("SELECT name, integrated FROM from_dmp WHERE patient = ? ORDER BY rowid", patient_id)
        return [name for name, for_good in rows if for_good or not integrated]

    def keep_waiting(self, document_id: str, data: dict[str, Any]) -> None:
        """Insert a deposit that waits, at the end, or change it where it stands."""
        query = "INSERT INTO waiting (document, data) VALUES (?, ?) ON CONFLICT (document) DO UPDATE SET data = excluded.data"
        self._run(query, document_id, json.dumps(data))

    def waiting(self) -> list[dict[str, Any]]:
        """The deposits that wait, oldest first."""
        return [json.loads(row[0]) for row in self._rows("SELECT data FROM waiting ORDER BY number")]

    def drop_waiting(self, document_id: str) -> None:
        """A deposit waits no more."""
        self._run("DELETE FROM waiting WHERE document = ?", document_id)

    def keep_received(self, patient_id: str, cda: bytes) -> None:
        """File a document received from another domain in the patient's folder."""
        self._run("INSERT INTO received VALUES (?, ?)", patient_id, cda)

    def add_send(self, document_id: str, recipient: str, message_id: str | None, line: dict[str, Any]) -> None:
        """Keep a mail that left."""
        values = (document_id, recipient, message_id, json.dumps(line))
        self._run("INSERT INTO sends VALUES (?, ?, ?, ?)", *values)

    def message_id(self, document_id: str, recipient: str) -> str | None:
        """Message-ID of the last mail that carried this document to this recipient."""
        query = "SELECT message_id FROM sends WHERE document = ? AND recipient = ? ORDER BY rowid DESC"
        rows = self._rows(query, document_id, recipient)
        return rows[0][0] if rows else None

    def recipients(self, document_id: str) -> list[tuple[str, str]]:
        """Who received this document, with the Message-ID of the last mail that carried it to each."""
        rows = self._rows("SELECT recipient, message_id FROM sends WHERE document = ? ORDER BY rowid", document_id)
        return list({str(recipient): (str(recipient), str(sent or "")) for recipient, sent in rows}.values())

    def append(self, journal: str, line: dict[str, Any]) -> None:
        """Add a line to a journal; nothing changes or removes one afterwards."""
        self._run("INSERT INTO lines (journal, data) VALUES (?, ?)", journal, json.dumps(line))

    def lines(self, journal: str) -> list[dict[str, Any]]:
        """The lines of a journal, oldest first."""
        rows = self._rows("SELECT data FROM lines WHERE journal = ? ORDER BY number", journal)
        return [json.loads(row[0]) for row in rows]

    def set(self, name: str, value: str) -> None:
        """Change a setting."""
        self._run("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value)

    def setting(self, name: str, default: str | None = None) -> str | None:
        """A setting, or ``default`` when nobody chose."""
        rows = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return rows[0][0] if rows else default

    def next(self, name: str) -> int:
        """One more than the last time that counter was asked; it starts at 1, and no two callers hear the same."""
        with self._transaction() as db:
            rows = db.execute("SELECT value FROM settings WHERE name = ?", (f"compteur:{name}",)).fetchall()
            rank = int(rows[0][0]) + 1 if rows else 1
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (f"compteur:{name}", str(rank)))
        return rank

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            yield self._db

    def _run(self, statement: str, *values: Any) -> None:
        with self._transaction() as db:
            db.execute(statement, values)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def _patient(text: str) -> Patient:
    data = json.loads(text)
    data["attributs"], data["refus"] = frozenset(data["attributs"]), frozenset(data["refus"])
    data["historique"], data["alertes"] = tuple(data["historique"]), tuple(data["alertes"])
    return Patient(**data)

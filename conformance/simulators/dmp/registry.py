"""The simulated DMP's memory: which records exist, which documents they hold, and in which state."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from conformance.model.identity import Identity
from conformance.simulators.dmp.store import EMPTY, Piece, Spool

APPROVED, DEPRECATED, DELETED, ARCHIVED = "Approved", "Deprecated", "Deleted", "Archived"
ACTIVE, CLOSED = "active", "terminated"


@dataclass(frozen=True, slots=True)
class Entry:
    """A deposited document. ``replaces`` is the entryUUID of the one it replaced; digest and size are its bytes'.

    ``structure`` and ``author`` are the Identifiant_Structure and the NameID of the VIHF that deposited it. ``codes``
    holds, by metadata, each code twice: alone and as ``code^^system``. Times are ``YYYYMMDDhhmmss`` in UTC.
    """

    unique_id: str
    entry_uuid: str
    matricule: str
    status: str
    type_code: str
    confidentiality: tuple[str, ...]
    sha256: str
    size: int
    structure: str
    author: str
    lot: str
    replaces: str | None = None
    mime: str = "text/xml"
    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    created: str = ""
    started: str = ""
    stopped: str = ""
    references: tuple[str, ...] = ()
    version: int = 1
    logical_id: str = ""
    metadata: Piece = EMPTY
    content: Piece = EMPTY


@dataclass(frozen=True, slots=True)
class Submission:
    """A lot that was stored: ``members`` are entryUUIDs, ``replacements`` pairs of new and old ones."""

    unique_id: str
    uuid: str
    matricule: str
    submitted: str
    content_type: frozenset[str]
    metadata: Piece
    members: tuple[str, ...] = ()
    replacements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a registry refuses: an error code of §1.8, a French sentence, and the object it is about."""

    code: str
    reason: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a change: the patient, structure and professional of the VIHF."""

    matricule: str
    structure: str
    author: str


class Registry:
    """Thread-safe. A submission is stored whole or not at all."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._patients: dict[tuple[str, str], str] = {}
        self._entries: dict[str, Entry] = {}
        self._by_patient: dict[str, list[str]] = {}
        self._by_unique: dict[str, str] = {}
        self._lots: dict[str, Submission] = {}
        self._used: set[str] = set()
        self.spool = Spool()

    def open(self, identity: Identity, state: str = ACTIVE) -> None:
        """Make that person's record exist, in that state."""
        with self._lock:
            self._patients[identity.matricule, identity.oid] = state

    def state(self, matricule: str, oid: str) -> str | None:
        """``active``, ``terminated``, or None when there is no such record."""
        with self._lock:
            return self._patients.get((matricule, oid))

    def holds(self, matricule: str) -> bool:
        """Whether there is a record of that matricule, whatever its state and OID."""
        with self._lock:
            return any(known == matricule for known, _ in self._patients)

    def documents(self, matricule: str) -> tuple[Entry, ...]:
        """Every document of that person, whatever its state, oldest first."""
        with self._lock:
            return tuple(self._entries[name] for name in self._by_patient.get(matricule, ()))

    def submissions(self, matricule: str) -> tuple[Submission, ...]:
        """Every lot of that person, oldest first."""
        with self._lock:
            return tuple(lot for lot in self._lots.values() if lot.matricule == matricule)

    def entry(self, entry_uuid: str) -> Entry | None:
        """The document of that entryUUID."""
        with self._lock:
            return self._entries.get(entry_uuid)

    def named(self, unique_id: str) -> Entry | None:
        """The document of that uniqueId."""
        with self._lock:
            return self._entries.get(self._by_unique.get(unique_id, ""))

    def submit(self, lot: Submission, entries: Sequence[Entry], signatures: Sequence[str]) -> list[Problem]:
        """Store a lot, its documents and the uniqueId of its signature; give back why not, if not."""
        with self._lock:
            if problems := self._duplicates(lot, entries, signatures) or self._replacements(entries):
                return problems
            self._used |= {lot.unique_id, *signatures, *(entry.unique_id for entry in entries)}
            self._lots[lot.uuid] = lot
            for entry in entries:
                if entry.replaces is not None:
                    old = self._entries[entry.replaces]
                    self._entries[old.entry_uuid] = replace(old, status=DEPRECATED)
                self._entries[entry.entry_uuid] = entry
                self._by_patient.setdefault(entry.matricule, []).append(entry.entry_uuid)
                self._by_unique[entry.unique_id] = entry.entry_uuid
        return []

    def _duplicates(self, lot: Submission, entries: Sequence[Entry], signatures: Sequence[str]) -> list[Problem]:
        names = [lot.unique_id, *signatures, *(entry.unique_id for entry in entries)]
        problems = [
            Problem("XDSDuplicateUniqueIdInRegistry", f"l’uniqueId {name} a déjà servi", name)
            for name in names
            if name in self._used
        ]
        return problems + [
            Problem("XDSRegistryMetadataError", "l’entryUUID est déjà celui d’un autre document", entry.entry_uuid)
            for entry in entries
            if entry.entry_uuid in self._entries
        ]

    def _replacements(self, entries: Sequence[Entry]) -> list[Problem]:
        problems = []
        for entry in entries:
            if entry.replaces is None:
                continue
            old = self._entries.get(entry.replaces)
            if old is None:
                reason = "le document à remplacer n’existe pas (la cible d’un RPLC est un entryUUID)"
                problems.append(Problem("XDSReplaceFailed", reason, entry.replaces))
            else:
                problems.extend(unusable(old, Caller(entry.matricule, entry.structure, entry.author)))
        targets = [entry.replaces for entry in entries if entry.replaces is not None]
        if len(targets) != len(set(targets)):
            problems.append(Problem("XDSReplaceFailed", "deux documents du lot remplacent le même"))
        return problems

    def change(self, entry_uuids: Sequence[str], status: tuple[str, str], caller: Caller) -> list[Problem]:
        """Take documents from one status to another (TD3.3c, TD3.3d), all or none; nothing is erased."""
        before, after = status
        problems: list[Problem] = []
        with self._lock:
            for entry_uuid in entry_uuids:
                old = self._entries.get(entry_uuid)
                if old is None:
                    reason = "le document visé n’existe pas (la cible est un entryUUID)"
                    problems.append(Problem("XDSMetadataUpdateError", reason, entry_uuid))
                    continue
                problems.extend(unusable(old, caller, (APPROVED, ARCHIVED)))
                if old.status != before and not problems:
                    reason = f"OriginalStatus {before} alors que le document est {old.status}"
                    problems.append(Problem("XDSMetadataUpdateError", reason, entry_uuid))
            for entry_uuid in () if problems else entry_uuids:
                self._entries[entry_uuid] = replace(self._entries[entry_uuid], status=after)
        return problems

    def revise(self, former: Entry, revised: Entry) -> list[Problem]:
        """Put new metadata in the place of the former ones (TD3.3a, TD3.3b), unless somebody did meanwhile."""
        with self._lock:
            if self._entries.get(former.entry_uuid) != former:
                reason = "le document a changé entre-temps"
                return [Problem("XDSMetadataVersionError", reason, former.entry_uuid)]
            self._entries[former.entry_uuid] = revised
        return []


def unusable(old: Entry, caller: Caller, allowed: Sequence[str] = (APPROVED,)) -> Iterator[Problem]:
    """Why that caller may not replace or change that document, if so."""
    if old.matricule != caller.matricule:
        reason = "le document visé est celui d’un autre patient"
        yield Problem("XDSPatientIdDoesNotMatch", reason, old.entry_uuid)
    elif caller.structure != old.structure and caller.author != old.author:
        reason = "le document visé n’est ni de cette structure ni de ce professionnel"
        yield Problem("DMPAccessDeniedByRightsService", reason, old.entry_uuid)
    elif old.status not in allowed:
        reason = f"le document visé n’est plus actif (état {old.status})"
        yield Problem("XDSRegistryDeprecatedDocumentError", reason, old.entry_uuid)

"""The simulated DMP's memory: which records exist, which documents they hold, and in which state."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.model.identity import Identity

APPROVED, DEPRECATED, DELETED = "Approved", "Deprecated", "Deleted"
ACTIVE, CLOSED = "active", "terminated"


@dataclass(frozen=True, slots=True)
class Entry:
    """A deposited document. ``replaces`` is the entryUUID of the one it replaced; digest and size are its bytes'.

    ``structure`` and ``author`` are the Identifiant_Structure and the NameID of the VIHF that deposited it.
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


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a registry refuses: an error code of §1.8, a French sentence, and the object it is about."""

    code: str
    reason: str
    location: str = ""


class Registry:
    """Thread-safe. A submission is stored whole or not at all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patients: dict[tuple[str, str], str] = {}
        self._entries: dict[str, Entry] = {}
        self._lots: set[str] = set()
        self._authorised: set[tuple[str, str]] = set()

    def open(self, identity: Identity, state: str = ACTIVE) -> None:
        """Make that person's record exist, in that state."""
        with self._lock:
            self._patients[identity.matricule, identity.oid] = state

    def state(self, matricule: str, oid: str) -> str | None:
        """``active``, ``terminated``, or None when there is no such record."""
        with self._lock:
            return self._patients.get((matricule, oid))

    def documents(self, matricule: str) -> tuple[Entry, ...]:
        """Every document of that person, whatever its state, oldest first."""
        with self._lock:
            return tuple(entry for entry in self._entries.values() if entry.matricule == matricule)

    def entry(self, entry_uuid: str) -> Entry | None:
        """The document of that entryUUID."""
        with self._lock:
            return self._entries.get(entry_uuid)

    def authorise(self, matricule: str, professional: str, remove: bool) -> bool:
        """Add or remove a professional's access; False when there was nothing to change."""
        key = (matricule, professional)
        with self._lock:
            if remove is (key not in self._authorised):
                return False
            (self._authorised.discard if remove else self._authorised.add)(key)
            return True

    def submit(self, lot: str, entries: Sequence[Entry], signatures: Sequence[str]) -> list[Problem]:
        """Store a lot, its documents and the uniqueId of its signature; give back why not, if not."""
        with self._lock:
            if problems := self._duplicates(lot, entries, signatures) or self._replacements(entries):
                return problems
            self._lots |= {lot, *signatures}
            for entry in entries:
                if entry.replaces is not None:
                    old = self._entries[entry.replaces]
                    self._entries[old.entry_uuid] = replace(old, status=DEPRECATED)
                self._entries[entry.entry_uuid] = entry
        return []

    def _duplicates(self, lot: str, entries: Sequence[Entry], signatures: Sequence[str]) -> list[Problem]:
        used = {entry.unique_id for entry in self._entries.values()} | self._lots
        names = [lot, *signatures, *(entry.unique_id for entry in entries)]
        problems = [
            Problem("XDSDuplicateUniqueIdInRegistry", f"l’uniqueId {name} a déjà servi", name)
            for name in names
            if name in used
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
            elif problem := usable(old, entry.matricule, entry.structure, entry.author):
                problems.append(problem)
        targets = [entry.replaces for entry in entries if entry.replaces is not None]
        if len(targets) != len(set(targets)):
            problems.append(Problem("XDSReplaceFailed", "deux documents du lot remplacent le même"))
        return problems

    def delete(self, entry_uuids: Sequence[str], matricule: str, structure: str, author: str) -> list[Problem]:
        """Mark documents as deleted, all or none; nothing is erased."""
        problems = []
        with self._lock:
            for entry_uuid in entry_uuids:
                old = self._entries.get(entry_uuid)
                if old is None:
                    reason = "le document à supprimer n’existe pas (la cible est un entryUUID)"
                    problems.append(Problem("XDSMetadataUpdateError", reason, entry_uuid))
                elif problem := usable(old, matricule, structure, author):
                    problems.append(problem)
            for entry_uuid in () if problems else entry_uuids:
                self._entries[entry_uuid] = replace(self._entries[entry_uuid], status=DELETED)
        return problems


def usable(old: Entry, matricule: str, structure: str, author: str) -> Problem | None:
    """Why that caller may not replace or delete that document, if so."""
    if old.matricule != matricule:
        reason = "le document visé est celui d’un autre patient"
        return Problem("XDSPatientIdDoesNotMatch", reason, old.entry_uuid)
    if structure != old.structure and author != old.author:
        reason = "le document visé n’est ni de cette structure ni de ce professionnel"
        return Problem("DMPAccessDeniedByRightsService", reason, old.entry_uuid)
    if old.status != APPROVED:
        reason = f"le document visé n’est plus actif (état {old.status})"
        return Problem("XDSRegistryDeprecatedDocumentError", reason, old.entry_uuid)
    return None

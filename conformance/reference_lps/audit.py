"""The journals the LPS must keep and be able to show: INSi calls, accesses to INS, modifications, exchanges.

Source: implementation guide of the INS, rules 4, 16, 31, 37, 39, 48 and 53.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from .identity import Found
from .store import Store
from .types import Patient

RECOVERY, VERIFICATION = "recuperation_traits", "verification"


def now() -> str:
    """The present time with its offset, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


class Audit:
    """Writes the journals; reading them back is ``Store.lines``."""

    def __init__(self, store: Store, defects: frozenset[str]) -> None:
        self._store = store
        self._defects = defects

    def recovery(self, user: str, patient: str, code: str, label: str, found: Found | None) -> None:
        """A call by traits: for code 00, all that INSi returned is kept as it came."""
        if "insi-log-skips-recovery" in self._defects:
            return
        returned: dict[str, Any] = {"matricule": None, "oid": None, "historique": [], "traits": {}}
        if found:
            returned = {"matricule": found.matricule, "oid": found.oid, "historique": [], "traits": {}}
            if "insi-log-without-traits" not in self._defects:
                returned |= {"historique": list(found.historique), "traits": dict(found.traits)}
        self._insi(RECOVERY, user, patient, {"code": code, "libelle": label} | returned)

    def verification(self, user: str, patient: str | None, code: str, label: str, asked: Patient) -> None:
        """A verification call; the matricule and OID are those submitted."""
        if "insi-log-skips-verification" in self._defects:
            return
        if code == "KO" and "insi-log-skips-ko" in self._defects:
            return
        submitted: dict[str, Any] = {
            "matricule": asked.matricule,
            "oid": asked.oid,
            "historique": [],
            "traits": {},
        }
        self._insi(VERIFICATION, user, patient, {"code": code, "libelle": label} | submitted)

    def ins_access(self, user: str, patient: str) -> None:
        """Somebody looked at an identity that holds a matricule."""
        if "access-log-missing" in self._defects:
            return
        line = {"date": now(), "utilisateur": user, "patient": patient, "type": "CONSULTATION"}
        self._store.append("acces-ins", line)

    def modified(self, user: str, before: Patient | None, after: Patient, kind: str) -> None:
        """One line for each field that changed; a single one for a creation."""
        author = None if "audit-without-user" in self._defects else user
        for name in ["identite"] if before is None else _changed(before, after):
            line = {"date": now(), "utilisateur": author, "patient": after.id, "type": kind, "champ": name}
            self._store.append("modifications", line)

    def exchange(self, user: str, patient: str | None, recipient: str, channel: str, with_ins: bool) -> None:
        """Something left the LPS; ``with_ins`` tells whether it bore the INS."""
        if with_ins and "exchanges-log-missing" in self._defects:
            return
        line = {"date": now(), "utilisateur": user, "patient": patient, "destinataire": recipient}
        self._store.append("echanges", line | {"canal": channel, "avec_ins": with_ins})

    def hl7(
        self, way: str, kind: str, control_id: str, code: str, neighbour: str, patient: str | None, with_ins: bool
    ) -> None:
        """A message received (RECU) or sent (EMIS), and its acknowledgement."""
        line = {"date": now(), "sens": way, "type": kind, "identifiant": control_id, "acquittement": code}
        self._store.append("hl7", line | {"voisin": neighbour, "patient": patient, "avec_ins": with_ins})

    def mailbox(self, user: str, action: str, box: str, asked: str, heard: str) -> None:
        """Something was done on a mailbox: who, when, what, what the operator was asked and what it answered."""
        if "mss-traces-without-failures" in self._defects and not heard.startswith(("2", "OK")):
            return
        if "mss-traces-missing" in self._defects:
            return
        line = {"date": now(), "utilisateur": user, "action": action, "boite": box, "requete": asked, "reponse": heard}
        if "mss-traces-without-answer" in self._defects:
            del line["reponse"]
        self._store.append("messagerie", line)

    def work(self, kind: str, patient: str | None, label: str) -> None:
        """Something a person must now look at."""
        self._store.append("travaux", {"type": kind, "patient": patient, "libelle": label, "date": now()})

    def _insi(self, operation: str, user: str, patient: str | None, heard: dict[str, Any]) -> None:
        author = None if "insi-log-without-user" in self._defects else user
        line = {"date": now(), "operation": operation, "utilisateur": author, "patient": patient}
        self._store.append("insi", line | heard)


def _changed(before: Patient, after: Patient) -> list[str]:
    names = (item.name for item in fields(Patient) if item.name != "alertes")
    return [name for name in names if getattr(before, name) != getattr(after, name)]

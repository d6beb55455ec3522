"""The systems around the LPS that share its identities: what changed here is told to them, and traced."""

from __future__ import annotations

from . import mllp, pam
from .audit import Audit
from .store import Store
from .types import Bench, Patient

HL7 = "HL7"
"""The kind of a change that came by HL7: it is not told back."""


class Neighbours:
    """Tells the identity neighbour of the bench, when it has one, of every change."""

    def __init__(self, bench: Bench, store: Store, journal: Audit, defects: frozenset[str]) -> None:
        self._place = bench.raw.get("hl7")
        self._store, self._audit, self._defects = store, journal, defects

    def tell(self, user: str, before: Patient | None, after: Patient) -> None:
        """Tell of a creation or of a change; a neighbour that does not take it in becomes a line to work on."""
        if self._place is None:
            return
        for event in self._events(before, after):
            message = pam.adt(event, after, self.local(after), self._defects, before)
            self.send(user, after, f"ADT^{event}", message)

    def send(self, user: str, patient: Patient, kind: str, message: bytes) -> str:
        """Send a message about a patient and trace it; gives AA, AE, AR or ECHEC."""
        place = self._place or {}
        try:
            code, about = pam.acknowledged(mllp.exchange(place["hote"], place["port"], message))
            told = "" if about == pam.control_id(message) else "l’acquittement n’est pas celui du message"
        except (mllp.MllpError, KeyError) as failure:
            code, told = "ECHEC", str(failure)
        if code != "AA" or told:
            self._audit.work("HL7_NON_ACQUITTE", patient.id, f"{kind} : {told or code}")
        with_ins = bool(patient.matricule) and (patient.matricule or "").encode() in message
        recipient = str(place.get("application", "HL7"))
        self._audit.hl7("EMIS", kind, pam.control_id(message), code, recipient, patient.id, with_ins)
        if with_ins:
            self._audit.exchange(user, patient.id, recipient, "hl7", True)
        return code

    def local(self, patient: Patient) -> pam.Local:
        """The patient's identifier: its domain's when the domain gave one, else the LPS's own."""
        found = self._store.identifier_of(patient.id)
        return pam.Local(*found) if found else pam.Local(patient.id[:8].upper(), *pam.OWN_DOMAIN)

    def _events(self, before: Patient | None, after: Patient) -> tuple[str, ...]:
        found = pam.events(before, after)
        if "hl7-no-propagation" in self._defects and before is not None:
            return ()
        if "hl7-complementary-not-told" in self._defects and _only_used_names(before, after):
            return ()
        return tuple(event for event in found if event != "A47" or "hl7-no-a47" not in self._defects)


def _only_used_names(before: Patient | None, after: Patient) -> bool:
    return before is not None and (before.statut, before.nom_naissance) == (after.statut, after.nom_naissance)

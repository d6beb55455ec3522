"""Who may do what in the simulated DMP: by the way one authenticates, then by what each patient granted.

Source: PDT-INF-526 (informative) for the two modes it describes. The matrix of the AIR mode is published as a picture
only: a software that authenticates so is let do what a professional may do in person.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

DENIED = "DMPAccessDeniedByRightsService"
# What an organisation's certificate gives access to, TD3.1 being limited to references.
INDIRECT_RIGHTS = frozenset({"TD0.2", "TD0.4", "TD1.3a", "TD2.1", "TD3.1", "TD3.3c"})
# What the patient must have allowed; depositing and deleting one's own documents needs nobody's leave.
GRANTED = frozenset({"TD3.1", "TD3.2", "TD3.3a", "TD3.3b", "TD3.3d"})


@dataclass(frozen=True, slots=True)
class Grant:
    """What a patient granted a professional, and when the professional last acted (``YYYYMMDDhhmmss``)."""

    matricule: str
    oid: str
    professional: str
    since: str
    doctor: bool = False
    blocked: bool = False
    last: str = ""


class Rights:
    """The authorisations given and refused. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grants: dict[tuple[str, str], Grant] = {}
        self._opposed: set[str] = set()

    def block(self, patient: tuple[str, str], professional: str | None) -> None:
        """Shut the record to a professional, or to everyone when None."""
        with self._lock:
            if professional is None:
                self._opposed.add(patient[0])
            else:
                self._grants[patient[0], professional] = Grant(*patient, professional, _now(), blocked=True)

    def allowed(self, matricule: str, professional: str) -> bool:
        """Whether the professional may read that record."""
        with self._lock:
            grant = self._grants.get((matricule, professional))
            return grant is not None and not grant.blocked and matricule not in self._opposed

    def barred(self, matricule: str, professional: str) -> bool:
        """Whether the patient shut the record to that professional."""
        with self._lock:
            grant = self._grants.get((matricule, professional))
            return matricule in self._opposed or (grant is not None and grant.blocked)

    def doctor(self, matricule: str, professional: str) -> bool:
        """Whether that is the patient's attending doctor, as the DMP knows it."""
        with self._lock:
            grant = self._grants.get((matricule, professional))
            return grant is not None and grant.doctor

    def add(self, patient: tuple[str, str], professional: str, doctor: bool = False) -> bool:
        """Grant access; False when there was nothing to change."""
        key = patient[0], professional
        with self._lock:
            former = self._grants.get(key)
            if former is not None and former.doctor == doctor:
                return False
            self._grants[key] = Grant(*patient, professional, _now(), doctor)
            return True

    def remove(self, matricule: str, professional: str) -> bool:
        """Take access back; False when there was none."""
        with self._lock:
            return self._grants.pop((matricule, professional), None) is not None

    def used(self, matricule: str, professional: str) -> None:
        """Remember that the professional acted on that record."""
        key = matricule, professional
        with self._lock:
            if key in self._grants:
                self._grants[key] = replace(self._grants[key], last=_now())

    def held(self, professional: str) -> list[Grant]:
        """The records a professional may read, oldest grant first."""
        with self._lock:
            mine = [grant for grant in self._grants.values() if grant.professional == professional]
            return [grant for grant in mine if not grant.blocked and grant.matricule not in self._opposed]

    def of(self, matricule: str) -> list[Grant]:
        """Every professional granted or blocked on that record."""
        with self._lock:
            return [grant for grant in self._grants.values() if grant.matricule == matricule]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")

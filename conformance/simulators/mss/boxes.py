"""The mailboxes of an MSSanté operator, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.simulators.pki.content import RANKS

CERTIFICATE = "CERTIFICAT"
PATIENTS = "patient.mssante.fr"
PATIENT_LIMIT = 25 * 1024 * 1024
"""Beyond it, Mon espace santé sends the mail back."""
SIZE_LIMIT = 35 * 1024 * 1024
"""What the operator itself takes, and announces."""


class RefusedError(Exception):
    """A client is refused; the text is the reason, in French."""


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox of the operator; ``mode`` is XOAUTH2 (a person's) or CERTIFICAT (an application's)."""

    address: str
    mode: str
    password: str | None = None
    certificates: frozenset[str] = frozenset({"org_auth"})
    """Which of the bench's client certificates open it, when it is opened by certificate."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Box:
        """A box as bench.json describes it."""
        # Whose certificate should open a doctor's own box is for the scenarios to judge: every member's does.
        own = {"org_auth", *RANKS} if "certificats" in data else {"org_auth"}
        address = str(data["adresse"]).lower()
        return cls(address, str(data["authentification"]), data.get("mot_de_passe"), frozenset(own))

"""The mailboxes of an MSSanté operator, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Box:
        """A box as bench.json describes it."""
        return cls(str(data["adresse"]).lower(), str(data["authentification"]), data.get("mot_de_passe"))

"""The files of the bench's certificates."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (PEM, then its authority for servers) and its private key (PEM, not encrypted)."""

    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        """The certificate itself, in DER."""
        return ssl.PEM_cert_to_DER_cert(_first_pem(self.certificate.read_text(encoding="ascii")))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, where the system has such a notion (elsewhere, the folder decides)."""
    with open(path, "wb", opener=partial(os.open, mode=0o600)) as file:
        # One that was there before keeps its own permissions until told otherwise.
        path.chmod(0o600)
        file.write(content)


def _first_pem(text: str) -> str:
    end = "-----END CERTIFICATE-----"
    return text.partition(end)[0] + end

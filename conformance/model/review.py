"""What named persons decided of a dossier's pieces: ``revues.jsonl``, append-only, each line sealed by the next one.

A decision is never changed nor erased: another one is added, and the last one about a proof is the one that counts, as
long as the pieces it was made on are still the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from conformance.model.yamlfile import DataError

REVIEWS = "revues.jsonl"
GENESIS = "0" * 64
_MAX_BYTES = 20_000_000


class Decision(StrEnum):
    """What a person decides of the pieces filed under a proof number."""

    ACCEPTED = "acceptée"
    COMPLEMENT = "complément demandé"
    REFUSED = "refusée"


@dataclass(frozen=True, slots=True)
class Review:
    """One decision: about ``proof``, by a person, at a UTC time (ISO 8601), for a reason, on pieces by name → SHA-256.

    ``previous`` is the SHA-256 of the line before it in the register, GENESIS for the first one.
    """

    at: str
    by: str
    decision: Decision
    reason: str
    scenario: str
    proof: str
    pieces: Mapping[str, str]
    previous: str = GENESIS

    def covers(self, pieces: Mapping[str, str]) -> bool:
        """Whether it was made on these very files, names and bytes."""
        return dict(self.pieces) == dict(pieces)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "decision": self.decision.value, "pieces": dict(self.pieces)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Review:
        """The inverse of :meth:`to_json`; raises ValueError for anything else."""
        if not isinstance(data, dict) or set(data) != set(cls.__dataclass_fields__):
            raise ValueError("champs inattendus")
        texts = [value for name, value in data.items() if name != "pieces"]
        pieces = data["pieces"]
        if not isinstance(pieces, dict) or not all(isinstance(text, str) for text in (*texts, *pieces.values())):
            raise ValueError("valeur d’un autre type")
        return cls(**{**data, "decision": Decision(data["decision"])})

    def line(self) -> str:
        """The line that stands for it in the register, without its end."""
        return json.dumps(self.to_json(), ensure_ascii=False)


def seal(line: str) -> str:
    """What the next line of the register carries of this one."""
    return hashlib.sha256(line.encode()).hexdigest()


def load_reviews(folder: Path) -> tuple[Review, ...]:
    """The decisions of a dossier, oldest first; none when it has no register.

    Raises DataError when a line was changed, dropped or moved. A register cut at its end cannot be told from a shorter
    one: a run's journal keeps what it was.
    """
    path = folder / REVIEWS
    if not path.is_file():
        return ()
    if path.stat().st_size > _MAX_BYTES:
        raise DataError(path, f"registre de plus de {_MAX_BYTES // 1_000_000} Mo refusé")
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise DataError(path, "le registre des revues n’est pas en UTF-8") from None
    found: list[Review] = []
    previous = GENESIS
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            review = Review.from_json(json.loads(line))
        except (ValueError, RecursionError):
            raise DataError(path, "cette ligne n’est pas une revue", line=number, hint=_HINT) from None
        if review.previous != previous or review.line() != line:
            raise DataError(path, "la chaîne des revues est rompue", line=number, hint=_HINT)
        found.append(review)
        previous = seal(line)
    return tuple(found)


_HINT = "le registre ne se modifie pas à la main : reprenez-le d’une copie, ou repartez d’un registre vide"

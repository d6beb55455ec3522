"""The agency's own list, imported by the user: read from a file kept outside the project, kept apart.

The wording belongs to the agency, so it is never part of the project: ``catalogue import`` writes it in the user's data
folder, and a profile that finds it there becomes the official one.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.model.userfolder import user_data
from conformance.model.yamlfile import DataError

SCHEMA = "segur-conformance/overlay/1"
VARIABLE = "SEGUR_CATALOGUE"
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class OfficialProof:
    """One ``N° preuve`` and what the agency asks for under it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class OfficialScenario:
    """One ``N° scénario``, its text and its proofs."""

    id: str
    text: str
    proofs: tuple[OfficialProof, ...] = ()


@dataclass(frozen=True, slots=True)
class Official:
    """One requirement as the agency's list words it.

    ``id`` is the agency's own, prefix kept (``SC.MSS/CONF.14``); ``ours`` the ids of the requirements of the project
    that state it, none when the project does not know it; ``row`` the line of the sheet it was first read on.
    """

    id: str
    statement: str
    ours: tuple[str, ...] = ()
    section: str = ""
    chapter: str = ""
    function: str = ""
    comment: str = ""
    nature: str = ""
    profile: str = ""
    publication: str = ""
    previous: str = ""
    criticality: str = ""
    order: str = ""
    row: int = 0
    scenarios: tuple[OfficialScenario, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Which workbook: file name, SHA-256, sheet, version and date as they could be told, moment of the import."""

    file: str
    sha256: str
    sheet: str
    version: str
    date: str
    imported: str

    def __str__(self) -> str:
        told = ", ".join(part for part in (self.version, self.date) if part)
        return f"Liste officielle importée : {self.file}{f' ({told})' if told else ''}, SHA-256 {self.sha256}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An imported list, for one profile."""

    profile: str
    source: Source
    requirements: tuple[Official, ...]

    def by_ours(self) -> dict[str, list[Official]]:
        """The official entries that each requirement of the project states, in the list's order."""
        found: dict[str, list[Official]] = {}
        for entry in self.requirements:
            for name in entry.ours:
                found.setdefault(name, []).append(entry)
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"schema": SCHEMA, **asdict(self)}


def overlay_folder() -> Path:
    """Where imported lists are kept: SEGUR_CATALOGUE, or the platform's folder for a user's data."""
    if asked := os.environ.get(VARIABLE):
        return Path(asked).expanduser()
    return user_data("catalogue")


def overlay_path(profile_id: str, folder: Path | None = None) -> Path:
    """The file of the list imported for a profile, whether it exists or not."""
    return (folder or overlay_folder()) / f"{profile_id}.json"


def read_overlay(profile_id: str, folder: Path | None = None) -> Overlay | None:
    """The list imported for a profile, None when there is none. Raises DataError for a file that cannot be used."""
    path = overlay_path(profile_id, folder)
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > MAX_BYTES:
            raise DataError(path, f"fichier de plus de {MAX_BYTES // 1_000_000} Mo refusé", hint=_AGAIN)
        overlay = _parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(path, f"fichier illisible : {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(path, "ce fichier n’est pas une liste importée utilisable", hint=_AGAIN) from None
    if overlay.profile != profile_id:
        raise DataError(path, f"cette liste a été importée pour le profil « {overlay.profile} »", hint=_AGAIN)
    return overlay


_AGAIN = "effacez-le, ou refaites « catalogue import --write »"


def _parse(data: Mapping[str, Any]) -> Overlay:
    if data["schema"] != SCHEMA:
        raise ValueError(data["schema"])
    return Overlay(
        str(data["profile"]),
        Source(**{key: str(value) for key, value in data["source"].items()}),
        tuple(_official(item) for item in data["requirements"]),
    )


def _official(item: Mapping[str, Any]) -> Official:
    plain = {key: str(value) for key, value in item.items() if key not in ("ours", "row", "scenarios")}
    scenarios = tuple(
        OfficialScenario(
            str(one["id"]), str(one["text"]), tuple(OfficialProof(str(p["id"]), str(p["text"])) for p in one["proofs"])
        )
        for one in item["scenarios"]
    )
    ours = tuple(str(name) for name in item["ours"])
    return Official(**plain, ours=ours, row=int(item["row"]), scenarios=scenarios)


def plain_word(text: str) -> str:
    """A heading or a label without case, accents nor punctuation, so that two spellings of one can be compared."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", bare.casefold()))


def tails(official_id: str) -> Iterator[str]:
    """An official id, then what is left of it as its prefixes are taken away one by one (SC., AMBU., LGC.…)."""
    rest = official_id
    yield rest
    while found := re.match(r"[A-Z][A-Z0-9-]{1,11}\.(?=[A-Za-z])", rest):
        rest = rest[found.end() :]
        yield rest


def base(our_id: str) -> str:
    """Our id without the suffix that tells apart two requirements under one official number."""
    return our_id.partition(" (")[0]


def states(official_id: str, our_id: str) -> bool:
    """Whether an official id is ours, its prefixes aside."""
    return base(our_id) in tails(official_id)

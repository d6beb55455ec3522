"""The packs of rules that the user added: each a copy of its own, named, pinned by its digest.

A registry is a folder: ``packs.json`` and one folder a pack. It lies among the user's data, or where SEGUR_PACKS says
(a cached folder of a CI job). A variable of the environment, SEGUR_CI_SIS_PACK, still wins over it: see ``xsd.pack_folder``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.model.userfolder import user_data
from conformance.model.yamlfile import DataError, closest

VARIABLE = "SEGUR_PACKS"
_INDEX = "packs.json"
_SCHEMA = "segur-conformance/packs/1"
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A pack of the registry. ``digest``: SHA-256 of what judges; ``revision``: the commit, for one that came from git."""

    name: str
    digest: str
    source: str
    added: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """What the index says: the packs, oldest first, and the name of the one that judges when none is asked for."""

    folder: Path
    entries: tuple[Entry, ...] = ()
    current: str | None = None

    def path(self, entry: Entry) -> Path:
        """The folder of a pack."""
        return self.folder / entry.digest[:16]

    def find(self, name: str) -> Entry:
        """The pack of that name, or whose digest begins so. Raises DataError with a suggestion."""
        for entry in self.entries:
            if name == entry.name or (len(name) >= 8 and entry.digest.startswith(name)):
                return entry
        names = [entry.name for entry in self.entries]
        raise DataError(
            self.folder / _INDEX,
            f"aucun pack enregistré ne s’appelle « {name} »",
            allowed=", ".join(names) or None,
            hint=closest(name, names) or "enregistrez-le : segur-conformance pack add DOSSIER, ZIP ou URL git",
        )

    def of_folder(self, folder: Path) -> Entry | None:
        """The entry whose copy is that folder, None for a folder that the registry does not keep."""
        return next((entry for entry in self.entries if self.path(entry).resolve() == folder.resolve()), None)


def registry_folder() -> Path:
    """Where packs are kept: SEGUR_PACKS, or the platform's folder for a user's data."""
    asked = os.environ.get(VARIABLE, "").strip()
    return Path(asked).expanduser() if asked else user_data("packs")


def read_registry(folder: Path | None = None) -> Registry:
    """The registry, empty when there is none. Raises DataError for an index that cannot be used."""
    folder = folder or registry_folder()
    index = folder / _INDEX
    try:
        if index.stat().st_size > _MAX_BYTES:
            raise DataError(index, "ce n’est pas l’index d’un registre de packs : il est trop volumineux")
        data = json.loads(index.read_text(encoding="utf-8"))
        return _registry(folder, data)
    except FileNotFoundError:
        return Registry(folder)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            index,
            f"index du registre des packs illisible ({type(error).__name__} : {error})",
            hint="supprimez ce fichier, puis ajoutez de nouveau les packs (pack add)",
        ) from None


def write_registry(registry: Registry) -> None:
    """Write the index, at once or not at all."""
    registry.folder.mkdir(parents=True, exist_ok=True)
    data = {
        "schema": _SCHEMA,
        "current": registry.current,
        "packs": [
            {key: value for key, value in asdict(entry).items() if value is not None} for entry in registry.entries
        ],
    }
    draft = registry.folder / f"{_INDEX}.{os.getpid()}.tmp"
    draft.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(registry.folder / _INDEX)


def current_pack() -> Path | None:
    """The folder of the pack that judges when none is asked for, None when none was ever added."""
    registry = read_registry()
    entry = next((each for each in registry.entries if each.name == registry.current), None)
    return None if entry is None else registry.path(entry)


def _registry(folder: Path, data: Mapping[str, Any]) -> Registry:
    entries = tuple(Entry(**entry) for entry in data["packs"])
    for entry in entries:
        # The digest names a folder below the registry: nothing else may be written there.
        if not all(isinstance(value, str | None) for value in asdict(entry).values()):
            raise TypeError("une valeur n’est pas un texte")
        if len(entry.digest) != 64 or not set(entry.digest) <= set("0123456789abcdef"):
            raise TypeError("une empreinte n’est pas un SHA-256")
    current = data.get("current")
    return Registry(folder, entries, current if isinstance(current, str) else None)

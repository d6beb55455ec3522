"""What a dossier is made for: ``dossier.yaml``, written once, so that later commands need not be told again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from conformance.drivers.dossier import SETTINGS
from conformance.model.yamlfile import read_yaml

_HEAD = (
    "# Réglages de ce dossier de preuves : le profil, et la configuration de l’éditeur (relative à ce fichier).\n"
    "# Écrit par « segur-conformance dossier init ».\n"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The profile by id, and the path of the vendor’s configuration; None when not told."""

    profile: str | None = None
    vendor: Path | None = None


def read_settings(folder: Path) -> Settings:
    """Those of a dossier; empty when it has none. Raises DataError for an ill-written file."""
    path = folder / SETTINGS
    if not path.is_file():
        return Settings()
    data = read_yaml(path, "dossier")
    vendor = data.get("vendor")
    return Settings(data["profile"], None if vendor is None else (folder / vendor).resolve())


def write_settings(folder: Path, settings: Settings) -> bool:
    """Write those of a dossier that has none yet; whether they were written."""
    lines = [f"profile: {json.dumps(settings.profile, ensure_ascii=False)}"]
    if settings.vendor is not None:
        lines.append(f"vendor: {json.dumps(_relative(settings.vendor, folder), ensure_ascii=False)}")
    try:
        with (folder / SETTINGS).open("x", encoding="utf-8", newline="\n") as file:
            file.write(_HEAD + "\n".join(lines) + "\n")
    except FileExistsError:
        return False
    return True


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        # Another drive of Windows.
        return path.resolve().as_posix()

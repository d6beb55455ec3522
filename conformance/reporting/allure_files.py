"""What stands beside the Allure results: attachments, environment, categories, executor."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from allure_commons.model2 import Attachment

from conformance.journal import JournalError, blob_path, read_blob
from conformance.model.verdict import Verdict
from conformance.reporting.sniff import sniff
from conformance.reporting.text import NARROW, clip, percent, size, visible

LARGEST = 5_000_000
"""A bigger blob is named, not copied; in bytes."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_WAIVED = r" \(sous dérogation[\s\S]*"
CATEGORIES = tuple(
    {"name": name, "matchedStatuses": [status], "messageRegex": f"^{verdict}{rest}"}
    for name, status, verdict, rest in (
        (Verdict.NON_CONFORME.label, "failed", Verdict.NON_CONFORME, r"(?! \(sous dérogation)[\s\S]*"),
        (f"{Verdict.NON_CONFORME.label}, sous dérogation", "failed", Verdict.NON_CONFORME, _WAIVED),
        *(
            (verdict.label, status, verdict, r"[\s\S]*")
            for verdict, status in (
                (Verdict.ERREUR_BANC, "broken"),
                (Verdict.A_EXAMINER, "skipped"),
                (Verdict.NON_VERIFIE, "skipped"),
                (Verdict.NON_APPLICABLE, "skipped"),
            )
        ),
    )
)
"""The verdicts as both Allures sort them: what failed is looked at before what is known."""


class Attachments:
    """Copies blobs into the results, each content once, whatever the number of scenarios that show it."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._folder = folder
        self._target = target
        self._written: dict[str, tuple[str, str]] = {}

    def add(self, name: str, digest: str, octets: int) -> Attachment | None:
        """The attachment for a blob; a note in its place when it is too big, missing or altered; None when empty."""
        if octets == 0:
            return None
        if digest not in self._written:
            self._written[digest] = self._write(digest)
        source, kind = self._written[digest]
        return Attachment(name=visible(name), source=source, type=kind)

    def _write(self, digest: str) -> tuple[str, str]:
        content, note = self._read(digest)
        kind, extension = ("text/plain", "txt") if note else sniff(content)
        stem = digest if _DIGEST.fullmatch(digest) else "inconnue"
        source = f"{stem}-attachment.{extension}"
        (self._target / source).write_bytes(content)
        return source, kind

    def _read(self, digest: str) -> tuple[bytes, bool]:
        if not _DIGEST.fullmatch(digest):
            return "Pièce sans empreinte SHA-256 valable.".encode(), True
        try:
            octets = blob_path(self._folder, digest).stat().st_size
            if octets > LARGEST:
                note = f"Pièce de {size(octets)}, trop lourde pour être jointe ici. Elle est dans le dossier de l’exécution."
                return f"{note}\nSHA-256 {digest}\n".encode(), True
            return read_blob(self._folder, digest), False
        except OSError:
            return f"Pièce absente du dossier de l’exécution.\nSHA-256 {digest}\n".encode(), True
        except JournalError as error:
            return f"{error}\n".encode(), True


def write_side_files(run: Mapping[str, Any], target: Path) -> None:
    """Write ``environment.properties``, ``categories.json`` and ``executor.json``."""
    lines = [f"{_escape(key, is_key=True)}={_escape(value)}" for key, value in _environment(run).items()]
    (target / "environment.properties").write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    executor = {
        "name": visible(f"{run['harness']['name']} {run['harness']['version']}"),
        "type": "segur-conformance",
        "buildName": visible(clip(run["id"], 200)),
        "reportName": visible(
            f"Rapport de conformité – {clip(run['software']['name'], 120)} {run['software']['version']}"
        ),
    }
    for name, data in (("categories.json", CATEGORIES), ("executor.json", executor)):
        (target / name).write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")


def _environment(run: Mapping[str, Any]) -> dict[str, str]:
    coverage, profile = run["coverage"], run["profile"]
    applicable = sum(coverage[key] for key in ("automatic", "evidence", "attestation", "not_verified"))
    return {
        "Nature": run["nature"],
        "Éditeur": run["vendor"]["name"],
        "Logiciel": f"{run['software']['name']} {run['software']['version']}",
        "Profil": f"{profile['id']} ({profile['rem']})",
        "Catalogue": profile["status_label"],
        "Verdict": run["verdict"]["global"],
        "Vérifié par la machine": f"{coverage['automatic']} sur {applicable} ({percent(coverage['automatic'], applicable)})",
        "Exécution": run["id"],
        "Outil": f"{run['harness']['name']} {run['harness']['version']}",
        "Python": run["harness"]["python"],
        "Système": run["harness"]["platform"],
        "Graine": str(run["harness"]["seed"]),
    }


def _escape(text: str, is_key: bool = False) -> str:
    """A .properties token: ASCII, with the format's own escapes."""
    result = []
    for char in clip(visible(text).replace(NARROW, "\u00a0"), 500):
        if char in "\\=:#!" or (is_key and char == " "):
            result.append(f"\\{char}")
        elif char in "\n\t":
            result.append({"\n": "\\n", "\t": "\\t"}[char])
        elif " " <= char <= "~":
            result.append(char)
        else:
            units = char.encode("utf-16-be")
            result += [f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)]
    return "".join(result)

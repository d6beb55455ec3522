"""Keeps emitted stylesheets on disk: reading and emitting a large schema costs more than finding it again.

An entry names the files it was made from with their SHA-256, and is used only while they are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from conformance.validation.schematron.emit import VERSION, emit
from conformance.validation.schematron.model import Compiled
from conformance.validation.schematron.source import load


def default_folder() -> Path:
    """Where this platform keeps what can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "segur-conformance" / "schematron"


def compiled(path: Path, root: Path, folder: Path | None = None, phase: str | None = None) -> Compiled:
    """The stylesheet of a schema, taken from the cache in ``folder`` when it is there; None: no cache.

    A cache that cannot be read or written is done without. Raises SchemaError as ``load`` and ``emit`` do.
    """
    path = path.resolve()
    entry = None if folder is None else folder / f"{_name(path, root, phase)}.json"
    kept = None if entry is None else _kept(entry)
    if kept is not None:
        return kept
    schema = load(path, root, phase)
    made = emit(schema)
    if entry is not None:
        files = {str(file): _digest(file) for file in schema.files}
        _keep(entry, {"files": files, "compiled": made.to_json()})
    return made


def careful(path: Path, root: Path, sites: frozenset[int]) -> Compiled:
    """The careful stylesheet of some rules of a schema, made anew. Raises SchemaError as ``load`` and ``emit`` do."""
    return emit(load(path.resolve(), root), sites)


def _name(path: Path, root: Path, phase: str | None) -> str:
    text = "\n".join((str(VERSION), str(path), str(root.resolve()), phase or ""))
    return f"{path.stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _kept(entry: Path) -> Compiled | None:
    try:
        data = json.loads(entry.read_text(encoding="utf-8"))
        if all(_digest(Path(file)) == digest for file, digest in data["files"].items()):
            return Compiled.from_json(data["compiled"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Absent, half written, or of another make: made anew.
        return None
    return None


def _keep(entry: Path, data: dict[str, object]) -> None:
    # A name of its own, then a rename: another process never reads half an entry.
    draft = entry.with_name(f"{entry.name}.{os.getpid()}.tmp")
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        draft.replace(entry)
    except OSError:
        with suppress(OSError):
            draft.unlink()

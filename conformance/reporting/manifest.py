"""The manifest of a run's folder: a SHA-256 for every file, and one Merkle root for them all.

``manifeste.json`` is written in one canonical way, and bears its own digest; ``SHA256SUMS`` says the same for
``sha256sum -c``. A byte changed anywhere, in those two files too, is therefore told with the name of its file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

SCHEMA = "segur-conformance/manifest/1"
MANIFEST = "manifeste.json"
SUMS = "SHA256SUMS"
RUN_SIGNATURE = "run.json.jws"
MANIFEST_SIGNATURE = "manifeste.json.jws"
OUTSIDE = frozenset({MANIFEST, SUMS, MANIFEST_SIGNATURE})
"""What no manifest can hold: itself and what is made of it."""
PRIVATE = "travail"
"""The bench's own files, with the keys of the run: never part of a bundle."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold: the file, as the bundle names it, and why, in French."""

    path: str
    message: str


def write_manifest(run: Mapping[str, Any], folder: Path) -> Path:
    """Write ``manifeste.json`` and ``SHA256SUMS`` in a run's folder; give back the manifest's path."""
    entries: list[dict[str, Any]] = [
        {"path": name, "sha256": digest(folder / name), "size": (folder / name).stat().st_size}
        for name in names(folder)
    ]
    data = {
        "schema": SCHEMA,
        "run": run["id"],
        "harness": {name: run["harness"].get(name) for name in ("name", "version", "commit", "digest")},
        "profile": {name: run["profile"][name] for name in ("id", "status", "digest")},
        "packs": dict(run.get("packs", {})),
        "files": entries,
        "merkle_root": merkle_root([entry["sha256"] for entry in entries]),
    }
    path = folder / MANIFEST
    path.write_bytes(canonical(data))
    (folder / SUMS).write_bytes(_sums(entries, digest(path)))
    return path


def names(folder: Path) -> list[str]:
    """Every file of the bundle, by its path in it, sorted; private files, links and what the manifest cannot hold left out."""
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if relative.parts[0] != PRIVATE and path.is_file() and not path.is_symlink():
            found.append(relative.as_posix())
    return sorted(name for name in found if name not in OUTSIDE)


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """The root of the binary hash tree of RFC 9162 (section 2.1.1), whose leaves are SHA-256 in hexadecimal."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest() for leaf in leaves]
    return _root(level).hex()


def _root(level: list[bytes]) -> bytes:
    if len(level) == 1:
        return level[0]
    split = 1 << ((len(level) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _root(level[:split]) + _root(level[split:])).digest()


def canonical(data: Mapping[str, Any]) -> bytes:
    """The one way in which a manifest is written: its own digest in it, taken without that digest."""
    bare = {name: value for name, value in data.items() if name != "sha256"}
    return (_dump({**bare, "sha256": hashlib.sha256(_dump(bare).encode()).hexdigest()}) + "\n").encode()


def _dump(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)


def _sums(entries: Sequence[Mapping[str, Any]], manifest: str) -> bytes:
    lines = [f"{entry['sha256']}  {entry['path']}" for entry in entries]
    return "".join(f"{line}\n" for line in (*lines, f"{manifest}  {MANIFEST}")).encode()


def check(folder: Path) -> Iterator[Fault]:
    """Everything in a folder that its manifest contradicts. An unusable manifest is the only fault told then."""
    data = _read(folder)
    if isinstance(data, Fault):
        yield data
        return
    listed = {entry["path"]: entry for entry in data["files"]}
    for name, entry in listed.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            yield Fault(name, "fichier absent")
        elif digest(path) != entry["sha256"]:
            yield Fault(name, "contenu altéré : son empreinte SHA-256 n’est plus celle du manifeste")
    for name in names(folder):
        if name not in listed:
            yield Fault(name, "fichier ajouté, que le manifeste ne connaît pas")
    sums = folder / SUMS
    if not sums.is_file():
        yield Fault(SUMS, "fichier absent")
    elif sums.read_bytes() != _sums(data["files"], digest(folder / MANIFEST)):
        yield Fault(SUMS, "contenu altéré : il ne dit plus ce que dit le manifeste")


def _read(folder: Path) -> dict[str, Any] | Fault:
    try:
        raw = (folder / MANIFEST).read_bytes()
        data = json.loads(raw)
        sound = data["schema"] == SCHEMA and canonical(data) == raw
        paths = [entry["path"] for entry in data["files"]]
        digests = [entry["sha256"] for entry in data["files"]]
        rooted = merkle_root(digests) == data["merkle_root"]
    except OSError:
        return Fault(MANIFEST, "fichier absent : ce dossier n’a pas été scellé")
    except (ValueError, KeyError, TypeError, RecursionError):
        return Fault(MANIFEST, "contenu altéré : ce n’est plus un manifeste")
    if not sound or not rooted or paths != sorted(set(paths)) or not all(inside(path) for path in paths):
        return Fault(MANIFEST, "contenu altéré : son empreinte, sa racine de Merkle ou sa forme ne tiennent plus")
    return dict(data)


def inside(name: str) -> bool:
    """Whether a path of a bundle stays in it."""
    path = PurePosixPath(name)
    return (
        bool(name)
        and not path.is_absolute()
        and not {"..", "."} & set(name.split("/"))
        and not set("\\:\0") & set(name)
    )

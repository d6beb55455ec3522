"""Adding a pack to the registry, and looking again at those that it keeps."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.model.finding import Finding, Severity
from conformance.model.yamlfile import DataError
from conformance.validation.pack_sources import take
from conformance.validation.packs import Pack, altered, lint, open_pack
from conformance.validation.registry import Entry, Registry, read_registry, registry_folder, write_registry
from conformance.validation.schematron import default_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Added:
    """A pack that was added, and what is wrong with it; ``known``: the registry kept the very same already."""

    entry: Entry
    folder: Path
    findings: tuple[Finding, ...]
    known: bool = False


def add(source: str, name: str | None = None, revision: str | None = None, digest: str | None = None) -> Added:
    """Copy a pack into the registry, under its digest, and make it the one that judges.

    ``digest``: the SHA-256 that it must have (its first eight characters at least). Raises DataError when the source is
    refused, is not a pack, has another digest, or when the name is that of another pack.
    """
    home = registry_folder()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ajout-", dir=home, ignore_cleanup_errors=True) as scratch:
        taken = take(source, Path(scratch, "pack"), revision)
        pack = open_pack(taken.folder)
        if not isinstance(pack, Pack):
            raise DataError(source, pack.message, allowed=pack.expected)
        _demand(source, pack, digest)
        registry = read_registry(home)
        entry = Entry(_named(name or taken.name), pack.digest, source, _now(), taken.revision)
        known = next((each for each in registry.entries if each.digest == entry.digest), None)
        _free(registry, entry)
        kept = _kept(pack, registry.path(entry))
    if known is not None and name is None:
        entry = replace(entry, name=known.name)
    others = tuple(each for each in registry.entries if each.digest != entry.digest)
    write_registry(Registry(home, (*others, entry), entry.name))
    return Added(entry, kept.folder, tuple(lint(kept, default_folder())), known is not None)


def verify(registry: Registry, entry: Entry) -> Iterator[Finding]:
    """What is wrong with a pack that the registry keeps: an error when its files have changed, else what ``lint`` says."""
    pack = Pack(registry.path(entry))
    if pack.digest == entry.digest:
        yield from lint(pack, default_folder())
    else:
        yield replace(altered(entry, pack), severity=Severity.ERROR)


def _demand(source: str, pack: Pack, digest: str | None) -> None:
    wanted = (digest or pack.digest).lower().removeprefix("sha256:").strip()
    if len(wanted) < 8 or not pack.digest.startswith(wanted):
        raise DataError(source, f"l’empreinte du pack est {pack.digest}", allowed=digest)


def _named(name: str) -> str:
    given = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64]
    if not _NAME.fullmatch(given):
        raise DataError(
            "pack add", f"« {name} » ne peut pas nommer un pack", hint="--name avec des lettres et des chiffres"
        )
    return given


def _free(registry: Registry, entry: Entry) -> None:
    for other in registry.entries:
        if other.name == entry.name and other.digest != entry.digest:
            raise DataError(
                "pack add",
                f"« {other.name} » désigne déjà un autre pack (sha256 {other.digest[:16]}…)",
                hint=f"ajoutez --name, par exemple « {entry.name}-{entry.digest[:8]} »",
            )


def _kept(pack: Pack, folder: Path) -> Pack:
    """The copy of the registry: made, or made again when its files are not those of its digest any more."""
    if not folder.is_dir() or Pack(folder).digest != pack.digest:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(pack.folder, folder)
    return Pack(folder)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

"""Taking a pack in from a folder, a zip or a git repository, none of which is trusted with anything but its own bytes.

Only what judges is taken: the schematrons, the value sets, the XML schemas. Sample documents, stylesheets and scripts of
the pack stay where they are; nothing of it is run, and nothing is written outside of the folder given.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from conformance.model.yamlfile import DataError
from conformance.validation.archive import MIB, ZipLimits, open_zip

PARTS = ("schematrons", "jeuxDeValeurs", "infrastructure")
"""The folders of a pack that judge."""
_SIGN = PurePosixPath("schematrons", "profils", "IHE.sch")
_LIMITS = ZipLimits(members=20_000, total=500 * MIB, archives=True)
_GIT_URL = re.compile(r"(?:https?|ssh|git|file)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+", re.ASCII)
_GIT_TIMEOUT = 600.0
_REVISION = re.compile(r"(?!-)[\w./@+-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Taken:
    """A pack as plain files in ``folder``; ``name`` is what its source is called, ``revision`` its git commit."""

    folder: Path
    name: str
    revision: str | None = None


def take(source: str, into: Path, revision: str | None = None) -> Taken:
    """Copy what judges from a folder, a zip or a git repository into the empty folder ``into``.

    ``revision``: a branch, tag or commit, for git alone. Raises DataError, which says what was refused and why.
    """
    local = Path(source).expanduser()
    if _is_git(source, local, revision):
        return _from_git(source, into, revision)
    if revision is not None:
        raise DataError(source, "une révision n’a de sens que pour un dépôt git")
    if local.is_dir():
        _copy(_root_of(local), into)
        return Taken(into, local.resolve().name)
    if local.is_file():
        _unpack(local, into)
        return Taken(into, local.stem)
    raise DataError(source, "ni un dossier, ni un fichier zip, ni l’adresse d’un dépôt git")


def _is_git(source: str, local: Path, revision: str | None) -> bool:
    if _GIT_URL.fullmatch(source):
        return True
    # A working copy is taken as it lies on the disk, unless a revision is asked for; a bare repository has no files.
    bare = (local / "HEAD").is_file() and (local / "objects").is_dir()
    return bare or (revision is not None and (local / ".git").exists())


def _copy(root: Path, into: Path) -> None:
    count = size = 0
    home = root.resolve()
    for part in PARTS:
        for file in sorted((root / part).rglob("*")):
            if not file.is_file():
                continue
            if not file.resolve().is_relative_to(home):
                raise DataError(file, "un lien du pack mène hors de son dossier : il n’est pas suivi")
            count, size = count + 1, size + file.stat().st_size
            if count > _LIMITS.members or size > _LIMITS.total:
                raise DataError(
                    root, f"plus de {_LIMITS.members} fichiers ou de {_LIMITS.total // MIB} Mio : pas un pack"
                )
            target = into / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def _root_of(folder: Path) -> Path:
    """The folder that holds ``schematrons``: the one given, or the only one inside it."""
    for found in (folder, *sorted(each for each in folder.iterdir() if each.is_dir())):
        if (found / _SIGN).is_file():
            return found
    raise DataError(folder, f"ce n’est pas un pack de l’Agence : « {_SIGN} » n’y est pas")


def _unpack(file: Path, into: Path) -> None:
    size = file.stat().st_size
    if size > _LIMITS.total:
        raise DataError(file, f"archive de {size // MIB} Mio : {_LIMITS.total // MIB} Mio au plus")
    members = open_zip(file.name, file.read_bytes(), _LIMITS)
    if not isinstance(members, dict):
        raise DataError(file, "archive refusée. " + " ".join(dict.fromkeys(finding.message for finding in members[:5])))
    root = _root_in(file, members)
    for name, content in members.items():
        inside = PurePosixPath(name.replace("\\", "/"))
        if not inside.is_relative_to(root) or inside.relative_to(root).parts[0] not in PARTS:
            continue
        target = into.joinpath(*inside.relative_to(root).parts)
        # The archive was refused already if one of its names left its folder: this is the second lock.
        if not target.resolve().is_relative_to(into.resolve()):
            raise DataError(file, f"un nom de l’archive sort de son dossier : « {name} »")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _root_in(file: Path, members: Mapping[str, bytes]) -> PurePosixPath:
    found = [PurePosixPath(name.replace("\\", "/")) for name in members if name.replace("\\", "/").endswith(str(_SIGN))]
    roots = {path.parents[2] for path in found if path.parts[-3:] == _SIGN.parts}
    if len(roots) != 1:
        raise DataError(file, f"ce n’est pas un pack de l’Agence : « {_SIGN} » y est {len(roots)} fois")
    return roots.pop()


def _from_git(source: str, into: Path, revision: str | None) -> Taken:
    if revision is not None and not _REVISION.fullmatch(revision):
        raise DataError(source, f"« {revision} » n’est pas une révision : une branche, une étiquette ou un commit")
    with _scratch() as clone:
        _git(source, clone, "init", "--quiet", "--template=", ".")
        wanted = revision or "HEAD"
        # « -- » and the pattern above: neither an address nor a revision is ever read as an option.
        _git(source, clone, "fetch", "--quiet", "--depth", "1", "--no-tags", "--", source, wanted)
        _git(source, clone, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        commit = _git(source, clone, "rev-parse", "FETCH_HEAD").strip()
        _copy(_root_of(clone), into)
    name = re.split(r"[/:\\]", source.rstrip("/\\"))[-1].removesuffix(".git") or "pack"
    return Taken(into, name, commit)


@contextmanager
def _scratch() -> Iterator[Path]:
    # Git makes read-only files, which Windows does not let go: what cannot be removed is left to the system.
    with tempfile.TemporaryDirectory(prefix="segur-pack-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _git(source: str, folder: Path, *words: str) -> str:
    """Run git with the user's own settings (proxy, credentials), but no hook, submodule, prompt, link nor odd transport."""
    options = {
        "core.hooksPath": os.devnull,
        "core.symlinks": "false",
        "core.autocrlf": "false",
        "core.longpaths": "true",
        "protocol.ext.allow": "never",
        "submodule.recurse": "false",
    }
    command = ["git", *(word for key, value in options.items() for word in ("-c", f"{key}={value}")), *words]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=kept | quiet, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=_GIT_TIMEOUT,
        )  # fmt: skip
    except FileNotFoundError:
        raise DataError(source, "la commande git est introuvable", hint="installez git, ou donnez un zip") from None
    except subprocess.TimeoutExpired:
        raise DataError(source, f"git n’a pas répondu en {_GIT_TIMEOUT:.0f} s") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:400]
        raise DataError(source, f"git {words[0]} a échoué : {said}")
    return done.stdout.decode("utf-8", "replace")

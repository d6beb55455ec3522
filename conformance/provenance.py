"""What judged a run and what it judged: the harness and its packs, the command, the software, the profile, the driver."""

from __future__ import annotations

import hashlib
import platform
import shlex
import subprocess
from pathlib import Path
from typing import Any

import conformance
from conformance.runs import Run, is_file

_DRIVERS = {
    "http": "Le banc fait agir le logiciel par l’API Pilote LPS et observe ses échanges.",
    "dossier": "Des fichiers remis sont jugés ; le logiciel n’a pas été exécuté.",
    "replay": "Une exécution enregistrée est jugée de nouveau ; le logiciel n’a pas été exécuté.",
}


def harness(run: Run) -> dict[str, Any]:
    """The tool itself: its version and digest, the machine it ran on, the seed and the command that do it again."""
    return {
        "name": "segur-conformance",
        "version": conformance.__version__,
        "commit": _commit(),
        "digest": harness_digest(),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "seed": run.seed,
        "command": _command(run),
    }


def harness_digest() -> str:
    """The SHA-256 of what judges: the path and content of every file of the package, line ends of Windows set aside."""
    folder = Path(__file__).parent
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    total = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def _commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def packs() -> dict[str, str]:
    """The agency's pack at hand, by the name of its folder; none when there is none, or when it may not judge."""
    from conformance.validation.packs import Pack, open_pack

    pack = open_pack()
    return {pack.folder.name: pack.digest} if isinstance(pack, Pack) else {}


def run_words(run: Run) -> list[str]:
    """The words of the command line that plays this profile on this software again."""
    asked = run.request.profile or ""
    profile = asked if is_file(asked) else run.plan.profile.id
    return ["segur-conformance", "run", "--vendor", run.plan.vendor.id, "--profile", profile]


def _command(run: Run) -> str:
    words = run_words(run)
    for option, values in (("--requirement", run.selection.ids), ("--section", run.selection.sections)):
        for value in values:
            words += [option, value]
    return shlex.join(words)


def software(run: Run) -> dict[str, Any]:
    """The software that was judged, as its vendor declares it."""
    told = run.plan.vendor.software
    return {"name": told.name, "version": told.version, "build": told.build, "nil": told.nil}


def profile(run: Run) -> dict[str, Any]:
    """The list of requirements that it was judged by: its sources, its status, the options that the vendor declares."""
    known = run.plan.profile
    return {
        "id": known.id,
        "title": known.title,
        "profession": known.profession,
        "wave": known.wave,
        "rem": known.rem,
        "status": known.status,
        "status_label": known.status_label,
        "sources": list(known.sources),
        "digest": known.digest,
        "options": [
            {"slug": option.slug, "title": option.title, "declared": option.slug in run.plan.vendor.options}
            for option in known.options.values()
        ],
    }


def driver(run: Run) -> dict[str, Any]:
    """How the software was reached, if it was."""
    kind = "replay" if run.replays is not None else run.plan.vendor.driver.kind
    return {"kind": kind, "summary": _DRIVERS[kind]}

"""The Allure web report, when an Allure command is at hand. Downloads nothing unless asked to, never a failure.

The pages that Allure writes load Google Analytics; it is taken out of every one of them, since a report on health
software must not call anyone when it is opened.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.model.userfolder import user_data
from conformance.reporting.allure_files import CATEGORIES
from conformance.reporting.allure_history import FOLDER

VARIABLE = "SEGUR_ALLURE"
"""The environment variable that names the Allure command to use."""

VERSION = "3.18.0"
"""The Allure that :func:`install` gets."""

_HOW = f"« report dernier --format allure-html --install » l’installe par npm, ou indiquez son chemin dans {VARIABLE}"
_TRACKER = re.compile(
    r"<script[^>]*googletagmanager[^>]*>\s*</script>\s*(?:<script[^>]*>\s*window\.dataLayer.*?</script>)?", re.DOTALL
)
_WORD = "googletagmanager"
_VERSION = re.compile(r"\b(\d+)\.\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: ``message`` is one French line, ``pages`` what was written (empty when nothing was)."""

    message: str
    pages: list[Path] = field(default_factory=list)


def find_command(environment: Mapping[str, str] | None = None) -> str | None:
    """The Allure command: the one named in SEGUR_ALLURE, else the one on the PATH, else the one installed by us, else None."""
    named = (os.environ if environment is None else environment).get(VARIABLE)
    return shutil.which(named) if named else shutil.which("allure") or shutil.which("allure", path=str(_installed()))


def _installed() -> Path:
    return user_data("allure") / "node_modules" / ".bin"


def install(timeout_s: float = 300.0) -> Outcome:
    """Get Allure from npm into the user's own data folder, none of its install scripts run; ``timeout_s`` in seconds."""
    npm = shutil.which("npm")
    if npm is None:
        return Outcome("Allure non installé : la commande npm (Node.js) est absente.")
    folder = user_data("allure")
    folder.mkdir(parents=True, exist_ok=True)
    words = [
        npm,
        "install",
        "--prefix",
        str(folder),
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        f"allure@{VERSION}",
    ]
    with tempfile.TemporaryDirectory(prefix="allure-") as scratch:
        failure = _run(words, Path(scratch), timeout_s)
    if failure or find_command() is None:
        return Outcome(f"Allure non installé : {(failure or 'npm n’a rien écrit').replace('Allure', 'npm')}.")
    return Outcome(f"Allure {VERSION} installé dans {folder}", [folder])


def generate(results: Path, target: Path, title: str, timeout_s: float = 180.0) -> Outcome:
    """Make the web report of ``results`` in the folder ``target``, replaced when it is there already.

    Whatever goes wrong is told in the message. ``timeout_s`` bounds the whole generation, in seconds.
    """
    command = find_command()
    if command is None:
        return Outcome(f"Rapport Allure HTML non généré : aucune commande Allure trouvée ; {_HOW}.")
    if not any(results.glob("*-result.json")):
        return Outcome("Rapport Allure HTML non généré : aucun résultat à présenter.")
    major = _major(command)
    if major not in (2, 3):
        return Outcome(f"Rapport Allure HTML non généré : « {command} --version » ne répond ni 2.x ni 3.x ; {_HOW}.")
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="allure-") as scratch:
        arguments = (
            _allure_2(results, target, title) if major == 2 else _allure_3(results, target, title, Path(scratch))
        )
        failure = _run([command, *arguments], Path(scratch), timeout_s)
    pages = sorted(target.rglob("*.html")) if target.is_dir() else []
    if failure or not pages:
        return Outcome(f"Rapport Allure HTML non généré : {failure or 'la commande Allure n’a écrit aucune page'}.")
    if left := [page.name for page in pages if not strip_tracker(page)]:
        shutil.rmtree(target, ignore_errors=True)
        return Outcome(f"Rapport Allure HTML retiré : un traceur n’a pas pu être ôté de {', '.join(left[:3])}.")
    return Outcome(f"Rapport Allure HTML écrit avec Allure {major}, traceur retiré : {target}", pages)


def strip_tracker(page: Path) -> bool:
    """Take Google Analytics out of a page; whether the page is now free of it."""
    source = page.read_text(encoding="utf-8", errors="surrogateescape")
    if _WORD not in source:
        return True
    clean = _TRACKER.sub("", source)
    page.write_text(clean, encoding="utf-8", errors="surrogateescape", newline="")
    return _WORD not in clean


def _major(command: str) -> int | None:
    """The major version the command says it is; None when it says nothing usable."""
    with tempfile.TemporaryDirectory(prefix="allure-") as scratch:
        log = Path(scratch) / "version.txt"
        if _run([command, "--version"], Path(scratch), 60.0, log):
            return None
        found = _VERSION.search(log.read_text(encoding="utf-8", errors="replace"))
    return int(found[1]) if found else None


def _allure_2(results: Path, target: Path, title: str) -> list[str]:
    options = ["--clean", "--single-file", "--lang", "fr", "--name", title[:200]]
    return ["generate", str(results.resolve()), "-o", str(target.resolve()), *options]


def _allure_3(results: Path, target: Path, title: str, scratch: Path) -> list[str]:
    options = {"singleFile": True, "reportLanguage": "fr", "groupBy": ["epic", "feature", "story"]}
    config = {
        "name": title[:200],
        "output": str(target.resolve()),
        "historyPath": str((results / FOLDER / "history.jsonl").resolve()),
        "appendHistory": False,
        "categories": list(CATEGORIES),
        "hideLabels": ["host", "thread", "framework", "language", "package"],
        "plugins": {"awesome": {"options": options}},
    }
    file = scratch / "allurerc.json"
    file.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    return ["generate", str(results.resolve()), "-c", str(file), "-o", str(target.resolve())]


def _run(command: list[str], folder: Path, timeout_s: float, log: Path | None = None) -> str | None:
    """Run a command in ``folder``; None when it went well, else what went wrong in French.

    Its output goes to a file: a pipe would stay open in a grandchild and outlive the time limit.
    """
    output = log or folder / "output.txt"
    environment = {**os.environ, "ALLURE_NO_ANALYTICS": "true"}
    try:
        with output.open("wb") as stream:
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream,
                stderr=subprocess.STDOUT, timeout=timeout_s, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"la commande Allure n’a pas fini en {timeout_s:.0f} s"
    except OSError as error:
        return f"la commande Allure ne se lance pas ({error.strerror})"
    return f"la commande Allure a échoué (code {done.returncode})" if done.returncode else None

"""Running the command line as a user does: its own process, any folder, any locale."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "run_conformance.py"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs a command line in the test’s folder; what it says must be UTF-8."""

    def __call__(self, *words: str | Path, **environment: str) -> Done: ...


class MakeVendor(Protocol):
    """Writes a vendor configuration that hands files in: neither a software nor a bench is needed."""

    def __call__(self, *lines: str) -> Path: ...


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*words: str | Path, **environment: str) -> Done:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "LC_", "LANG"))}
        command = [sys.executable, str(SCRIPT), *map(str, words)]
        done = subprocess.run(
            command, cwd=tmp_path, env=kept | environment, capture_output=True, timeout=120, check=False
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def vendor(tmp_path: Path) -> MakeVendor:
    def write(*lines: str) -> Path:
        path = tmp_path / "editeur.yaml"
        text = ["vendor: essai", "name: Éditeur d’essai", 'software: {name: Logiciel d’essai, version: "1.0"}']
        text += lines or ("profile: wave1/doctors", "driver: {kind: dossier, folder: .}", "dossier: .")
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        return path

    return write

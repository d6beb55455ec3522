"""What all the harness's own tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public documents and messages, used in place; the test skips where it is absent."""
    folder = Path(os.environ.get("SEGUR_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"public documents absent: {folder} (set SEGUR_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def ci_sis_pack() -> Path:
    """The agency's CDA pack, used in place; the test skips where it is absent."""
    folder = Path(os.environ.get("SEGUR_CI_SIS_PACK", ROOT.parent / "shared" / "data" / "ci-sis"))
    if not folder.is_dir():
        pytest.skip(f"the agency's CDA pack is absent: {folder} (set SEGUR_CI_SIS_PACK)")
    return folder


@pytest.fixture(autouse=True)
def no_imported_list(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer who imported an official list gets the same verdicts as everyone else."""
    monkeypatch.setenv("SEGUR_CATALOGUE", str(tmp_path_factory.getbasetemp() / "no-list"))

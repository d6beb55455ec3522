"""What all the harness's own tests share."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
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
def nothing_of_the_user(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer who imported an official list, or added a pack, gets the same verdicts as everyone else."""
    monkeypatch.setenv("SEGUR_CATALOGUE", str(tmp_path_factory.getbasetemp() / "no-list"))
    # And no pack but those that a test adds.
    monkeypatch.setenv("SEGUR_PACKS", str(tmp_path_factory.getbasetemp() / "no-pack"))


@pytest.fixture
def ports() -> dict[str, int]:
    """One free port a service."""
    from conformance.simulators.bench import PORTS

    with ExitStack() as probes:
        found = [probes.enter_context(socket.socket()) for _ in PORTS]
        for probe in found:
            probe.bind(("127.0.0.1", 0))
        return dict(zip(PORTS, (probe.getsockname()[1] for probe in found), strict=True))

"""What the simulators' tests share: one PKI a session, one journal a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.journal import Journal
from conformance.simulators.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """The bench's certificates, made once."""
    return Pki(tmp_path_factory.mktemp("banc") / "pki").create()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal of its own for each test."""
    journal = Journal(tmp_path / "run")
    yield journal
    journal.close()

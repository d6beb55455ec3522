"""What the simulators' tests share: one PKI a session, one journal a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.journal import Journal
from conformance.simulators.dmp import Dmp
from conformance.simulators.insi import Insi
from conformance.simulators.mss import Mss
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from tests.simulators.dmp_client_kit import Client
from tests.simulators.dmp_messages_kit import WHO
from tests.simulators.insi_kit import Caller
from tests.simulators.mss_kit import BOXES, TOKEN
from tests.simulators.psc_kit import Clock, Software


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


@pytest.fixture
def insi(journal: Journal, pki: Pki) -> Iterator[Insi]:
    """An INSi of its own, started."""
    service = Insi(journal, pki)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def caller(insi: Insi, pki: Pki) -> Caller:
    """A client of that INSi."""
    return Caller(insi, pki)


@pytest.fixture
def client(journal: Journal, pki: Pki) -> Iterator[Client]:
    """A client of a DMP of its own, where one person has a record."""
    dmp = Dmp(journal, pki, slow_s=1.5)
    dmp.start()
    dmp.open(WHO)
    yield Client(dmp, pki, journal)
    dmp.stop()


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def psc(journal: Journal, pki: Pki, clock: Clock) -> Iterator[Psc]:
    """Pro Santé Connect on that clock."""
    service = Psc(journal, pki, clock=clock)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def software(psc: Psc, pki: Pki) -> Software:
    """A relying party and its browser."""
    return Software(psc, str(pki.trust))


@pytest.fixture
def mss(journal: Journal, pki: Pki) -> Iterator[Mss]:
    """A running MSSanté operator, impatient with clients that say nothing."""
    operator = Mss(journal, pki, "127.0.0.1", 0, BOXES, token_ok=lambda token: token == TOKEN, timeout_s=3)
    operator.start()
    yield operator
    operator.stop()

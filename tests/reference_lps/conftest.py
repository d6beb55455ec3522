"""A running LPS in front of a small INSi, for the tests of its API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.journal import Journal
from conformance.simulators.pki import Pki as BenchPki
from conformance.simulators.psc import Psc
from tests.reference_lps.lps_kit import SOAP_XML, Pilot, Pki, Service, Start, found_answer, running, service
from tests.reference_lps.psc_bed import Bed, Clock


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def insi(keys: Pki) -> Iterator[Service]:
    with service(keys, lambda asked: (200, SOAP_XML, found_answer()), mutual=True) as live:
        yield live


@pytest.fixture
def bench(keys: Pki, insi: Service, tmp_path: Path) -> Path:
    return keys.bench(tmp_path, insi={"url": f"{insi.url}/lps"})


@pytest.fixture
def start(bench: Path, tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *defects: stack.enter_context(running(bench, tmp_path, *defects))


@pytest.fixture
def pilot(start: Start) -> Pilot:
    return start()


@pytest.fixture(scope="session")
def psc_pki(tmp_path_factory: pytest.TempPathFactory) -> BenchPki:
    return BenchPki(tmp_path_factory.mktemp("pki")).create()


@pytest.fixture
def bed(psc_pki: BenchPki, tmp_path: Path) -> Iterator[Bed]:
    clock = Clock()
    journal = Journal(tmp_path / "run")
    psc = Psc(journal, psc_pki, clock=clock)
    psc.start()
    folder = tmp_path / "comptes"
    folder.mkdir()
    yield Bed(psc, journal, clock, folder)
    psc.stop()
    journal.close()

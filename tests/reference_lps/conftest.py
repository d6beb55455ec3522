"""A running LPS in front of a small INSi, for the tests of its API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.reference_lps.lps_kit import SOAP_XML, Pilot, Pki, Service, Start, found_answer, running, service


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

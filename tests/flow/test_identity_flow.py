"""Cross-flow invariant: thousands of identities without a false alarm, and every injected inconsistency named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.checks.ins import flow
from tests.flow.flow_kit import STATUSES, Desk, desk, someone

DRAWN = 80
"""One page in so many is also looked at as a picture: the datamatrix costs a tenth of a second."""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with desk(tmp_path, monkeypatch) as live:
        yield live


@pytest.mark.parametrize("count", [24, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_identity_raises_a_false_alarm(office: Desk, count: int) -> None:
    """Every status, awkward names, Corsica and NIA numbers: create, INSi, document, HL7, mail."""
    told: list[str] = []
    statuses: Counter[str] = Counter()
    for number in range(count):
        person, status = someone(number), STATUSES[number % 4]
        statuses[status] += 1
        sent = office.live(person, status)
        assert {one.kind for one in sent} == {"cda", "mail", "hl7"}
        draw = number // 4 % DRAWN == 0
        told += [f"{number} {status} : {finding}" for finding in flow.judge(sent, person, status, draw=draw)]
    assert told == []
    assert set(statuses.values()) == {count // 4}

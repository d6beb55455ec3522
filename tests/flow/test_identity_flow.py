"""Cross-flow invariant: thousands of identities without a false alarm, and every injected inconsistency named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.checks.ins import flow
from tests.flow.flow_kit import LIVES, Desk, Life, desk, someone

DRAWN = 100
"""One page in so many is also looked at as a picture: the datamatrix costs a tenth of a second."""
DEPOSITED = 4
"""One qualified person in so many has a document in the DMP: the signatures of both sides are half of what a life costs."""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with desk(tmp_path, monkeypatch) as live:
        yield live


@pytest.mark.parametrize("count", [24, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_identity_raises_a_false_alarm(office: Desk, count: int) -> None:
    """Every status and attribute, awkward names, Corsica and NIA numbers: create, INSi, document, HL7, mail, DMP."""
    told: list[str] = []
    lives: Counter[Life] = Counter()
    for number in range(count):
        person, life = someone(number), LIVES[number % len(LIVES)]
        lives[life] += 1
        deposited = number // len(LIVES) % DEPOSITED == 0
        sent = office.live(person, life, dmp=deposited)
        ways = {"cda", "mail", "hl7"} | ({"vihf", "xds"} if deposited and life.status == "QUALIFIEE" else set())
        assert {one.kind for one in sent} == ways
        draw = number // len(LIVES) % DRAWN == 0
        told += [f"{number} {life} : {finding}" for finding in flow.judge(sent, person, life.status, draw=draw)]
    assert told == []
    assert set(lives.values()) == {count // len(LIVES)}

"""Processes that judge side by side: order kept, one document lost at most, nothing left behind."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from conformance.validation.workers import Lost, Workers
from tests.validation.worker_actions import Unstartable, act, always


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def said(answers: list[tuple[str, str | Lost]]) -> list[str]:
    return [answer.reason if isinstance(answer, Lost) else answer.split()[0] for _, answer in answers]


def test_twenty_documents_in_order_by_processes_that_last() -> None:
    items = [f"slow{n}" if n in (0, 7) else f"d{n}" for n in range(20)]
    with Workers(act, 2) as pool:
        answers = list(pool.map(items))
        again = list(pool.map(["x"]))
    assert [item for item, _ in answers] == items
    assert said(answers) == [item.upper() for item in items]
    makers = {str(answer).split()[1] for _, answer in answers}
    assert len(makers) == 2
    assert str(again[0][1]).split()[1] in makers


@pytest.mark.parametrize("deadly", ["die", "raise"])
def test_the_document_that_kills_its_process_is_the_only_one_lost(deadly: str) -> None:
    items = [f"d{n}" for n in range(5)] + [deadly] + [f"e{n}" for n in range(14)]
    with Workers(act, 2) as pool:
        found = said(list(pool.map(items)))
    assert found[5] == f"le processus de jugement s’est arrêté (code {7 if deadly == 'die' else 1})"
    assert found[:5] + found[6:] == [item.upper() for item in items if item != deadly]


def test_a_document_that_takes_too_long_is_the_only_one_lost() -> None:
    start = time.monotonic()
    with Workers(act, 2, timeout=0.8) as pool:
        found = said(list(pool.map(["a", "hang", "b", "c", "hang", "d"])))
    assert found == ["A", "délai de 0.8 s dépassé", "B", "C", "délai de 0.8 s dépassé", "D"]
    assert time.monotonic() - start < 30


def test_a_weary_process_hands_its_place_over_and_nothing_is_lost() -> None:
    items = [f"d{n}" for n in range(6)]
    with Workers(act, 2, weary=always) as pool:
        answers = list(pool.map(items))
    assert said(answers) == [item.upper() for item in items]
    assert len({str(answer).split()[1] for _, answer in answers}) == 6


def test_items_are_taken_as_room_is_made() -> None:
    taken: list[int] = []

    def items() -> Iterator[str]:
        for n in range(100):
            taken.append(n)
            yield f"d{n}"

    with Workers(act, 1) as pool:
        answers = pool.map(items())
        assert next(answers)[1] != ""
        assert len(taken) < 10
        answers.close()  # type: ignore[attr-defined]


def test_leaving_in_the_middle_ends_the_processes() -> None:
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Workers(act, 2) as pool:
        for _ in pool.map(["a", "hang", "hang", "b"]):
            raise KeyboardInterrupt
    assert time.monotonic() - start < 30


def test_processes_that_never_start_lose_all_and_hang_never() -> None:
    with Workers(Unstartable(), 2) as pool:
        found = said(list(pool.map(["a", "b", "c"])))
    assert found == ["le processus de jugement ne démarre pas"] * 3


def test_a_process_killed_while_idle_loses_nothing() -> None:
    with Workers(act, 2) as pool:
        list(pool.map(["a", "slow", "slow"]))
        for worker in pool._workers:
            worker.process.kill()
            worker.process.join()
        assert said(list(pool.map(["b", "c", "d"]))) == ["B", "C", "D"]


def last_letter(item: str) -> str:
    return item[-1]


def test_items_of_a_kind_go_to_the_same_process_as_far_as_all_have_work() -> None:
    items = [f"d{n}{kind}" for n in range(30) for kind in "pqrs"]
    with Workers(act, 2, kind=last_letter) as pool:
        list(pool.map(["slowp", "slowq"]))
        answers = list(pool.map(items))
        alike = list(pool.map([f"slow{n}p" for n in range(8)]))
    assert [item for item, _ in answers] == items
    makers = {kind: Counter(str(answer).split()[1] for item, answer in answers if item[-1] == kind) for kind in "pqrs"}
    assert sum(max(counts.values()) for counts in makers.values()) > 0.7 * len(items)
    assert len({str(answer).split()[1] for _, answer in alike}) == 2


def test_no_process_is_not_a_pool() -> None:
    with pytest.raises(ValueError, match="au moins un"):
        Workers(act, 0)

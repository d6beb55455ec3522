"""Processes that judge documents side by side, one document each at a time, and survive the one that kills them.

Processes are spawned, on every platform alike: an engine that runs native threads does not outlive a fork. Whatever
script starts them needs the usual ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
DEFAULT_COUNT = 2
DEFAULT_TIMEOUT = 60.0
_START = 60.0
_FALSE_STARTS = 3
_AHEAD = 8
"""Items looked at for each process, so that it finds some of the kinds that it knows."""
_KNOWN = 8
"""Kinds that a process is reckoned to know still."""


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no result for an item, and why, in French."""

    reason: str


@dataclass
class _Worker(Generic[Item]):
    process: Any
    pipe: Connection
    deadline: float
    ready: bool = False
    job: tuple[int, Item] | None = None
    known: deque[Hashable] = field(default_factory=lambda: deque(maxlen=_KNOWN))


@dataclass
class _Queue(Generic[Item, Result]):
    """What was handed out and not given back yet; at most ``room`` items, so that memory stays flat."""

    items: Iterator[Item]
    room: int
    kind: Callable[[Item], Hashable]
    waiting: dict[int, Item] = field(default_factory=dict)
    done: dict[int, Result | Lost] = field(default_factory=dict)
    taken: int = 0
    given: int = 0
    ahead: list[tuple[int, Item, Hashable]] = field(default_factory=list)
    exhausted: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing is left to hand out."""
        return self.exhausted and not self.ahead

    def next(
        self, known: Collection[Hashable] = (), others: Collection[Hashable] = ()
    ) -> tuple[int, Item, Hashable] | None:
        """The next item to hand out; None when there is none, or no room.

        The first of a kind that is ``known``, else the first that ``others`` do not know, else the first: a process
        finds again what it has made, and none is idle for it.
        """
        while not self.exhausted and self.taken - self.given < self.room:
            self._look()
        places = range(len(self.ahead))
        kinds = [kind for _, _, kind in self.ahead]
        mine = (place for place in places if kinds[place] is None or kinds[place] in known)
        free = (place for place in places if kinds[place] not in others)
        place = next(chain(mine, free, places), None)
        return None if place is None else self.ahead.pop(place)

    def again(self, job: tuple[int, Item, Hashable]) -> None:
        """Take back what could not be handed out."""
        self.ahead.insert(0, job)

    def _look(self) -> None:
        try:
            item = next(self.items)
        except StopIteration:
            self.exhausted = True
            return
        self.waiting[self.taken] = item
        self.ahead.append((self.taken, item, self.kind(item)))
        self.taken += 1

    def ripe(self) -> Iterator[tuple[Item, Result | Lost]]:
        """The items whose turn has come, with their results."""
        while self.given in self.done:
            yield self.waiting.pop(self.given), self.done.pop(self.given)
            self.given += 1


def _tireless() -> bool:
    return False


def _alike(_item: Any) -> Hashable:
    return None


class Workers(Generic[Item, Result]):
    """Spawned processes that apply ``action``, a function of a module, and keep what it keeps from one item to another.

    ``timeout``: seconds an item may take before its process is ended. An exception of the action ends its process too.
    ``weary``, a function of a module, is asked in the process after each item whether another should take its place.
    ``kind`` tells which items share what a process keeps: they go to the same one, as far as all have work. None: no kind.
    """

    def __init__(
        self,
        action: Callable[[Item], Result],
        count: int = DEFAULT_COUNT,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        weary: Callable[[], bool] = _tireless,
        kind: Callable[[Item], Hashable] = _alike,
    ) -> None:
        if count < 1:
            raise ValueError(f"{count} processus : il en faut au moins un")
        self.count = count
        self.timeout = timeout
        self._action = action
        self._weary = weary
        self._kind = kind
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker[Item]] = []
        self._false_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def map(self, items: Iterable[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Each item with its result, in order; items are taken as room is made. One call at a time."""
        queue: _Queue[Item, Result] = _Queue(iter(items), self.count * _AHEAD, self._kind)
        try:
            while True:
                self._hand_out(queue)
                ripe = list(queue.ripe())
                yield from ripe
                if queue.ended and not queue.waiting:
                    return
                if not ripe:
                    self._listen(queue)
        finally:
            # Left in the middle: what is still being judged is of no use.
            for worker in [each for each in self._workers if each.job is not None]:
                self._end(worker)

    def close(self, *, at_once: bool = False) -> None:
        """End the processes, without waiting for what they do when ``at_once``."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.pipe.close()
            if at_once:
                worker.process.terminate()
        for worker in workers:
            _gone(worker.process)

    def _hand_out(self, queue: _Queue[Item, Result]) -> None:
        if self._false_starts >= _FALSE_STARTS:
            while (job := queue.next()) is not None:
                queue.done[job[0]] = Lost("le processus de jugement ne démarre pas")
            return
        for worker in [each for each in self._workers if each.ready and each.job is None]:
            others = {kind for other in self._workers if other is not worker for kind in other.known}
            if (job := queue.next(worker.known, others)) is None:
                return
            self._give(worker, job, queue)
        while len(self._workers) < self.count and not queue.ended:
            self._workers.append(self._started())

    def _give(self, worker: _Worker[Item], job: tuple[int, Item, Hashable], queue: _Queue[Item, Result]) -> None:
        worker.job = job[:2]
        self._remember(worker, job[2])
        worker.deadline = time.monotonic() + self.timeout
        try:
            worker.pipe.send(job[1])
        except OSError:
            # It died before it had anything to do: the item is not the culprit.
            worker.job = None
            self._lose(worker, queue)
            queue.again(job)

    def _remember(self, worker: _Worker[Item], kind: Hashable) -> None:
        """That kind is the worker's from now on, unless it is that of another which has no more of them."""
        if kind is None:
            return
        owner = next((each for each in self._workers if kind in each.known), None)
        if owner is not None and owner is not worker and len(owner.known) <= len(worker.known):
            return
        if owner is not None:
            owner.known.remove(kind)
        worker.known.append(kind)

    def _started(self) -> _Worker[Item]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._action, self._weary), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic() + _START)

    def _listen(self, queue: _Queue[Item, Result]) -> None:
        """Wait for an answer, a death or a deadline."""
        awaited = [each for each in self._workers if each.job is not None or not each.ready]
        if not awaited:
            return
        left = min(each.deadline for each in awaited) - time.monotonic()
        heard = wait([each.pipe for each in awaited], max(left, 0))
        for worker in awaited:
            if worker.pipe in heard:
                self._hear(worker, queue)
            elif time.monotonic() >= worker.deadline:
                self._lose(worker, queue, f"délai de {self.timeout:g} s dépassé")

    def _hear(self, worker: _Worker[Item], queue: _Queue[Item, Result]) -> None:
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            self._lose(worker, queue)
            return
        if not worker.ready:
            worker.ready = True
            self._false_starts = 0
        elif worker.job is not None:
            queue.done[worker.job[0]], weary = answer
            worker.job = None
            if weary:
                self._end(worker)

    def _lose(self, worker: _Worker[Item], queue: _Queue[Item, Result], reason: str | None = None) -> None:
        job, started = worker.job, worker.ready
        code = self._end(worker)
        if not started:
            self._false_starts += 1
        if job is not None:
            queue.done[job[0]] = Lost(reason or f"le processus de jugement s’est arrêté (code {code})")

    def _end(self, worker: _Worker[Item]) -> int | None:
        self._workers.remove(worker)
        worker.pipe.close()
        # One that died by itself has its own exit code; it may be a moment in coming.
        worker.process.join(0.2)
        if worker.process.is_alive():
            worker.process.terminate()
        return _gone(worker.process)


def _gone(process: Any) -> int | None:
    """The exit code of a process that was told to end, ended for good if it does not."""
    process.join(2)
    if process.is_alive():
        process.kill()
        process.join()
    code: int | None = process.exitcode
    process.close()
    return code


def _serve(pipe: Connection, action: Callable[[Any], Any], weary: Callable[[], bool]) -> None:
    """A worker's whole life: it ends when its pipe does."""
    # Ctrl-C reaches the whole group: the parent alone decides. What the native engine prints would spoil the display.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        pipe.send(None)
        while True:
            pipe.send((action(pipe.recv()), weary()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return

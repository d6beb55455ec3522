"""Judging what comes at any moment, by processes that survive a document: one lane a process, one document a lane."""

from __future__ import annotations

import asyncio
import queue
from concurrent.futures import ThreadPoolExecutor

from conformance.examine.judgement import Judgement
from conformance.examine.many import Job, answered, examine_job
from conformance.validation.memory import heavy
from conformance.validation.workers import Workers


class Lanes:
    """``count`` processes, started when first needed; ``timeout``: seconds a document may take."""

    def __init__(self, count: int, timeout: float) -> None:
        self._pools = [Workers[Job, Judgement](examine_job, 1, timeout, weary=heavy) for _ in range(count)]
        self._free: queue.SimpleQueue[Workers[Job, Judgement]] = queue.SimpleQueue()
        for pool in self._pools:
            self._free.put(pool)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="judge")

    async def judge(self, job: Job) -> Judgement:
        """The judgement of a document, once a lane is free for it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._judge, job)

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for pool in self._pools:
            pool.close(at_once=True)

    def _judge(self, job: Job) -> Judgement:
        # As many threads as lanes: one is free whenever a thread asks.
        pool = self._free.get()
        try:
            ((_, answer),) = pool.map([job])
        finally:
            self._free.put(pool)
        return answered(job, answer)

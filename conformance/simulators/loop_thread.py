"""An event loop in a thread of its own, for a service: start means ready, stop joins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

READY_S = 10.0
_Result = TypeVar("_Result")
Serve = Callable[[Callable[[], None], asyncio.Event], Awaitable[None]]


class LoopThread:
    """Runs ``serve(ready, stopping)``: it calls ``ready`` once it accepts connections, and ends after ``stopping``."""

    def __init__(self, name: str, serve: Serve) -> None:
        self._name, self._serve = name, serve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None

    def start(self, where: str) -> None:
        """Return once the service accepts connections; ``where`` names it in the error of one that never does.

        Raises OSError when the port cannot be had, TimeoutError after READY_S.
        """
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        if not self._ready.wait(READY_S):
            raise TimeoutError(f"{where} n’est pas prêt après {READY_S:.0f} s")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End the service; does nothing for one that does not run."""
        if self._loop is not None and self._stopping is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(READY_S)
            self._loop = None

    def call(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run ``work`` in the service's loop, from another thread, and give its result. Raises TimeoutError."""
        if self._loop is None:
            work.close()
            raise RuntimeError("le service n’est pas démarré")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(READY_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except OSError as error:
            self._failure = error
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await self._serve(self._ready.set, self._stopping)

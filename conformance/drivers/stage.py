"""The stage a scenario is played on: a software, the bench around it, and the journal of what crosses the wire.

A live stage starts what it needs when it is first asked for; a replayed one reads a recorded run. Suites cannot tell
them apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.drivers.base import Budget, Driver
from conformance.drivers.dossier import Dossier, DossierDriver
from conformance.drivers.http import HttpDriver
from conformance.drivers.launch import Launched
from conformance.drivers.replay import Recording, ReplayDriver
from conformance.drivers.user_agent import Agent, Requests
from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.vendor import Vendor
from conformance.outcomes import BenchFault, NotRun

if TYPE_CHECKING:
    from conformance.drivers.chromium import Chromium
    from conformance.simulators.bench import Bench


class LiveStage:
    """Plays on a real software, or on the files it handed in."""

    def __init__(self, vendor: Vendor, journal: Journal, folder: Path) -> None:
        self._vendor, self._journal, self._folder = vendor, journal, folder
        self.scenario: str | None = None
        self.budget = Budget(vendor.patience.scenario_s)
        self._driver: Driver | None = None
        self._bench: Bench | None = None
        self._launched: Launched | None = None
        self._chromium: Chromium | None = None
        self._unreachable: str | None = None

    @property
    def driver(self) -> Driver:
        """The way to the software, started at first use. A software that could not start is not tried again."""
        if self._unreachable is not None:
            raise NotRun(self._unreachable)
        if self._driver is None:
            try:
                self._driver = self._open_driver()
            except NotRun as problem:
                self._unreachable = problem.reason
                raise
        return self._driver

    def _open_driver(self) -> Driver:
        config = self._vendor.driver
        if config.kind == "dossier":
            folder = config.folder or self._vendor.dossier
            if folder is None:
                raise BenchFault("le pilote « dossier » n’a pas de dossier : donnez --dossier ou driver.folder")
            return DossierDriver(Dossier.open(folder), self._journal)
        bench = self.bench
        url = config.url or ""
        if config.launch:
            assert bench is not None
            self._launched = Launched(config, bench.file, self._folder, self._vendor.host)
            self._launched.start()
            url = self._launched.url
        return HttpDriver(config, url, self._journal, self._vendor.patience, lambda: self.budget)

    @property
    def bench(self) -> Bench | None:
        """The simulators, started at first use."""
        if self._bench is None:
            from conformance.simulators.bench import Bench

            kept = self._vendor.bench_folder
            folder, ports = kept or self._folder / "banc", dict(self._vendor.ports)
            # The launched software's log goes there, wherever the bench lives.
            self._folder.mkdir(parents=True, exist_ok=True)
            bench = Bench(folder, self._journal, self._vendor.host, ports, keep=kept is not None)
            try:
                bench.start()
            except (OSError, TimeoutError) as error:
                with suppress(OSError):
                    bench.stop()
                raise BenchFault(f"le banc n’a pas pu démarrer : {error}") from None
            self._bench = bench
            self._journal.note("bench", {"services": bench.describe(), "memory": bench.memory})
        return self._bench

    def user_agent(self) -> Agent:
        """What leads the browser leg of a scenario's logins, as the vendor asks. Raises BenchFault without a browser."""
        trust = None if self.bench is None else self.bench.pki.trust
        if self._vendor.driver.browser != "chromium":
            return Requests(trust)
        if self._chromium is None:
            from conformance.drivers.chromium import Chromium

            self._chromium = Chromium(trust)
        return self._chromium.window()

    def authorities(self) -> bytes:
        """The bench's authorities (PEM), written down so that what is judged by them can be judged again."""
        bench = self.bench
        if bench is None:
            raise NotRun("il n’y a pas de banc, donc pas d’autorité à laquelle remonter")
        content = bench.pki.trust.read_bytes()
        self._journal.note("authorities", {"pem": content.decode("ascii")})
        return content

    def exchanges(self, channel: Channel, scenario: str | None = None, key: str | None = None) -> list[Exchange]:
        """What was recorded on a channel so far."""
        return self._journal.exchanges(channel, scenario, key)

    def dossier(self) -> Dossier | None:
        """The folder of proofs, written down in the journal; None when the vendor gives none."""
        if self._vendor.dossier is None:
            return None
        dossier = Dossier.open(self._vendor.dossier)
        dossier.note = self._journal.note
        self._journal.note(
            "dossier",
            {
                "pieces": [piece.to_json() for piece in dossier.pieces],
                "reviews": [review.to_json() for review in dossier.reviews],
                "fault": dossier.fault,
            },
        )
        return dossier

    def close(self) -> None:
        """Stop the driver, the software that was launched, then the bench."""
        closers: list[Callable[[], None]] = []
        closers += [self._chromium.close] if self._chromium else []
        closers += [self._driver.close] if self._driver else []
        closers += [self._launched.stop] if self._launched else []
        closers += [self._bench.stop] if self._bench else []
        for close in closers:
            close()

    def settle(self, ready: Callable[[], bool]) -> bool:
        """Wait for an event for at most ``patience.event_s``."""
        return self._journal.wait(ready, min(self._vendor.patience.event_s, self.budget.left()))

    def silence(self) -> None:
        """Let the time pass after which a silence is believed."""
        time.sleep(min(self._vendor.patience.silence_s, self.budget.left()))

    def pause(self, seconds: float) -> None:
        """Let some time pass."""
        time.sleep(min(seconds, self.budget.left()))

    def asking(self, what: str) -> None:
        """Mark that something is about to be asked of the software: a replay keeps time by these marks."""
        self._journal.note("ask", {"what": what})

    def record(self, exchange: Exchange) -> Exchange:
        """Write down an exchange the stage itself took part in (the browser leg)."""
        return self._journal.exchange(exchange)


class ReplayStage:
    """Plays a recorded run: nothing is started, nothing is written."""

    def __init__(self, vendor: Vendor, folder: Path) -> None:
        self._recording = Recording(folder)
        self.budget = Budget(vendor.patience.scenario_s)
        self._driver = ReplayDriver(self._recording, vendor.driver)

    @property
    def scenario(self) -> str | None:
        """The scenario being judged again."""
        return self._driver.scenario

    @scenario.setter
    def scenario(self, name: str | None) -> None:
        self._driver.scenario = name

    @property
    def driver(self) -> Driver:
        """The recorded software."""
        return self._driver

    @property
    def bench(self) -> Bench | None:
        """None: the recorded exchanges stand for the services."""
        return None

    def authorities(self) -> bytes:
        """The authorities of the bench of the recorded run."""
        return self._recording.authorities(self.scenario)

    def exchanges(self, channel: Channel, scenario: str | None = None, key: str | None = None) -> list[Exchange]:
        """What had been recorded on a channel."""
        return self._recording.exchanges(channel, self.scenario, scenario, key)

    def replayed(self, what: str) -> Exchange:
        """What was recorded of something the stage itself took part in (the browser leg)."""
        return self._recording.ask(self.scenario, what)

    def dossier(self) -> Dossier | None:
        """The folder of proofs as it was when the run was recorded."""
        return self._recording.dossier()

    def close(self) -> None:
        """Nothing to stop."""

    def settle(self, ready: Callable[[], bool]) -> bool:
        """What was to come has come, or never will."""
        return ready()

    def silence(self) -> None:
        """The silence was kept when it was recorded."""

    def pause(self, seconds: float) -> None:
        """The time passed when it was recorded."""


AnyStage = LiveStage | ReplayStage

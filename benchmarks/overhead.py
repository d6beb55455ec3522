"""What the harness costs, as ratios measured in one run on one machine.

1. The automated scenarios of a profile, played by the harness, against a bare script that drives the same reference
   LPS, on the same simulators, with the same requests in the same order and the same waits that the protocols want (a
   token that ends, a professional who confirms), and neither judges nor writes anything.
2. Writing the evidence journal alone, against the same bytes written to one file.

    python benchmarks/overhead.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance import pytest_plugin
from conformance.drivers import browser, services
from conformance.drivers.http import HttpDriver
from conformance.drivers.launch import Launched
from conformance.drivers.stage import LiveStage
from conformance.journal import Journal, read_exchange, read_segment, segments
from conformance.model.vendor import load_vendor
from conformance.simulators.annuaire import Annuaire
from conformance.simulators.bench import Bench
from conformance.simulators.dmp import Dmp
from conformance.simulators.insi import Insi
from conformance.simulators.mss import Mss
from conformance.simulators.mss.autoconfig import Autoconfig
from conformance.simulators.pam import Pam
from conformance.simulators.psc import Psc

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "vendor_configs" / "reference.yaml"
Step = tuple[str, Any]


class NoJournal:
    """Stands where the journal does and keeps nothing."""

    scenario = None

    def exchange(self, exchange: Any) -> Any:
        return exchange


SERVICES: dict[str, tuple[type, str]] = {
    "insi": (Insi, "answers verifies fault clear"),
    "dmp": (Dmp, "open close fault clear grant seed"),
    "psc": (Psc, "mutate live end_sessions clear"),
    "mss": (Mss, "deliver fail present cut_imap clear"),
    "annuaire": (Annuaire, "publish withdraw fault spoil clear"),
    "autoconfig": (Autoconfig, "announce"),
    "pam": (Pam, "fault clear"),
}
"""What the suites have each service of the bench do, noted where it does it, by its name in the bench."""


@contextmanager
def listening(steps: list[Step]) -> Iterator[None]:
    """Note, in order, everything the suites ask of the software and of the bench, and the time that they let pass."""
    patched: list[tuple[Any, str, Any]] = []

    def listen(owner: Any, name: str, note: Callable[..., Step]) -> None:
        original = getattr(owner, name)

        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            # A service may do the same by itself, from a thread of its own, when the software calls it.
            if threading.current_thread() is threading.main_thread():
                steps.append(note(*args, **kwargs))
            return original(self, *args, **kwargs)

        patched.append((owner, name, original))
        setattr(owner, name, noted)

    for service, (owner, names) in SERVICES.items():
        for name in names.split():
            listen(owner, name, lambda *a, _what=f"{service}.{name}", **k: (_what, (a, k)))
    listen(services.DmpService, "withdraws", lambda person, unique_id: ("withdraw", (person, unique_id)))
    listen(browser.Browser, "log_in", lambda url: ("log_in", url))
    listen(browser.Browser, "open", lambda url: ("visit", url))
    listen(LiveStage, "pause", lambda seconds: ("pause", seconds))
    listen(HttpDriver, "_send", lambda *request: ("ask", request[:4]))
    try:
        yield
    finally:
        for owner, name, original in patched:
            setattr(owner, name, original)


def harness(folder: Path, steps: list[Step]) -> float:
    """Play the automated scenarios with the harness; gives the seconds taken."""
    began = time.perf_counter()
    with listening(steps), Path(os.devnull).open("w") as nowhere:
        kept, sys.stdout = sys.stdout, nowhere
        try:
            code = pytest.main(
                [
                    "-q",
                    "-p",
                    "no:cacheprovider",
                    "-p",
                    "conformance.pytest_plugin",
                    "-p",
                    "no:xdist",
                    "-W",
                    "ignore::pytest.PytestAssertRewriteWarning",
                    f"--rootdir={ROOT}",
                    f"--vendor={VENDOR}",
                    f"--run-dir={folder}",
                    "--method=live",
                    "--method=artefact",
                    str(pytest_plugin.SUITES),
                ]
            )
        finally:
            sys.stdout = kept
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"the harness run ended with {code!r}")
    return time.perf_counter() - began


class Bare:
    """Drives the same software through the same steps, with nothing around."""

    def __init__(self, folder: Path, answers: list[dict[str, Any]]) -> None:
        self._folder, self._answers, self._names = folder, answers, dict[str, str]()
        self._session, self._sent_to = requests.Session(), ""
        self._session.trust_env = False

    def play(self, steps: list[Step]) -> float:
        began = time.perf_counter()
        vendor = load_vendor(VENDOR)
        bench = Bench(self._folder / "banc", NoJournal())  # type: ignore[arg-type]
        bench.start()
        launched = Launched(vendor.driver, bench.file, self._folder)
        launched.start()
        try:
            answers = iter(self._answers)
            for what, value in steps:
                self._step(bench, launched.url, what, value, answers)
        finally:
            launched.stop()
            bench.stop()
        return time.perf_counter() - began

    def _step(self, bench: Bench, url: str, what: str, value: Any, answers: Iterator[dict[str, Any]]) -> None:
        if what == "ask":
            method, path, content, sent = value
            answer = self._session.request(
                method,
                url + self._renamed(path),
                data=self._renamed(content.decode()).encode(),
                headers=sent,
                timeout=60,
            )
            self._learn(next(answers), answer)
        elif what in ("log_in", "visit"):
            # Where the software has just sent its user, when the address is not word for word one that it gave.
            self._browse(bench, self._names.get(value) or self._sent_to, submit=what == "log_in")
        elif what == "withdraw":
            person, unique_id = value
            for entry in bench.dmp.documents(person.matricule):
                if entry.unique_id == unique_id:
                    bench.dmp.remove(entry)
        elif what == "pause":
            time.sleep(value)
        else:
            service, method = what.split(".")
            getattr(getattr(bench, service), method)(*value[0], **value[1])

    def _browse(self, bench: Bench, url: str, *, submit: bool) -> None:
        from lxml import html

        visitor = requests.Session()
        visitor.trust_env, visitor.verify = False, str(bench.pki.trust)
        page = visitor.get(url, timeout=60)
        forms: Any = html.document_fromstring(page.content).forms if submit and page.content else []  # type: ignore[attr-defined]
        if forms and page.ok:
            visitor.post(
                requests.compat.urljoin(page.url, forms[0].action or ""), data=dict(forms[0].form_values()), timeout=60
            )

    def _renamed(self, text: str) -> str:
        for old, new in self._names.items():
            if old in text:
                text = text.replace(old, new)
        return text

    def _learn(self, recorded: dict[str, Any], answer: requests.Response) -> None:
        """The software draws new identifiers each time: remember which stands for which."""
        if "json" in answer.headers.get("Content-Type", ""):
            fresh = answer.json()
            for name in ("id", "session", "url"):
                if isinstance(fresh, dict) and isinstance(recorded.get(name), str) and isinstance(fresh.get(name), str):
                    self._names[recorded[name]] = fresh[name]
                    self._sent_to = fresh[name] if name == "url" else self._sent_to


def recorded_answers(folder: Path) -> list[dict[str, Any]]:
    """The answers of the software to each action, in order; {} for a file or a silence."""
    found = []
    for path in segments(folder):
        for entry in read_segment(path):
            if (
                entry["kind"] == "exchange"
                and entry["data"]["channel"] == "pilote"
                and entry["data"]["operation"] != "navigateur"
            ):
                response = read_exchange(folder, entry).response
                try:
                    data = json.loads(response.body) if response else {}
                except ValueError:
                    data = {}
                found.append(data if isinstance(data, dict) else {})
    return found


def journal_alone(folder: Path, run: Path) -> tuple[float, float, int]:
    """Seconds to write a run's exchanges through the journal, seconds to write their bytes to one file, how many."""
    exchanges = [
        read_exchange(run, entry)
        for path in segments(run)
        for entry in read_segment(path)
        if entry["kind"] == "exchange"
    ]
    began = time.perf_counter()
    journal = Journal(folder / "journal-seul")
    for exchange in exchanges:
        journal.exchange(exchange)
    journal.close()
    with_journal = time.perf_counter() - began
    began = time.perf_counter()
    with (folder / "octets").open("wb") as file:
        for exchange in exchanges:
            file.write(exchange.request.body + (exchange.response.body if exchange.response else b""))
            file.flush()
    return with_journal, time.perf_counter() - began, len(exchanges)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how many times each side is measured (default 3)")
    rounds = parser.parse_args().rounds
    harness_s, bare_s = [], []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for number in range(rounds):
            steps: list[Step] = []
            run = folder / f"harness-{number}"
            harness_s.append(harness(run, steps))
            bare_s.append(Bare(folder / f"bare-{number}", recorded_answers(run)).play(steps))
        journal_s, file_s, count = journal_alone(folder, run)
    whole, floor = statistics.median(harness_s), statistics.median(bare_s)
    print(
        f"whole profile, automated scenarios : harness {whole:.2f} s, bare script {floor:.2f} s, ratio {whole / floor:.2f} (goal ≤ 2)"
    )
    print(
        f"journal alone, {count} exchanges    : {journal_s * 1000:.0f} ms, one flat file {file_s * 1000:.0f} ms, ",
        end="",
    )
    print(f"{journal_s / whole:.1%} of the whole profile")


if __name__ == "__main__":
    main()

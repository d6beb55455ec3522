"""What the terminal shows while a run goes on: verdicts, where pytest would show dots.

``--view pytest`` leaves pytest’s own output alone; ``live`` draws a table, ``lignes`` writes one line for each scenario
that is not conforming; ``auto`` is live on a terminal, lines elsewhere. pytest’s reporter is not taken away but made
silent: assertion messages, pytest-xdist and the debugger ask for it by name.
"""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

import pytest

from conformance.fixtures import RUN
from conformance.model.verdict import Verdict
from conformance.reporting.text import prose, visible

VIEWS = ("auto", "live", "lignes", "pytest")
_NAME = "segur-vue"
_SHOWN_APART = (Verdict.NON_CONFORME, Verdict.ERREUR_BANC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--view``; the command line asks for auto, plain pytest for its own output."""
    group = parser.getgroup("segur", "Conformité Ségur")
    group.addoption("--view", choices=VIEWS, default="pytest", help="ce que montre le terminal (défaut : pytest)")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put the view that was asked for in the place of pytest’s reporter.

    Last, since the reporter must be there; yet before pytest-xdist, which looks for it just as late, because a plugin
    named by ``-p`` is known before the installed ones and late hooks run in that order.
    """
    asked = config.getoption("view")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if asked == "pytest" or config.option.collectonly or reporter is None or hasattr(config, "workerinput"):
        return
    config.pluginmanager.unregister(reporter)
    config.pluginmanager.register(pytest.TerminalReporter(config, _Nowhere()), "terminalreporter")
    stream = _utf8(sys.stdout)
    live = asked == "live" or (asked == "auto" and stream.isatty() and not in_ci(os.environ))
    view = LiveView(config, stream) if live else View(config, stream)
    config.pluginmanager.register(view, _NAME)


class _Nowhere(io.StringIO):
    """Where pytest’s own lines go."""

    def write(self, text: str, /) -> int:
        """Forget it."""
        return len(text)


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether a continuous integration service says it is running us."""
    return environment.get("CI", "").lower() not in ("", "0", "false", "no")


def _utf8(stream: TextIO) -> TextIO:
    """A console that cannot write « é » or « ✓ » must not end the run."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    return stream


class View:
    """Plain lines: each non-conformity and bench fault at once, the progress at every tenth, then what is left to
    verify or examine, gathered by reason.
    """

    def __init__(self, config: pytest.Config, stream: TextIO) -> None:
        self._config, self._stream = config, stream
        self.total, self.done = 0, 0
        self.counts: Counter[Verdict] = Counter()
        self._failed: dict[str, str] = {}
        self._left: dict[tuple[Verdict, str], list[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """How many tests there are, in a run of one process."""
        self._begin(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """How many tests there are, told by each worker of a distributed run."""
        if self.total != len(ids):
            self._begin(len(ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the verdicts of a test that is over; a worker that died reports a phase of its own, ``???``."""
        if report.failed:
            self._failed[report.nodeid] = report.longreprtext
        if report.when in ("setup", "call"):
            return
        self.done += 1
        verdicts = list(_verdicts(report))
        for scenario, verdict, reason in verdicts:
            self.counts[verdict] += 1
            self._scenario(scenario, verdict, reason)
        if report.nodeid in self._failed and not verdicts:
            self._block(f"Échec hors scénario : {report.nodeid}", self._failed[report.nodeid])
        self._failed.pop(report.nodeid, None)
        self._progress()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be read is told in full."""
        if report.failed:
            self._block(f"Erreur du banc : suite illisible : {report.nodeid}", report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> bool:
        """A fault of pytest or of a plugin is told in full, on the error stream."""
        self._end()
        sys.stderr.write(f"Erreur du banc : faute interne\n{visible(str(excrepr))}\n")
        return True

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """The user interrupted, or the collection failed."""
        by_hand = type(excinfo.value) is KeyboardInterrupt
        self._line("Interrompu : « --resume dernier » reprendra." if by_hand else f"Arrêt : {excinfo.value}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Say the counts."""
        self._end()
        for (verdict, reason), scenarios in self._left.items():
            self._line(group_line(scenarios, verdict, reason))
        if self.done:
            self._line(f"{self.done}/{self.total} joués : {told(self.counts)}")

    def pytest_unconfigure(self) -> None:
        """Give the terminal back, whatever happened."""
        self._end()

    def _begin(self, total: int) -> None:
        self.total = total
        self._line(f"{total} test{'s' if total > 1 else ''} à jouer")

    def _scenario(self, scenario: str, verdict: Verdict, reason: str) -> None:
        if verdict in _SHOWN_APART:
            self._line(scenario_line(scenario, verdict, reason))
        elif verdict is not Verdict.CONFORME:
            # What is missing differs from one to the next; the reason before it is what gathers them.
            self._left.setdefault((verdict, reason.partition(" ; ")[0]), []).append(scenario)

    def _progress(self) -> None:
        if self.total >= 10 and self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
            self._line(f"… {self.done * 100 // self.total} % ({self.done}/{self.total}) : {told(self.counts)}")

    def _block(self, title: str, text: str) -> None:
        self._line(title)
        self._line("\n".join(f"  {line}" for line in text.splitlines()))

    def _line(self, text: str) -> None:
        self._stream.write("\n".join(visible(prose(line)) for line in text.split("\n")) + "\n")
        self._stream.flush()

    def _end(self) -> None:
        """Nothing is held open by lines."""


class LiveView(View):
    """A table of sections by verdicts under which the progress and the test being played are drawn again at each event.

    Drawn at events only, never from a thread: while a test runs, pytest holds the standard output.
    """

    def __init__(self, config: pytest.Config, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(config, stream)
        self._sections: dict[str, Counter[Verdict]] = {}
        self._playing = ""
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._draw,
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test starts."""
        self._playing = nodeid.rpartition("::")[2]
        self._refresh()

    def _begin(self, total: int) -> None:
        self.total = total
        self._live.start()
        self._refresh()

    def _scenario(self, scenario: str, verdict: Verdict, reason: str) -> None:
        self._sections.setdefault(self._section(scenario), Counter())[verdict] += 1
        if verdict in _SHOWN_APART:
            self._line(scenario_line(scenario, verdict, reason))

    def _section(self, scenario: str) -> str:
        running = self._config.stash.get(RUN, None)
        planned = None if running is None else running.plan.find(scenario)
        return "—" if planned is None else planned.requirement.section

    def _progress(self) -> None:
        self._refresh()

    def _line(self, text: str) -> None:
        self._console.print("\n".join(visible(prose(line)) for line in text.split("\n")), soft_wrap=True)

    def _refresh(self) -> None:
        if self._live.is_started:
            self._live.refresh()

    def _end(self) -> None:
        self._playing = ""
        if self._live.is_started:
            self._live.stop()

    def _draw(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table("Section", box=None, padding=(0, 1))
        for verdict in Verdict:
            table.add_column(Text(f"{verdict.symbol} {verdict.label}", style=_STYLES[verdict]), justify="right")
        for section, counts in self._sections.items():
            table.add_row(section, *(Text(str(counts[verdict] or "·"), style=_STYLES[verdict]) for verdict in Verdict))
        bar = ProgressBar(total=max(self.total, 1), completed=self.done, width=40)
        state = Text(f"{self.done}/{self.total}  {visible(self._playing)}", overflow="ellipsis", no_wrap=True)
        return Group(table, bar, state)


_STYLES = {
    Verdict.ERREUR_BANC: "magenta",
    Verdict.NON_CONFORME: "bold red",
    Verdict.A_EXAMINER: "cyan",
    Verdict.NON_VERIFIE: "yellow",
    Verdict.NON_APPLICABLE: "dim",
    Verdict.CONFORME: "green",
}


def scenario_line(scenario: str, verdict: Verdict, reason: str) -> str:
    """One line for one scenario: symbol, verdict, id, reason."""
    return f"{verdict.symbol} {verdict.label:<14}  {scenario}  {' '.join(reason.split())}".rstrip()


def group_line(scenarios: Sequence[str], verdict: Verdict, reason: str) -> str:
    """One line for the scenarios that came to one verdict for one reason, the first few named."""
    if len(scenarios) == 1:
        return scenario_line(scenarios[0], verdict, reason)
    named = ", ".join(scenarios[:3]) + (f" et {len(scenarios) - 3} de plus" if len(scenarios) > 3 else "")
    return f"{verdict.symbol} {verdict.label:<14}  {len(scenarios)} scénarios ({named})  {' '.join(reason.split())}".rstrip()


def told(counts: Mapping[Verdict, int]) -> str:
    """The counts that are not zero, in words, conforming first."""
    said = [
        f"{verdict.symbol} {verdict.label} {counts[verdict]}" for verdict in reversed(Verdict) if counts.get(verdict)
    ]
    return ", ".join(said) or "aucun verdict"


def _verdicts(report: pytest.TestReport) -> Iterator[tuple[str, Verdict, str]]:
    """The verdicts that the plugin left on a report; a worker sends them as plain lists."""
    for name, value in report.user_properties:
        if name == "segur" and isinstance(value, Sequence):
            scenario, verdict, reason = value
            yield str(scenario), Verdict(verdict), str(reason)

"""Playing a run through pytest, in this process, and telling what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.cli.codes import BENCH, CONFORMING, INCOMPLETE, NON_CONFORMING, USAGE, filtered
from conformance.cli.summary import summary
from conformance.cli.view import say
from conformance.pytest_plugin import SUITES
from conformance.runs import RunRequest, open_run

if TYPE_CHECKING:
    from conformance.runs import Run

_GRAVEST_FIRST = (NON_CONFORMING, USAGE, BENCH, INCOMPLETE, CONFORMING)
# Installed beside us by chance, these reorder the tests, play them twice or draw over the view.
_UNWANTED = ("cacheprovider", "allure_pytest", "randomly", "rerunfailures", "sugar")


@dataclass(frozen=True, slots=True)
class Playing:
    """How to play: number of worker processes (pytest-xdist’s ``-n``), view, exit codes that count, reports or not.

    ``waivers`` is a file of known deviations, ``baseline`` the folder of a run whose non-conformities are known.
    """

    workers: str | None = None
    view: str = "auto"
    fail_on: frozenset[int] = frozenset({NON_CONFORMING, BENCH, INCOMPLETE})
    report: bool = True
    waivers: Path | None = None
    baseline: Path | None = None


@dataclass
class _Watch:
    """Hears what neither run.json nor pytest’s exit status tells: a harness that broke, a user who interrupted."""

    broken: bool = field(default=False)
    interrupted: bool = field(default=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.broken = self.broken or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        self.broken = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # pytest ends a failed collection by the same hook, with an exception of its own.
        self.interrupted = self.interrupted or type(excinfo.value) is KeyboardInterrupt


def play(request: RunRequest, playing: Playing) -> int:
    """Play what is asked and print the summary; gives the process’s exit code.

    Raises DataError before anything is written.
    """
    from conformance.cli.complete import complete, known_before
    from conformance.reporting.gate import gate

    known_before(playing)
    run = open_run(request, fresh=False)
    if run.only is not None and not run.only:
        say("La dernière exécution n’a aucun scénario non conforme ni en erreur : il n’y a rien à rejouer.")
        return CONFORMING
    watch = _Watch()
    status = pytest.main([*_fixed_words(playing), *_asked_words(request, run), str(SUITES)], plugins=[watch])
    if status == pytest.ExitCode.USAGE_ERROR:
        return USAGE
    path = run.folder / "run.json"
    if not path.is_file():
        say(f"Erreur du banc : l’exécution n’a pas pu être assemblée dans {run.folder}", error=True)
        return BENCH
    document = complete(run, playing.waivers)
    if playing.report and not write_reports(path):
        watch.broken = True
    say(summary(document, run.folder))
    found = gate(document, known_before(playing))
    if playing.waivers is not None or playing.baseline is not None:
        say("\n".join(found.lines()))
    code = _gravest(found.code, watch)
    # An interrupted run has no verdict to be filtered: it never ends the process with a zero.
    return code if watch.interrupted else filtered(code, playing.fail_on)


def write_reports(run_json: Path) -> bool:
    """Write every report beside a run.json; whether it could be done. Why not is told."""
    from conformance.reporting import DEFAULT, ReportError, report

    try:
        report(run_json, (*DEFAULT, "allure-html"), say)
    except ReportError as problem:
        say(f"Erreur du banc : rapports non écrits : {problem}", error=True)
        return False
    return True


def _gravest(code: int, watch: _Watch) -> int:
    codes = {code, *([BENCH] if watch.broken else []), *([INCOMPLETE] if watch.interrupted else [])}
    return next(known for known in _GRAVEST_FIRST if known in codes)


def _fixed_words(playing: Playing) -> list[str]:
    """What does not depend on the run. No configuration file is read: the user’s folder may hold somebody else’s."""
    words = ["-c", os.devnull, "--rootdir", str(SUITES.parent.parent), "--confcutdir", str(SUITES)]
    words += ["--import-mode=importlib", "-p", "conformance.pytest_plugin", "-p", "conformance.terminal"]
    # The plugin is imported already, by us: pytest need not say that it comes too late to rewrite its assertions.
    words += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    for plugin in _UNWANTED:
        words += ["-p", f"no:{plugin}"]
    if playing.workers is not None:
        words += ["-n", playing.workers, "--dist", "loadgroup"]
    return [*words, "--view", playing.view]


def _asked_words(request: RunRequest, run: Run) -> list[str]:
    words: list[str] = []
    for option in ("vendor", "profile", "driver", "dossier", "resume", "replay", "seed"):
        value = getattr(request, option)
        words += [] if value is None else [f"--{option}", str(value)]
    for option, values in (("requirement", request.ids), ("section", request.sections), ("method", request.methods)):
        for value in values:
            words += [f"--{option}", value]
    words += ["--failed"] if request.failed else []
    return words if request.resume is not None else [*words, "--run-dir", str(run.folder)]

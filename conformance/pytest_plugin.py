"""The only module that knows both pytest and the plan: it binds tests to scenarios and turns outcomes into verdicts."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance import fixtures
from conformance.assemble import write_run
from conformance.drivers.stage import LiveStage, ReplayStage
from conformance.fixtures import RUN, Running
from conformance.journal import Journal
from conformance.model.plan import Plan, Planned
from conformance.model.profile import load_catalogue, load_profile, profile_ids
from conformance.model.verdict import Verdict
from conformance.model.yamlfile import DataError, closest
from conformance.outcomes import Accepted, BenchFault, Ledger, NonConforming, Outcome, judging
from conformance.recorder import Recorder, Result, read_results
from conformance.runs import Run, RunRequest, open_run
from conformance.verifies import ATTRIBUTE

SUITES = Path(__file__).resolve().parent / "suites"
_REQUEST: pytest.StashKey[Run] = pytest.StashKey()
_ALLURE: pytest.StashKey[str | None] = pytest.StashKey()
_PLANNED: pytest.StashKey[tuple[Planned, ...]] = pytest.StashKey()
_TAKE: pytest.StashKey[Take] = pytest.StashKey()


class Take:
    """One test being played: its ledger and the verdict it is coming to."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.verdict: Verdict | None = None
        self.reason = ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, the same for ``pytest`` and for ``run``."""
    group = parser.getgroup("segur", "Conformité Ségur")
    group.addoption(
        "--vendor", metavar="FICHIER", help="configuration de l’éditeur : un fichier, ou un nom de vendor_configs/"
    )
    group.addoption("--profile", metavar="ID", help="profil, par exemple wave1/doctors (défaut : celui de l’éditeur)")
    group.addoption("--driver", choices=("http", "dossier"), help="pilote à employer au lieu de celui de l’éditeur")
    group.addoption("--dossier", metavar="DOSSIER", help="dossier de preuves ou de fichiers à juger")
    group.addoption("--requirement", action="append", default=[], metavar="ID", help="exigence ou scénario (répétable)")
    group.addoption(
        "--section", action="append", default=[], metavar="SECTION", help="section, par exemple INS (répétable)"
    )
    group.addoption("--method", action="append", default=[], help="live, artefact, evidence ou attestation (répétable)")
    group.addoption("--failed", action="store_true", help="seulement ce qui n’était pas conforme la dernière fois")
    group.addoption("--resume", metavar="DOSSIER", help="reprendre une exécution interrompue")
    group.addoption("--replay", metavar="DOSSIER", help="juger de nouveau une exécution enregistrée, sans logiciel")
    group.addoption("--run-dir", metavar="DOSSIER", help="où écrire cette exécution (défaut : reports/…)")
    group.addoption("--seed", type=int, default=None, help="graine des identités inventées")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Open the run when one is asked for; otherwise stay out of the way.

    Before allure-pytest: what ``--alluredir`` asks for is written from the run itself, with its stable identifiers.
    """
    config.pluginmanager.register(fixtures, "conformance.fixtures")
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    option = config.option
    if not (option.vendor or option.replay or option.resume):
        return
    request = RunRequest(
        vendor=option.vendor,
        profile=option.profile,
        driver=option.driver,
        dossier=option.dossier,
        ids=tuple(option.requirement),
        sections=tuple(option.section),
        methods=tuple(option.method),
        failed=option.failed,
        resume=option.resume,
        replay=option.replay,
        folder=worker["segur_folder"] if worker else option.run_dir,
        seed=worker["segur_seed"] if worker else option.seed,
    )
    try:
        run = open_run(request, fresh=worker is None)
    except DataError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_REQUEST] = run
    config.stash[_ALLURE] = getattr(option, "allure_report_dir", None)
    option.allure_report_dir = None
    _play_on(config, run, "main" if worker is None else worker["workerid"])


def _play_on(config: pytest.Config, run: Run, writer: str) -> None:
    if run.replays is not None:
        stage: LiveStage | ReplayStage = ReplayStage(run.plan.vendor, run.replays)
        recorder = Recorder(run.folder, writer, None)
    else:
        journal = Journal(run.folder, writer, run.plan.vendor.secrets)
        stage = LiveStage(run.plan.vendor, journal, run.folder / "travail" / writer)
        recorder = Recorder(run.folder, writer, journal)
    config.stash[RUN] = Running(run.plan, run.seed, stage, recorder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker which run it works for."""
    if run := node.config.stash.get(_REQUEST, None):
        node.workerinput["segur_folder"] = str(run.folder)
        node.workerinput["segur_seed"] = run.seed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give ``test_evidence`` every scenario of the plan; those that a test judges are taken away afterwards."""
    if "evidence_scenario" in metafunc.fixturenames:
        run = metafunc.config.stash.get(_REQUEST, None)
        names = [item.scenario.id for item in run.plan.items] if run else []
        metafunc.parametrize("evidence_scenario", names)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bind each test to the scenarios of the plan, and keep only what was asked for."""
    suite = [item for item in items if SUITES in item.path.parents]
    if not suite:
        return
    run = config.stash.get(_REQUEST, None)
    if run is None:
        raise pytest.UsageError("ces suites jugent un logiciel : ajoutez --vendor vendor_configs/reference.yaml")
    for item in suite:
        item.stash[_PLANNED] = _bind(item, run.plan)
    judged = {planned.scenario.id for item in suite if not _is_evidence(item) for planned in item.stash[_PLANNED]}
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        wanted = SUITES not in item.path.parents or _wanted(item, run, judged)
        (kept if wanted else dropped).append(item)
    if run.plan.vendor.shared and config.pluginmanager.hasplugin("xdist"):
        for item in kept:
            item.add_marker(pytest.mark.xdist_group("logiciel"))
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)


def _bind(item: pytest.Item, plan: Plan) -> tuple[Planned, ...]:
    if _is_evidence(item):
        names: Iterable[str] = (item.callspec.params["evidence_scenario"],)  # type: ignore[attr-defined]
    else:
        names = getattr(getattr(item, "function", None), ATTRIBUTE, ())
        if not names:
            raise pytest.UsageError(f"{item.nodeid} : un test d’une suite nomme son scénario avec @verifies(…)")
    for name in names:
        if name not in _shared_ids() and plan.find(name) is None and name not in _own_ids():
            hint = closest(name, _shared_ids() | _own_ids())
            raise pytest.UsageError(f"{item.nodeid} : scénario inconnu « {name} »{f' ; {hint}' if hint else ''}")
    found = [planned for name in names if (planned := plan.find(name)) is not None]
    # A profile may ask for a proof where another has a machine judge: the dossier is then what counts.
    return tuple(one for one in found if _is_evidence(item) or one.scenario.method.automatic)


@cache
def _shared_ids() -> frozenset[str]:
    """The scenarios written with their requirement."""
    return frozenset(one.id for requirement in load_catalogue().values() for one in requirement.scenarios)


@cache
def _own_ids() -> frozenset[str]:
    """The scenarios of the shipped profiles, those that one of them alone words included; read only when one is sought."""
    found = (requirement for name in profile_ids() for requirement in load_profile(name).requirements)
    return frozenset(scenario.id for requirement in found for scenario in requirement.scenarios)


def _is_evidence(item: pytest.Item) -> bool:
    return "evidence_scenario" in getattr(getattr(item, "callspec", None), "params", {})


def _wanted(item: pytest.Item, run: Run, judged: set[str]) -> bool:
    planned = item.stash[_PLANNED]
    if _is_evidence(item) and planned[0].scenario.id in judged:
        return False
    return any(one.excluded is None and run.takes(one) for one in planned)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Open the scenario's ledger around its set-up, its test and its tear-down."""
    if _PLANNED not in item.stash:
        return (yield)
    running = item.config.stash[RUN]
    first = item.stash[_PLANNED][0]
    running.planned, running.stage.scenario = first, first.scenario.id
    running.stage.budget = type(running.stage.budget)(running.plan.vendor.patience.scenario_s)
    running.recorder.begin(first.scenario.id, item.nodeid)
    with ExitStack() as stack:
        item.stash[_TAKE] = Take(stack.enter_context(judging()))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn how each phase ended into a verdict, and how pytest shows it."""
    take = item.stash.get(_TAKE, None)
    if take is None:
        return (yield)
    _weigh(take, call, item)
    if call.when == "teardown":
        _finish(item, take)
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, Outcome):
        _show(report, call.excinfo.value, item)
    return report


def _weigh(take: Take, call: pytest.CallInfo[None], item: pytest.Item) -> None:
    if call.excinfo is None:
        if call.when == "call":
            take.verdict = Verdict.CONFORME
            if not take.ledger.judged:
                take.verdict = Verdict.ERREUR_BANC
                take.reason = "le test n’a rien jugé : il n’a pas appelé « require »"
        return
    error = call.excinfo.value
    if isinstance(error, Outcome):
        if take.verdict in (None, Verdict.CONFORME):
            take.verdict, take.reason = error.verdict, error.reason
        return
    if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
        take.verdict, take.reason = Verdict.NON_VERIFIE, "exécution interrompue"
        return
    if isinstance(error, pytest.skip.Exception):
        take.verdict, take.reason = Verdict.NON_VERIFIE, str(error)
        return
    where = f"{Path(call.excinfo.traceback[-1].path).name}, ligne {call.excinfo.traceback[-1].lineno + 1}"
    take.verdict = Verdict.ERREUR_BANC
    take.reason = f"faute du banc ({call.when}) : {type(error).__name__} : {error} ({where})"


def _finish(item: pytest.Item, take: Take) -> None:
    running = item.config.stash[RUN]
    verdict = take.verdict or Verdict.ERREUR_BANC
    for planned in item.stash[_PLANNED]:
        result = Result(
            scenario=planned.scenario.id,
            verdict=verdict if planned.excluded is None else Verdict.NON_APPLICABLE,
            reason=take.reason if planned.excluded is None else planned.excluded,
            mode=take.ledger.mode,
            findings=tuple(take.ledger.findings),
            pieces=tuple(take.ledger.pieces),
            reviews=tuple(take.ledger.reviews),
            test=item.nodeid.removesuffix("@logiciel"),  # what pytest-xdist adds for its groups
        )
        running.recorder.end(result)
        item.user_properties.append(("segur", (planned.scenario.id, result.verdict.value, result.reason)))
    running.stage.scenario = None


def _show(report: pytest.TestReport, outcome: Outcome, item: pytest.Item) -> None:
    if isinstance(outcome, NonConforming):
        report.outcome = "failed"
        report.longrepr = "\n".join(str(finding) for finding in outcome.findings)
    elif isinstance(outcome, BenchFault):
        report.outcome = "failed"
        report.longrepr = f"{outcome.verdict.value} : {outcome.reason}"
    elif isinstance(outcome, Accepted):
        report.outcome, report.longrepr = "passed", None
    else:
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"{outcome.verdict.value} : {outcome.reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Stop the stage; the controller then puts the run together."""
    running = session.config.stash.get(RUN, None)
    if running is None:
        return
    running.stage.close()
    if running.recorder.journal is not None:
        running.recorder.journal.close()
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    if exitstatus == pytest.ExitCode.USAGE_ERROR:
        return
    run = session.config.stash[_REQUEST]
    path = write_run(run, read_results(run.folder), interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
    if asked := session.config.stash[_ALLURE]:
        from conformance.reporting import load
        from conformance.reporting.allure import write_allure

        write_allure(load(path), run.folder, Path(asked))

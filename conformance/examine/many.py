"""Judging many files, shared between processes that survive a document."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePath

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import open_zip
from conformance.validation.workers import Lost

from .intake import kind_of_file, taken_in
from .judgement import LABELS, Judgement
from .one import OFFICE, examine, once, set_aside, told_of_members

_MANY = 4


@dataclass(frozen=True, slots=True)
class _Job:
    """A file to judge, or a member of the zip that is the file ``group``."""

    group: int
    name: str
    content: Path | bytes
    as_kind: str | None = None
    member: bool = False


def examine_all(
    files: Sequence[tuple[str, Path]], as_kind: str | None = None, *, workers: int = 2, timeout: float = 60.0
) -> Generator[Judgement, None, None]:
    """Judge many files, each as :func:`examine` does, in order; what is said of the pack is said once for all.

    From four documents on, and when the agency's pack is at hand, ``workers`` processes share the work, the members
    of a zip included; a document that ends its process or takes more than ``timeout`` seconds is said, the others are
    judged. One worker: all is judged in this process, without a time limit.
    """
    said: set[tuple[str | None, ...]] = set()
    for judgement in _judged(files, as_kind, workers, timeout):
        yield replace(judgement, findings=tuple(once(judgement.findings, said)))


def _judged(
    files: Sequence[tuple[str, Path]], as_kind: str | None, workers: int, timeout: float
) -> Iterator[Judgement]:
    if workers < 2 or not _worth_it(files):
        yield from (examine(name, path, as_kind) for name, path in files)
        return
    from conformance.validation.workers import Workers

    with Workers(_examine_job, workers, timeout) as pool:
        answers = pool.map(_jobs(files, as_kind))
        for group, parts in groupby(answers, key=lambda answer: answer[0].group):
            judged = [(job, _answer(job, answer)) for job, answer in parts]
            yield _whole(files[group], judged) if judged[0][0].member else judged[0][1]


def _worth_it(files: Sequence[tuple[str, Path]]) -> bool:
    """Whether there are four documents at least and a pack to judge them by."""
    from conformance.validation.packs import Pack, open_pack

    if len(files) < _MANY and not any(_kept_members(name, path, _MANY) for name, path in files):
        return False
    return isinstance(open_pack(), Pack)


def _jobs(files: Sequence[tuple[str, Path]], as_kind: str | None) -> Iterator[_Job]:
    for group, (name, path) in enumerate(files):
        members = _kept_members(name, path) if as_kind in (None, "zip") else {}
        for member, content in members.items():
            yield _Job(group, member, content, member=True)
        if not members:
            yield _Job(group, name, path, as_kind)


def _kept_members(name: str, path: Path, least: int = 1) -> dict[str, bytes]:
    """The files of a plain zip that has ``least`` at least; nothing of anything else."""
    if PurePath(name).suffix.lower() != ".zip":
        return {}
    data = taken_in(name, path)[2]
    if isinstance(data, Finding) or kind_of_file(name, data) != "zip":
        return {}
    files = open_zip(name, data)
    return files if isinstance(files, dict) and len(files) >= least and OFFICE.isdisjoint(files) else {}


def _examine_job(job: _Job) -> Judgement:
    return examine(job.name, job.content, job.as_kind)


def _answer(job: _Job, answer: Judgement | Lost) -> Judgement:
    if not isinstance(answer, Lost):
        return answer
    sha256, size, data = taken_in(job.name, job.content)
    kind = job.as_kind or ("other" if isinstance(data, Finding) else kind_of_file(job.name, data))
    finding = Finding(
        "file/engine",
        "Le moteur a échoué sur ce fichier : on ne sait rien de sa conformité.",
        Severity.WARNING,
        Location(job.name),
        observed=answer.reason,
        fix="Juger ce fichier seul ; si l’échec se répète, le signaler avec un exemple fictif.",
    )
    return Judgement(job.name, kind, LABELS[kind], sha256, size, (finding,), judged=False)


def _whole(file: tuple[str, Path], members: list[tuple[_Job, Judgement]]) -> Judgement:
    """The judgement of a zip, from those of its members."""
    name, path = file
    sha256, size, _ = taken_in(name, path)
    told = list(told_of_members(name, ((job.name, judgement) for job, judgement in members)))
    return Judgement(name, "zip", LABELS["zip"], sha256, size, tuple(told), not set_aside(told))

"""Judging many files, shared between processes that survive a document."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePath

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.archive import list_zip, open_zip
from conformance.validation.workers import Lost

from .intake import kind_of_file, taken_in
from .judgement import LABELS, USUAL, Judgement, Rules
from .one import OFFICE, examine, once, set_aside, told_of_members

_MANY = 4
_HEAD = 16 * 1024
_WORTH_A_PROCESS = 60
"""Documents that pay for one more process: starting one, with its compiled rules, costs as much as judging about as many."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file to judge, or a member of the zip that is the file ``group``; ``size`` in bytes."""

    group: int
    name: str
    content: Path | bytes
    as_kind: str | None
    rules: Rules
    size: int
    member: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """How much there is to judge: documents (the members of a zip one by one), and bytes once unpacked."""

    documents: int
    size: int


Told = Callable[[str, int], None]
"""What is called each time a document is judged, with its name and its size in bytes."""


def load(files: Sequence[tuple[str, Path]], as_kind: str | None = None) -> Load:
    """What :func:`examine_all` will have to judge. Reads no more of a zip than its directory."""
    sizes = [size for name, path in files for size in _sizes(name, path, as_kind)]
    return Load(len(sizes), sum(sizes))


def examine_all(
    files: Sequence[tuple[str, Path]],
    as_kind: str | None = None,
    rules: Rules = USUAL,
    *,
    workers: int = 2,
    timeout: float = 60.0,
    told: Told | None = None,
) -> Generator[Judgement, None, None]:
    """Judge many files, each as :func:`examine` does, in order; what is said of the pack is said once for all.

    From four documents on, and when there is a pack, they are judged by processes of their own: one, then one more for
    each sixty documents, ``workers`` at most. A document that ends its process or takes more than ``timeout`` seconds
    is said, the others are judged.
    """
    said: set[tuple[str | None, ...]] = set()
    for judgement in _judged(files, as_kind, rules, workers, timeout, told or _silent):
        yield replace(judgement, findings=tuple(once(judgement.findings, said)))


def _silent(_name: str, _size: int) -> None:
    """Nobody listens."""


def _judged(
    files: Sequence[tuple[str, Path]], as_kind: str | None, rules: Rules, workers: int, timeout: float, told: Told
) -> Iterator[Judgement]:
    jobs = _jobs(files, as_kind, rules)
    documents = load(files, as_kind).documents
    if documents < _MANY or not _has_pack(rules):
        yield from _grouped(files, ((job, examine_job(job)) for job in jobs), told)
        return
    from conformance.validation.memory import heavy
    from conformance.validation.workers import Workers

    count = min(workers, 1 + documents // _WORTH_A_PROCESS)
    with Workers(examine_job, count, timeout, weary=heavy, kind=kind_of_job) as pool:
        yield from _grouped(files, pool.map(jobs), told)


def _grouped(
    files: Sequence[tuple[str, Path]], answers: Iterable[tuple[Job, Judgement | Lost]], told: Told
) -> Iterator[Judgement]:
    """One judgement a file, from those of the documents, in the same order."""
    for group, parts in groupby(answers, key=lambda answer: answer[0].group):
        judged: list[tuple[Job, Judgement]] = []
        for job, answer in parts:
            judged.append((job, answered(job, answer)))
            told(job.name, job.size)
        yield _whole(files[group], judged) if judged[0][0].member else judged[0][1]


def _has_pack(rules: Rules) -> bool:
    from conformance.validation.packs import Pack, open_pack

    return isinstance(open_pack(rules.pack), Pack)


def _jobs(files: Sequence[tuple[str, Path]], as_kind: str | None, rules: Rules) -> Iterator[Job]:
    for group, (name, path) in enumerate(files):
        members = _kept_members(name, path) if as_kind in (None, "zip") else {}
        for member, content in members.items():
            yield Job(group, member, content, None, rules, len(content), member=True)
        if not members:
            yield Job(group, name, path, as_kind, rules, _size(path))


def _sizes(name: str, path: Path, as_kind: str | None) -> list[int]:
    if as_kind not in (None, "zip") or PurePath(name).suffix.lower() != ".zip":
        return [_size(path)]
    data = taken_in(name, path)[2]
    listed = {} if isinstance(data, Finding) or kind_of_file(name, data) != "zip" else list_zip(name, data)
    return list(listed.values()) if listed and OFFICE.isdisjoint(listed) else [_size(path)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _kept_members(name: str, path: Path) -> dict[str, bytes]:
    """The files of a plain zip; nothing of anything else."""
    if PurePath(name).suffix.lower() != ".zip":
        return {}
    data = taken_in(name, path)[2]
    if isinstance(data, Finding) or kind_of_file(name, data) != "zip":
        return {}
    files = open_zip(name, data)
    return files if isinstance(files, dict) and OFFICE.isdisjoint(files) else {}


def kind_of_job(job: Job) -> str | None:
    """What a process keeps for such a job: the compiled rules of its volet, as far as the beginning of the file tells."""
    from conformance.validation.volets import likely

    try:
        if isinstance(job.content, bytes):
            return likely(job.content[:_HEAD])
        if not job.content.is_file():
            return None
        with job.content.open("rb") as file:
            return likely(file.read(_HEAD))
    except OSError:
        return None


def examine_job(job: Job) -> Judgement:
    """What a process does with a job."""
    return examine(job.name, job.content, job.as_kind, job.rules)


def answered(job: Job, answer: Judgement | Lost) -> Judgement:
    """The judgement of a job, or one that says that the engine failed on it."""
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


def _whole(file: tuple[str, Path], members: list[tuple[Job, Judgement]]) -> Judgement:
    """The judgement of a zip, from those of its members."""
    name, path = file
    sha256, size, _ = taken_in(name, path)
    told = list(told_of_members(name, ((job.name, judgement) for job, judgement in members)))
    return Judgement(name, "zip", LABELS["zip"], sha256, size, tuple(told), not set_aside(told))

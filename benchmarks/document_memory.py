"""Memory of the processes that judge documents, as documents go by: it must stay flat, however many there are.

    SEGUR_CI_SIS_PACK=… python benchmarks/document_memory.py [documents] [workers]

Judges the pack's sample documents over and over (300 by default; 10000 takes some minutes) and prints, a tenth at a time,
the most that a process held after a document, how many processes were replaced, and the pace.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from conformance.examine import examine
from conformance.validation.memory import MIB, heavy, resident
from conformance.validation.packs import Pack, open_pack
from conformance.validation.workers import Lost, Workers


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    pack = open_pack()
    if not isinstance(pack, Pack):
        sys.exit(str(pack))
    files = sorted((pack.folder / "ExemplesCDA").glob("*.xml"))
    print(f"{count} documents, {workers} workers")
    processes: set[int] = set()
    highest = lost = 0
    with Workers(judged, workers, weary=heavy) as pool:
        for done, held, pids, failed, pace in slices(pool, files, count):
            processes |= pids
            highest, lost = max(highest, held), lost + failed
            print(
                f"{done:6}  {held / MIB:4.0f} MiB at most  {len(processes):3} processes so far  {pace:5.1f} documents/s"
            )
    print(f"highest: {highest / MIB:.0f} MiB a process after a document; lost documents: {lost}")


def slices(
    pool: Workers[Path, tuple[int, int]], files: list[Path], count: int
) -> Iterator[tuple[int, int, set[int], int, float]]:
    """Each tenth: documents so far, most bytes held, the processes seen, documents lost, documents a second."""
    answers = pool.map(islice(cycle(files), count))
    step = max(count // 10, 1)
    done = 0
    while done < count:
        start = time.perf_counter()
        part = list(islice(answers, step))
        done += len(part)
        known = [answer for _, answer in part if not isinstance(answer, Lost)]
        pace = len(part) / (time.perf_counter() - start)
        yield done, max(held for held, _ in known), {pid for _, pid in known}, len(part) - len(known), pace


def judged(file: Path) -> tuple[int, int]:
    """Judge a file as ``check`` does; the memory held afterwards, and by which process."""
    if examine(file.name, file).failed:
        raise RuntimeError(f"the engine failed on {file.name}")
    return resident(), os.getpid()


if __name__ == "__main__":
    main()

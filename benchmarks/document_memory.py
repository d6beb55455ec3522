"""Memory of the processes that judge documents, as documents go by: it must stay flat, however many there are.

    SEGUR_CI_SIS_PACK=… python benchmarks/document_memory.py [documents] [workers] [mixed]

Judges the pack's sample documents and mutants of them over and over (300 by default; 10000 takes some ten minutes), in
the order of a folder, those of a volet together, or ``mixed``, the hardest: each volet comes back when it is forgotten.
Prints, a tenth at a time, the most that a process held, looked at every fiftieth of a second *during* the documents, what
each living process holds, how many were replaced, and the pace. The mutants are those of the official answers.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from lxml import etree

from conformance.examine import examine
from conformance.validation.memory import MIB, heavy
from conformance.validation.packs import Pack, open_pack
from conformance.validation.volets import likely
from conformance.validation.workers import Lost, Workers

EVERY = 0.02
HEAD = 16 * 1024


class Watch:
    """Looks at the memory of the children of this process; ``highest`` since it was last asked, by process."""

    def __init__(self) -> None:
        self.now: dict[int, int] = {}
        self._highest: dict[int, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def highest(self) -> dict[int, int]:
        """The most each process held since the last call."""
        found, self._highest = self._highest, {}
        return found

    def _look(self) -> None:
        me, rank = psutil.Process(), 0
        known: list[psutil.Process] = []
        while not self._end.wait(EVERY):
            if rank % 10 == 0:
                known = me.children()
            rank += 1
            self.now = {child.pid: held for child in known if (held := _held(child))}
            for pid, held in self.now.items():
                self._highest[pid] = max(self._highest.get(pid, 0), held)


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    pack = open_pack()
    if not isinstance(pack, Pack):
        sys.exit(str(pack))
    with tempfile.TemporaryDirectory() as folder, Watch() as watch:
        files = documents(pack, Path(folder))
        batch = list(islice(cycle(files), count))
        order = "mixed" if "mixed" in sys.argv else "those of a volet together"
        batch = batch if order == "mixed" else sorted(batch, key=lambda file: file.name)
        print(f"{count} documents, {len(files)} different ones, {order}, {workers} workers", flush=True)
        processes: set[int] = set()
        highest = lost = 0
        with Workers(judged, workers, weary=heavy, kind=kind_of_file) as pool:
            for done, pids, failed, pace in slices(pool, batch, count):
                processes |= pids
                peak = max(watch.highest().values(), default=0)
                highest, lost = max(highest, peak), lost + failed
                living = " ".join(f"{held / MIB:4.0f}" for _, held in sorted(watch.now.items()))
                print(
                    f"{done:6}  at most {peak / MIB:4.0f} MiB, now {living}  {len(processes):3} processes so far  "
                    f"{pace:5.1f} documents/s",
                    flush=True,
                )
    print(f"highest: {highest / MIB:.0f} MiB ({highest / 1e6:.0f} MB) a process, at any moment; lost documents: {lost}")


def documents(pack: Pack, folder: Path) -> list[Path]:
    """The samples, then the mutants of the official answers, written in ``folder``."""
    files = sorted((pack.folder / "ExemplesCDA").glob("*.xml"))
    oracle = pack.folder / "oracle.json"
    entries = json.loads(oracle.read_text(encoding="utf-8")) if oracle.is_file() else []
    for rank, entry in enumerate(entries):
        if (change := entry["mutation"]) is not None and change["op"] == "delete":
            tree = etree.parse(str(pack.folder / "ExemplesCDA" / entry["sample"]))
            names = {prefix: uri for each in tree.iter("{*}*") for prefix, uri in each.nsmap.items() if prefix}
            for node in tree.xpath(change["path"], namespaces=names):
                node.getparent().remove(node)
            files.append(folder / f"{entry['sample']}-{rank}.xml")
            tree.write(str(files[-1]), encoding="utf-8", xml_declaration=True)
    return files


def slices(pool: Workers[Path, int], batch: list[Path], count: int) -> Iterator[tuple[int, set[int], int, float]]:
    """Each tenth: documents so far, the processes seen, documents lost, documents a second."""
    answers = pool.map(batch)
    step = max(count // 10, 1)
    done = 0
    while done < count:
        start = time.perf_counter()
        part = list(islice(answers, step))
        done += len(part)
        known = [answer for _, answer in part if not isinstance(answer, Lost)]
        yield done, set(known), len(part) - len(known), len(part) / (time.perf_counter() - start)


def kind_of_file(file: Path) -> str | None:
    """As ``check`` shares documents between processes."""
    return likely(file.read_bytes()[:HEAD])


def judged(file: Path) -> int:
    """Judge a file as ``check`` does; by which process."""
    if examine(file.name, file).failed:
        raise RuntimeError(f"the engine failed on {file.name}")
    return os.getpid()


if __name__ == "__main__":
    main()

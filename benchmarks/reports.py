"""What the reports cost: HTML, PDF, xlsx, JUnit and SARIF of 300 and of 3,000 requirements, and how it grows.

    python benchmarks/reports.py            # 300 requirements, and the ratio to 600
    python benchmarks/reports.py --large    # 3,000 requirements too (about ten seconds more)

Each size is measured in a process of its own, so that the peak of memory is its own (whatever it starts is counted too). The ratio says whether twice (or ten
times) the requirements cost more than twice (or ten times) the time: times alone depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
MIX = (*["CONFORME"] * 5, "NON_VERIFIE", *["CONFORME"] * 4, "A_EXAMINER", "NON_VERIFIE", *["CONFORME"] * 3, "NON_CONFORME",
       "NON_VERIFIE", "A_EXAMINER", "NON_APPLICABLE", "NON_VERIFIE")  # fmt: skip
"""Twenty requirements as a finished run has them: twelve conforming, one not, the rest to be judged or handed in."""
FORMATS = ("html", "pdf", "xlsx", "junit", "sarif")


def measured(requirements: int) -> dict[str, Any]:
    """Seconds for each format, the schema's check and the start included in the total; peak memory in MB."""
    with tempfile.TemporaryDirectory(prefix="rapports-") as scratch:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            made: dict[str, Any] = pool.apply(_sample, (scratch, requirements))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found: dict[str, Any] = pool.apply(_report, (scratch,))
    return made | found


def _sample(scratch: str, requirements: int) -> dict[str, Any]:
    from tests.reporting.conftest import a_requirement, a_run

    folder = Path(scratch)
    rows = [a_requirement(folder, index, MIX[index % len(MIX)], 2) for index in range(1, requirements + 1)]
    (folder / "run.json").write_text(json.dumps(a_run(folder, rows), ensure_ascii=False, indent=1), encoding="utf-8")
    return {"requirements": requirements, "run_json_mb": round((folder / "run.json").stat().st_size / 1e6, 1)}


def _report(scratch: str) -> dict[str, Any]:
    import psutil

    from conformance.reporting import FORMATS as KNOWN
    from conformance.reporting import load

    began = time.perf_counter()
    run = load(Path(scratch) / "run.json")
    worked = time.process_time()
    spent = {"load": time.perf_counter() - began}
    for name in FORMATS:
        start = time.perf_counter()
        KNOWN[name](run, Path(scratch), lambda _: None, "fr")
        spent[name] = time.perf_counter() - start
    info = psutil.Process().memory_info()
    peak = getattr(info, "peak_wset", None) or _peak() or info.rss
    sizes = {
        path.name: round(path.stat().st_size / 1e6, 2)
        for path in Path(scratch).iterdir()
        if path.suffix in (".html", ".pdf", ".xlsx")
    }
    return {
        "seconds": spent,
        "total": time.perf_counter() - began,
        "processor": time.process_time() - worked,
        "peak_mb": peak / 1e6,
        "sizes_mb": sizes,
    }


def _peak() -> int:
    try:
        import resource
    except ImportError:
        return 0
    # Both together: what the process held at its most, and the largest of those that it may have started.
    held = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return held * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Print the figures, as text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="3,000 requirements too")
    sizes = (300, 3000) if parser.parse_args().large else (300, 600)
    figures = [measured(size) for size in sizes]
    for found in figures:
        each = "  ".join(f"{name} {seconds:.2f} s" for name, seconds in found["seconds"].items())
        print(
            f"{found['requirements']:>5} requirements: {found['total']:.2f} s ({found['processor']:.2f} s of processor), peak {found['peak_mb']:.0f} MB"
        )
        print(f"      {each}; {found['sizes_mb']}")
    less, more = figures
    ratio = more["processor"] / less["processor"]
    print(
        f"growth: {ratio:.2f} times the processor time for {more['requirements'] / less['requirements']:.0f} times the requirements"
    )


if __name__ == "__main__":
    main()

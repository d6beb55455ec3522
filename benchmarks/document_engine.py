"""Speed of the document engine, in floors: one floor is lxml's parse and XSD validation of the same document.

    SEGUR_CI_SIS_PACK=… python benchmarks/document_engine.py [rounds]

Prints the cost of a document on all tiers, tier by tier, the cold start and the memory. Times move with the machine;
compare the ratios of one run.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import psutil
from lxml import etree

from conformance.validation import xsd
from conformance.validation.document import Judge, judge
from conformance.validation.gate import Document, open_document
from conformance.validation.memory import heavy
from conformance.validation.packs import Pack, open_pack
from conformance.validation.volets import likely
from conformance.validation.workers import Workers

Floor = Callable[[bytes], None]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    pack = open_pack()
    if not isinstance(pack, Pack):
        sys.exit(str(pack))
    with tempfile.TemporaryDirectory() as cache:
        measure(pack, rounds, Path(cache))


def measure(pack: Pack, rounds: int, cache: Path) -> None:
    documents = samples(pack)
    floor = floor_of(pack)
    cold = {}
    for state in ("empty cache", "warm cache"):
        start = time.perf_counter()
        judge = Judge(pack, cache)
        judge.judge(documents[0][0], documents[0][1])
        cold[state] = time.perf_counter() - start
    for document, volet in documents:
        judge.judge(document, volet)
    ratios, floors = [], []
    for document, volet in documents:
        base = best(rounds, lambda document=document: floor(etree.tostring(document.root)))
        taken = best(rounds, lambda document=document, volet=volet: judge.judge(document, volet))
        floors.append(base)
        ratios.append(taken / base)
    print(f"documents: {len(documents)}, floor: median {statistics.median(floors) * 1000:.2f} ms")
    print(
        f"all tiers, warm: median {statistics.median(ratios):.1f} floors, mean {statistics.mean(ratios):.1f}, ", end=""
    )
    print(f"worst {max(ratios):.1f}")
    for state, seconds in cold.items():
        print(f"first document, {state}: {seconds:.2f} s")
    tiers(judge, documents, floors)
    workers(pack)
    print(f"memory at its highest: {memory()}")


def tiers(judge: Judge, documents: list[tuple[Document, str | None]], floors: list[float]) -> None:
    """The same, tier by tier, by the engine's own inner steps."""
    taken: dict[str, list[float]] = defaultdict(list)
    engine = judge._engine  # noqa: SLF001
    for (document, volet), base in zip(documents, floors, strict=True):
        text = etree.tostring(document.root.getroottree(), encoding="unicode")
        taken["parse"].append(best(2, lambda text=text: engine.parse(text)) / base)
        node = engine.parse(text)
        for tier in ("STRUCT", "IHE", "MODELES", "ANS", "TERM", "VOLET"):
            if tier == "VOLET" and volet is None:
                continue
            sheet = judge._sheets.sheet(judge.pack.schema(tier, volet))  # noqa: SLF001
            taken[tier].append(best(2, lambda sheet=sheet, node=node: engine.run(sheet, node)) / base)
    for tier, ratios in taken.items():
        print(f"  {tier:8} median {statistics.median(ratios):5.2f} floors")


def workers(pack: Pack) -> None:
    """The samples, by one process then by two, each warm, mixed and then all of one volet.

    On a busy machine compare processor times: what two processes spend more than one is what sharing costs.
    """
    files = sorted((pack.folder / "ExemplesCDA").glob("*.xml"))
    for name, batch in (
        ("mixed", files * 3),
        ("one volet", [file for file in files if "BIO-CR-BIO_2024" in file.name] * 20),
    ):
        taken, spent = {}, {}
        for count in (1, 2):
            with Workers(judge_file, count, weary=heavy, kind=kind_of_file) as pool:
                list(pool.map(batch[: len(files)] * count))
                start, before = time.perf_counter(), processor()
                list(pool.map(batch))
                taken[count], spent[count] = time.perf_counter() - start, processor() - before
        print(
            f"two workers versus one, {name}: {taken[1] / taken[2]:.2f} times as fast, for {spent[2] / spent[1]:.2f} times "
            f"the processor time ({spent[1] / len(batch) * 1000:.0f} ms a document with one)"
        )


def processor() -> float:
    """Seconds of processor that the children have spent, those that were replaced included (not on Windows)."""
    me = psutil.Process()
    own = me.cpu_times()
    living = [child.cpu_times() for child in me.children()]
    return float(own.children_user + own.children_system + sum(each.user + each.system for each in living))


def kind_of_file(file: Path) -> str | None:
    return likely(file.read_bytes()[: 16 * 1024])


def judge_file(file: Path) -> str:
    pack = open_pack()
    document = open_document(file.name, file.read_bytes())
    if isinstance(pack, Pack) and isinstance(document, Document):
        return judge(document, pack).status.value
    return "ERREUR_BANC"


def samples(pack: Pack) -> list[tuple[Document, str | None]]:
    """The sample documents, with the volet that the official answers name for them."""
    entries = json.loads((pack.folder / "oracle.json").read_text(encoding="utf-8"))
    found = []
    for entry in entries:
        if entry["mutation"] is None:
            file = pack.folder / "ExemplesCDA" / entry["sample"]
            document = open_document(file.name, file.read_bytes())
            if isinstance(document, Document):
                volet = entry["schema"]
                found.append((document, None if volet is None else volet.removeprefix("CI-SIS_").removesuffix(".sch")))
    return found


def floor_of(pack: Pack) -> Floor:
    schema = xsd._schema(pack.folder)  # noqa: SLF001
    if not isinstance(schema, etree.XMLSchema):
        sys.exit(schema)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)

    def floor(content: bytes) -> None:
        schema.validate(etree.fromstring(content, parser))

    return floor


def best(rounds: int, action: Callable[[], object]) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def memory() -> str:
    if sys.platform == "win32":
        return "not measured on Windows"
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{highest / (2**20 if sys.platform == 'darwin' else 2**10):.0f} MB"


if __name__ == "__main__":
    main()

"""Deposits into the simulated DMP, against a floor measured in the same run.

The floor is a bare aiohttp handler behind the same TLS that parses the same MTOM package, verifies the same VIHF
signature and hashes the parts; it judges nothing and keeps nothing. Each deposit is a document of 100 KB of its own,
made beforehand so that the client costs both sides the same.

What legitimately grows is the memory of what was stored: the journal's index of its exchanges and the registry's entries,
some 7 KB a deposit whatever the size of the document, for its bytes go to the disk. More than a tenth of the document would
say that bytes stay in memory: the measure fails. It is what Python holds after a collection, told apart by the module that
asked for it: those of the bench, and the libraries they called (TLS facts, dataclasses, the client). The resident memory of
the whole process, client included, is shown at ten moments of the measure (where the system tells it).

    python benchmarks/dmp_deposits.py [--deposits 200] [--clients 4]      # 10000 for the load of the requirement
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import json
import ssl
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conformance.journal import Journal, verify  # noqa: E402
from conformance.simulators import mtom, soap  # noqa: E402
from conformance.simulators.dmp import Dmp  # noqa: E402
from conformance.simulators.http import HttpServer, Request, Response  # noqa: E402
from conformance.simulators.people import ORGANISATION, PROFESSIONAL  # noqa: E402
from conformance.simulators.pki import Pki  # noqa: E402
from tests.simulators.dmp_client_kit import TD21  # noqa: E402
from tests.simulators.dmp_lots_kit import Deposit, cda  # noqa: E402
from tests.simulators.dmp_messages_kit import WHO, Vihf, envelope, multipart, oid  # noqa: E402

SIZE = 100_000
BATCH = 50
Message = tuple[str, bytes, str, str]


def messages(pki: Pki, count: int) -> list[Message]:
    """Deposits ready to leave: Content-Type, body, uniqueId, SHA-256 of the document."""
    made = []
    vihf = Vihf(pki).make()
    for _ in range(count):
        name = oid()
        document = cda(WHO, name, related=f"<!--{'x' * SIZE}-->")
        deposit = Deposit(unique_id=name, content=document)
        kind, body = multipart(envelope(TD21, deposit.body(), vihf), deposit.attachments())
        made.append((kind, body, name, hashlib.sha256(document).hexdigest()))
    return made


def floor(pki: Pki) -> HttpServer:
    """The bare handler."""
    from lxml import etree
    from signxml.verifier import XMLVerifier

    certificate = pki.pair("org_sign").certificate.read_text(encoding="ascii")

    def handle(request: Request) -> Response:
        package = mtom.read(request.header("Content-Type"), request.body)
        (assertion,) = soap.parse(package.root).assertions
        alone = etree.fromstring(etree.tostring(assertion, with_tail=False))
        XMLVerifier().verify(alone, x509_cert=certificate)
        told = " ".join(hashlib.sha256(part).hexdigest() for part in package.parts.values())
        return Response(200, (), told.encode())

    return HttpServer(handle, pki.server_context)


async def send(url: str, context: ssl.SSLContext, batch: list[Message], clients: int) -> None:
    """Post a batch over that many kept connections; anything but a success stops the measure."""
    import aiohttp

    queue = list(batch)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=clients)) as session:

        async def one() -> None:
            while queue:
                kind, body, _, _ = queue.pop()
                async with session.post(url, data=body, headers={"Content-Type": kind}) as answer:
                    content = await answer.read()
                    if answer.status != 200 or b"Failure" in content:
                        raise SystemExit(f"refused: {answer.status} {content[:400]!r}")

        await asyncio.gather(*(one() for _ in range(clients)))


def measured(
    url: str, context: ssl.SSLContext, pki: Pki, count: int, clients: int, each: Callable[[], None]
) -> tuple[float, list[Message]]:
    """Seconds spent sending ``count`` deposits, made batch by batch outside the clock; what was sent, without bodies."""
    spent, sent = 0.0, list[Message]()
    for size in batches(count):
        batch = messages(pki, size)
        began = time.perf_counter()
        asyncio.run(send(url, context, batch, clients))
        spent += time.perf_counter() - began
        sent += [("", b"", name, digest) for _, _, name, digest in batch]
        each()
    return spent, sent


def batches(count: int) -> Iterator[int]:
    """Sizes that add up to ``count``."""
    while count > 0:
        yield min(BATCH, count)
        count -= BATCH


KEPT_KB = SIZE / 10 / 1000
"""The most that a deposit may leave in memory."""


def held() -> tuple[float, float]:
    """What Python holds, in kilobytes: asked for by the modules of the bench, and by anything else (servers, libraries)."""
    gc.collect()
    kept = {True: 0, False: 0}
    for trace in tracemalloc.take_snapshot().statistics("filename"):
        path = trace.traceback[0].filename.replace("\\", "/")
        if "/tests/" not in path and "/benchmarks/" not in path and "tracemalloc" not in path:
            kept["/conformance/" in path] += trace.size
    return kept[True] / 1000, kept[False] / 1000


def resident() -> float | None:
    """The resident memory of this process in megabytes, None where the system does not tell it so."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), None)


def main() -> int:
    """Measure, and print one JSON object; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deposits", type=int, default=200)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dmp-bench-") as folder:
        figures = run(Path(folder), options.deposits, options.clients)
    print(json.dumps(figures, indent=2))
    flat = figures["remembered_kilobytes_a_deposit"] + figures["other_kilobytes_a_deposit"] < KEPT_KB
    sound = figures["lost"] == 0 and figures["altered"] == 0
    return 0 if sound and flat and figures["ratio"] >= 0.4 else 1


def run(folder: Path, count: int, clients: int) -> dict[str, Any]:
    """The figures of one run."""
    pki = Pki(folder / "pki", ORGANISATION, PROFESSIONAL).create()
    context, journal = pki.client_context("org_auth"), Journal(folder / "run")
    bare, dmp = floor(pki), Dmp(journal, pki)
    bare.start()
    dmp.start()
    dmp.open(WHO)
    address = f"https://{bare.host}:{bare.port}/"
    measured(address, context, pki, BATCH, clients, lambda: None)  # what is imported or compiled once
    measured(f"{dmp.url}/repository", context, pki, BATCH, clients, lambda: None)
    floor_s, _ = measured(address, context, pki, count, clients, lambda: None)
    seen: list[float | None] = []
    dmp_s, sent = measured(f"{dmp.url}/repository", context, pki, count, clients, lambda: seen.append(resident()))
    # What is held is looked at apart: tracing it slows both sides.
    tracemalloc.start()
    kept: list[tuple[float, float]] = []
    _, more = measured(f"{dmp.url}/repository", context, pki, min(count, 500), clients, lambda: kept.append(held()))
    tracemalloc.stop()
    stored = {entry.unique_id: entry.sha256 for entry in dmp.documents(WHO.matricule)}
    dmp.stop()
    bare.stop()
    journal.close()
    verify(folder / "run", [journal.seal])
    deposits = max(1, (len(kept) - 1) * BATCH)
    memory, rest = ((last - first) / deposits for first, last in zip(kept[0], kept[-1], strict=True))
    return {
        "deposits": count,
        "document_bytes": SIZE,
        "floor_per_second": round(count / floor_s, 1),
        "dmp_per_second": round(count / dmp_s, 1),
        "ratio": round(floor_s / dmp_s, 3),
        "lost": sum(name not in stored for _, _, name, _ in sent + more),
        "altered": sum(stored.get(name, digest) != digest for _, _, name, digest in sent + more),
        "journal": "intact",
        "journal_exchanges": len([e for e in journal.entries if e["kind"] == "exchange"]),
        "remembered_kilobytes_a_deposit": round(memory, 2),
        "other_kilobytes_a_deposit": round(rest, 2),
        "resident_megabytes": seen[:: max(1, len(seen) // 10)],
    }


if __name__ == "__main__":
    sys.exit(main())

"""What the simulated MSSanté operator costs: mails with a 200 KB archive, against a bare aiosmtpd sink in the same run.

The operator checks, records every byte in the journal and keeps idle IMAP sessions open meanwhile; the sink takes the
same mails, under the same TLS, and forgets them. Both are child processes, met by the same clients.

    python benchmarks/mss_mails.py [--mails 1000] [--sessions 200] [--clients 4]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import multiprocessing
import os
import smtplib
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from conformance.simulators.pki import Pki

BOX, PASSWORD, TOKEN = "camille.exemple@operateur.mssante.test", "essai", "jeton-d-essai"
BOXES = {"personnelle": {"adresse": BOX, "authentification": "XOAUTH2", "mot_de_passe": PASSWORD}}
PATIENT = "279035121518989@patient.mssante.fr"
ARCHIVE = os.urandom(200 * 1024)
STEPS = 10
"""How many times the memory is looked at on the way."""
AT_LEAST = 0.5
"""The share of the sink's rate that the operator must reach."""
MAY_GROW = 27 * 1024
"""Bytes of memory a mail may leave behind: a tenth of its weight, the allocator's warming included."""


def operator(pipe: Connection, folder: Path) -> None:
    """The child: the operator, its journal; tells its ports, then what it recorded."""
    from conformance.journal import Journal, blob_path
    from conformance.simulators.mss import Mss

    journal = Journal(folder / "run")
    service = Mss(journal, Pki(folder / "pki"), "127.0.0.1", 0, BOXES, token_ok=lambda token: token == TOKEN)
    service.start()
    pipe.send((service.port, service.imap_port))
    pipe.recv()
    service.stop()
    entries = [entry["data"] for entry in journal.entries if entry["kind"] == "exchange"]
    mails = [entry for entry in entries if entry["operation"] == "SMTP DATA"]
    whole = {key for entry in mails for key in entry["keys"] if key.startswith("<")}
    kept = {
        entry["request"]["blob"] for entry in mails if blob_path(folder / "run", entry["request"]["blob"]).is_file()
    }
    journal.close()
    pipe.send((len(mails), len(whole), len(kept)))


def sink(pipe: Connection, folder: Path) -> None:
    """The child: aiosmtpd alone, under the same TLS."""
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    from conformance.simulators.loop_thread import LoopThread
    from conformance.simulators.mss import tls

    context = tls.context(Pki(folder / "pki"), "normal")

    async def serve(ready: Callable[[], None], stopping: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(Sink(), tls_context=context, data_size_limit=2**26, hostname="puits", loop=loop),
            "127.0.0.1",
            0,
        )
        pipe.send((server.sockets[0].getsockname()[1], 0))
        ready()
        await stopping.wait()
        server.close()

    thread = LoopThread("puits", serve)
    thread.start("le puits")
    pipe.recv()
    thread.stop()
    pipe.send((0, 0, 0))


@contextmanager
def child(target: Any, folder: Path) -> Iterator[tuple[Any, Connection, tuple[int, int]]]:
    """Such a child, started, and its ports."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, folder))
    process.start()
    if not ours.poll(30):
        process.terminate()
        raise TimeoutError(f"{target.__name__} n’a pas démarré")
    yield process, ours, ours.recv()
    process.join(30)


def send(folder: Path, port: int, login: bool, first: int, count: int) -> None:
    """One client: ``count`` mails in one session, each with its own Message-ID."""
    head = f"From: {BOX}\r\nTo: {PATIENT}\r\nSubject: XDM/1.0/DDM+CR EXEMPLE Alix\r\nMIME-Version: 1.0\r\n"
    body = base64.encodebytes(ARCHIVE).replace(b"\n", b"\r\n")
    rest = b'Content-Type: application/zip; name="IHE_XDM.ZIP"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + body
    with smtplib.SMTP("127.0.0.1", port, local_hostname="[127.0.0.1]", timeout=60) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(folder / "pki" / "ac.pem")))
        client.ehlo()
        if login:
            answer = f"user={BOX}\x01auth=Bearer {TOKEN}\x01\x01"
            client.auth("XOAUTH2", lambda _=None: answer)
        for number in range(first, first + count):
            identifier = f"Message-ID: <{number}@operateur.mssante.test>\r\n"
            client.sendmail(BOX, [PATIENT], (head + identifier).encode() + rest)


def pour(folder: Path, port: int, login: bool, first: int, mails: int, clients: int) -> float:
    """Send that many mails through that many clients; gives the mails a second."""
    share = [mails // clients + (rank < mails % clients) for rank in range(clients)]
    starts = [first + sum(share[:rank]) for rank in range(clients)]
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda rank: send(folder, port, login, starts[rank], share[rank]), range(clients)))
    return mails / (time.perf_counter() - began)


async def idle(folder: Path, port: int, count: int, opened: Any, closing: Any) -> int:
    """Open that many IMAP sessions, leave them in IDLE, then ask each to answer; how many did."""
    context = ssl.create_default_context(cafile=str(folder / "pki" / "ac.pem"))
    answer = base64.b64encode(f"user={BOX}\x01auth=Bearer {TOKEN}\x01\x01".encode())

    async def one() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"a STARTTLS\r\n")
        await reader.readline()
        await writer.start_tls(context, server_hostname="127.0.0.1")
        for command in (b"b AUTHENTICATE XOAUTH2 " + answer, b"c SELECT INBOX"):
            writer.write(command + b"\r\n")
            while not (await reader.readline()).startswith(command[:2]):
                pass
        writer.write(b"d IDLE\r\n")
        await reader.readline()
        return reader, writer

    pairs = [await one() for _ in range(count)]
    opened.set()
    await asyncio.to_thread(closing.wait)
    alive = 0
    for reader, writer in pairs:
        writer.write(b"DONE\r\n")
        alive += (await asyncio.wait_for(reader.readline(), 10)).startswith(b"d OK")
        writer.close()
    return alive


def measure(mails: int, sessions: int, clients: int) -> int:
    """Play both, tell the figures; 1 when one of them is not what it must be."""
    import threading

    import psutil

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Pki(folder / "pki").create()
        with child(sink, folder) as (_, pipe, (port, _)):
            pour(folder, port, False, 0, clients * 5, clients)
            bare = pour(folder, port, False, 0, mails, clients)
            pipe.send("fin")
            pipe.recv()
        with child(operator, folder) as (process, pipe, (port, imap)):
            opened, closing = threading.Event(), threading.Event()
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(lambda: asyncio.run(idle(folder, imap, sessions, opened, closing)))
                while not opened.wait(0.2) and not waiting.done():
                    pass
                warm, memory = clients * 5, psutil.Process(process.pid)
                lots = [mails // STEPS + (rank < mails % STEPS) for rank in range(STEPS)]
                sizes, spent = [memory.memory_info().rss], 0.0
                try:
                    pour(folder, port, True, 0, warm, clients)
                    for rank, lot in enumerate(lots):
                        spent += lot / pour(folder, port, True, warm + sum(lots[:rank]), lot, clients)
                        sizes.append(memory.memory_info().rss)
                finally:
                    closing.set()
                alive = waiting.result()
            pipe.send("fin")
            recorded, distinct, kept = pipe.recv()
    ours, wanted = mails / spent, mails + warm
    growth, second = sizes[-1] - sizes[STEPS // 2], sum(lots[STEPS // 2 :])
    print(f"{mails} mails with a 200 KB archive, {clients} clients, {sessions} idle IMAP sessions")
    print(f"bare aiosmtpd sink: {bare:.0f} mails/s; operator: {ours:.0f} mails/s; ratio {ours / bare:.2f}")
    print(f"recorded {recorded} of {wanted}, Message-IDs {distinct}, bodies {kept}; idle sessions alive {alive}")
    print("memory, MB, at each tenth: " + " ".join(f"{size / 2**20:.0f}" for size in sizes))
    print(f"memory in the second half: {growth / 2**20:+.1f} MB, {growth / second / 1024:+.2f} KB a mail")
    # The journal's index is all that may grow: a few KB a mail, far from the 270 KB that each one weighs.
    sound = (recorded, distinct, kept, alive) == (wanted, wanted, wanted, sessions)
    return 0 if sound and ours / bare >= AT_LEAST and growth / second < MAY_GROW else 1


def main() -> int:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--clients", type=int, default=4)
    asked = parser.parse_args()
    return measure(asked.mails, asked.sessions, asked.clients)


if __name__ == "__main__":
    sys.exit(main())

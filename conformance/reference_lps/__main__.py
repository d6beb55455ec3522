"""``python -m conformance.reference_lps``: start the reference LPS in its own process."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from .defects import DEFECTS
from .types import Bench


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it stopped as asked, 2 when it was badly called."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_defects:
        for name, sentence in DEFECTS.items():
            print(f"{name}  {sentence}")
        return 0
    if options.bench is None:
        parser.error("--bench est nécessaire pour démarrer.")
    try:
        bench = Bench.read(options.bench)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as unreadable:
        parser.error(f"le fichier du banc {options.bench} est illisible : {type(unreadable).__name__}.")
    if options.data is not None:
        options.data.mkdir(parents=True, exist_ok=True)
        return _run(bench, options.data, options)
    with tempfile.TemporaryDirectory(prefix="lps-", ignore_cleanup_errors=True) as folder:
        return _run(bench, Path(folder), options)


def _run(bench: Bench, data: Path, options: argparse.Namespace) -> int:
    try:
        asyncio.run(_serve(bench, data, options))
    except KeyboardInterrupt:
        return 0
    except OSError as taken:
        print(f"Le port {options.port} ne peut pas être ouvert : {taken.strerror}.", file=sys.stderr)
        return 1
    return 0


async def _serve(bench: Bench, data: Path, options: argparse.Namespace) -> None:
    from .app import serve

    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask_stop(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    # signal.signal and not loop.add_signal_handler, which Windows does not have.
    signal.signal(signal.SIGTERM, ask_stop)
    signal.signal(signal.SIGINT, ask_stop)
    if options.stop_with_stdin:
        threading.Thread(target=_wait_for_end, args=(ask_stop,), daemon=True).start()
    defects = frozenset(options.defect)
    await serve(bench, data, options.port, defects=defects, announce=_announce, stop=stop)


def _wait_for_end(then: Callable[[], None]) -> None:
    # Not sys.stdin.buffer: its lock, held by this thread, would abort the interpreter at exit.
    while os.read(sys.stdin.fileno(), 4096):
        continue
    then()


def _announce(base_url: str) -> None:
    print(f"prêt {base_url}", flush=True)


def _defect(name: str) -> str:
    if name in DEFECTS:
        return name
    close = difflib.get_close_matches(name, DEFECTS, 1, 0.4)
    hint = f" Vouliez-vous dire « {close[0]} » ?" if close else " Voyez --list-defects."
    raise argparse.ArgumentTypeError(f"défaut inconnu « {name} ».{hint}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.reference_lps",
        description="Petit logiciel de santé réel, conforme par défaut, sur lequel le banc s’essaie.",
    )
    parser.add_argument("--bench", type=Path, metavar="FICHIER", help="fichier bench.json remis par le banc")
    parser.add_argument("--port", type=int, default=8765, help="port d’écoute local (0 : un port libre)")
    parser.add_argument("--data", type=Path, metavar="DOSSIER", help="dossier des données (défaut : temporaire)")
    parser.add_argument(
        "--defect",
        type=_defect,
        action="append",
        default=[],
        metavar="NOM",
        help="défaut à simuler, répétable",
    )
    parser.add_argument("--list-defects", action="store_true", help="affiche les défauts connus et s’arrête")
    parser.add_argument("--stop-with-stdin", action="store_true", help="s’arrête quand l’entrée standard se ferme")
    return parser


if __name__ == "__main__":
    # A console in another encoding must not break the line the bench waits for.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    sys.exit(main())

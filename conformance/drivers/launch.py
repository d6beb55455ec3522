"""Starting and stopping the software under test when the vendor configuration says how."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from conformance.drivers.actions import BASE
from conformance.model.vendor import DriverConfig
from conformance.outcomes import NotRun

READY_S = 30.0
STOP_S = 5.0


class Launched:
    """A software started by the harness, as its own process; its output goes to ``<folder>/logiciel.log``."""

    def __init__(self, config: DriverConfig, bench_file: Path, folder: Path, host: str = "127.0.0.1") -> None:
        self._config = config
        port = _free_port(host)
        words = {
            "python": sys.executable,
            "bench": str(bench_file),
            "port": str(port),
            "data": str(folder / "logiciel"),
        }
        self.url = (config.url or f"http://{host}:{{port}}{BASE}").format(**words)
        self._command = [word.format(**words) for word in config.launch]
        self._log = folder / "logiciel.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises NotRun when it dies or stays silent."""
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=log, stderr=log)
            except OSError as error:
                raise NotRun(f"le logiciel n’a pas pu être lancé : {error.strerror} ({self._command[0]})") from None
        deadline = time.monotonic() + READY_S
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline:
                if self._process.poll() is not None:
                    raise NotRun(
                        f"le logiciel s’est arrêté au lancement (code {self._process.returncode}), voir {self._log}"
                    )
                try:
                    session.get(f"{self.url}/etat", headers=dict(self._config.headers), timeout=1)
                    return
                except requests.RequestException:
                    time.sleep(0.05)
        raise NotRun(f"le logiciel lancé ne répond pas sur {self.url} après {READY_S:g} s, voir {self._log}")

    def stop(self) -> None:
        """Stop it, firmly after a few seconds."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port

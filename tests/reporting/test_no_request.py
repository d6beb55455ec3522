"""Whatever is opened in a browser calls nobody: seen from a proxy that every request of the browser must go through."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reporting.allure import write_allure
from conformance.reporting.allure_html import find_command, generate
from conformance.reporting.compare import compare
from conformance.reporting.html import render_diff, write_html

pytestmark = pytest.mark.slow

OWN = ("clients2.google.com", "accounts.google.com", "android.clients.google.com", "www.google.com", "optimizationguide-pa.googleapis.com",
       "content-autofill.googleapis.com", "update.googleapis.com", "redirector.gvt1.com", "mtalk.google.com")  # fmt: skip
"""What Chromium itself asks, whatever page it opens."""


@pytest.fixture
def browsed(tmp_path: Path) -> Iterator[Callable[[Path], list[str]]]:
    """Open a page in Chromium; gives the requests that it tried to send, its own first words each."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian package chromium)")
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[str] = []

    def answer() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    asked.append(connection.recv(2000).decode("latin-1").split("\r\n")[0])
                    connection.sendall(b"HTTP/1.1 404 Non\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    continue

    threading.Thread(target=answer, daemon=True).start()

    def opened(page: Path) -> list[str]:
        asked.clear()
        words = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run", f"--user-data-dir={tmp_path / 'profil'}", "--virtual-time-budget=3000",
            f"--proxy-server=http://127.0.0.1:{listener.getsockname()[1]}", f"--screenshot={tmp_path / 'vue.png'}", page.resolve().as_uri(),
        ]  # fmt: skip
        subprocess.run(words, check=True, capture_output=True, timeout=90)
        assert (tmp_path / "vue.png").stat().st_size > 1000
        return [line for line in asked if not any(host in line for host in OWN)]

    yield opened
    listener.close()


def test_a_page_that_calls_is_caught(browsed: Callable[[Path], list[str]], tmp_path: Path) -> None:
    page = tmp_path / "bavarde.html"
    page.write_text('<p>bonjour</p><img src="http://ailleurs.test/pixel.png">', encoding="utf-8")
    assert any("ailleurs.test" in line for line in browsed(page))


def test_the_report_and_the_comparison_call_nobody(
    browsed: Callable[[Path], list[str]], make_run: Callable[..., Any], tmp_path: Path
) -> None:
    run = make_run(12)
    run["software"]["name"] = '<img src="http://ailleurs.test/x.png">'
    assert browsed(write_html(run, tmp_path)) == []
    page = tmp_path / "comparaison.html"
    page.write_text(
        render_diff(run, run, compare(run, {**run, "requirements": run["requirements"][1:]})), encoding="utf-8"
    )
    assert browsed(page) == []


def test_the_allure_page_calls_nobody(
    browsed: Callable[[Path], list[str]], make_run: Callable[..., Any], tmp_path: Path
) -> None:
    if find_command() is None:
        pytest.skip("no Allure command on this machine (report --install, or SEGUR_ALLURE)")
    outcome = generate(write_allure(make_run(12), tmp_path, tmp_path / "r"), tmp_path / "page", "Rapport")
    assert outcome.pages, outcome.message
    for page in outcome.pages:
        assert browsed(page) == []

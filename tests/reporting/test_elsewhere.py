"""A run taken elsewhere: its bundle verified by the installed package alone, every report made again without a network."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_seal import files

from conformance.reporting import DEFAULT
from conformance.reporting.pdf import as_bytes
from conformance.reporting.seal import pack, verify_bundle
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

Run = dict[str, Any]
STRANGERS = (
    {"TZ": "Asia/Kolkata", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    {"TZ": "America/Anchorage", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
)
"""Other clocks and other tongues: one without accents, one whose letters change case otherwise."""
GUARD = """
import socket, subprocess, sys

def forbidden(*_words, **_more):
    raise AssertionError("no network and no other process")

socket.socket.connect = socket.socket.connect_ex = socket.socket.bind = socket.socket.sendto = forbidden
socket.create_connection = socket.getaddrinfo = forbidden
subprocess.Popen.__init__ = forbidden
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a wheel puts it on a machine: no sources of the project, no tests, nothing to write on."""
    folder = tmp_path_factory.mktemp("installe")
    left = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "conformance", folder / "conformance", ignore=left)
    (folder / "muet.py").write_text(GUARD, encoding="utf-8")
    return folder


def elsewhere(installed: Path, words: list[str], cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """A command of the installed package in a process of its own, that may neither connect nor start anything."""
    start = f"import sys; sys.path[:0] = [{str(installed)!r}]; import muet, conformance; assert conformance.__file__.startswith({str(installed)!r}); from conformance.cli import main; sys.exit(main(sys.argv[1:]))"
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
    }
    environment = {**kept, "HOME": str(cwd), "USERPROFILE": str(cwd), "PYTHONIOENCODING": "utf-8", **changes}
    return subprocess.run(
        [sys.executable, "-c", start, *words], cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_bundle_holds_on_another_machine(
    sealed: Path,
    installed: Path,
    keys: dict[str, Any],
    tmp_path: Path,
    stranger: dict[str, str],
) -> None:
    """Moved, renamed, read-only, from another folder, under another locale and another clock."""
    place = tmp_path / "autre machine" / "reçu le 22"
    place.mkdir(parents=True)
    bundle = pack(sealed, place / "scellé n° 1.zip")
    root = shutil.copy(keys["ec"].with_suffix(".crt"), place / "racine.crt")
    away = shutil.copytree(sealed, place / "dossier", ignore=shutil.ignore_patterns("travail"))
    shutil.rmtree(sealed)
    for path in (bundle, *files(away)):
        path.chmod(stat.S_IRUSR)
    cwd = tmp_path / "ailleurs"
    cwd.mkdir()
    for where in (bundle, away):
        done = elsewhere(installed, ["verify", str(where), "--root", root], cwd, **stranger)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "intacts" in done.stdout
    assert list(cwd.iterdir()) == []


def test_another_user_verifies_it(sealed: Path, installed: Path, tmp_path: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become somebody else, with setpriv")
    bundle = pack(sealed, tmp_path / "scelle.zip")
    bundle.chmod(0o444)
    for folder in (installed, tmp_path, *tmp_path.parents, *installed.parents):
        if "pytest" in str(folder):
            folder.chmod(folder.stat().st_mode | 0o055)
    code = f"import sys; sys.path[:0] = [{str(installed)!r}]; from conformance.cli import main; sys.exit(main(['verify', {str(bundle)!r}]))"
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", code]
    if subprocess.run(
        [*words[:-2], "-c", "import conformance"],
        capture_output=True,
        check=False,
        cwd="/",
        env={"PYTHONPATH": str(installed)},
    ).returncode:
        pytest.skip("that user may not read this Python")
    done = subprocess.run(
        words, cwd="/", capture_output=True, text=True, check=False, env={"HOME": "/", "PYTHONIOENCODING": "utf-8"}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_line_ends_rewritten_on_the_way_are_named(sealed: Path) -> None:
    """A mailer or a git that turns LF into CRLF has changed bytes: each file that it touched is named."""
    for path in files(sealed):
        content = path.read_bytes()
        if path.suffix in (".json", ".xml", ".svg", ".sarif", ".html", ".jsonl") and b"\n" in content:
            path.write_bytes(content.replace(b"\n", b"\r\n"))
            assert path.relative_to(sealed).as_posix() in {fault.path for fault in verify_bundle(sealed).faults}
            path.write_bytes(content)
    assert verify_bundle(sealed).sound


def test_nothing_in_the_bundle_depends_on_the_system(sealed: Path, tmp_path: Path) -> None:
    """Slashes in the names, LF in what we write, no path of the machine that sealed it."""
    with zipfile.ZipFile(pack(sealed, tmp_path / "scelle.zip")) as archive:
        assert not [name for name in archive.namelist() if "\\" in name]
        # The plainest zip there is: what every version of Python writes the same way.
        assert {(one.create_version, one.extract_version, one.extra) for one in archive.infolist()} == {(20, 20, b"")}
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith((".json", "SHA256SUMS", ".html", ".sarif", "junit.xml", ".svg")):
                assert b"\r" not in content, name
                assert str(tmp_path).encode() not in content, name


def test_every_byte_is_under_seal(sealed: Path) -> None:
    """In every file – result, PDF, blobs, journal, manifest, sums, signatures –, a byte drawn here and there."""
    for path in files(sealed):
        content = path.read_bytes()
        for part in range(1, 8):
            place = (len(content) - 1) * part // 8
            path.write_bytes(content[:place] + bytes([content[place] ^ 0x20]) + content[place + 1 :])
            told = {fault.path for fault in verify_bundle(sealed).faults}
            assert path.relative_to(sealed).as_posix() in told, (path, place)
        path.write_bytes(content)


def test_every_report_is_made_again_without_software_bench_or_network(
    installed: Path, make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """From a run stored elsewhere: the same bytes as here, sockets and processes forbidden, whatever clock and tongue."""
    made: list[dict[str, bytes]] = []
    run = make_run(12)
    for place, stranger in enumerate(({}, *STRANGERS)):
        folder = tmp_path / f"copie {place}"
        shutil.copytree(tmp_path / "blobs", folder / "blobs")
        (folder / "run.json").write_bytes(as_bytes(run))
        done = elsewhere(installed, ["report", str(folder)], tmp_path, **stranger)
        assert done.returncode == 0, done.stdout + done.stderr
        made.append(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
        )
    for name in (
        "rapport.html",
        "rapport.pdf",
        "junit.xml",
        "rapport.sarif",
        "export.xlsx",
        "matrice.csv",
        "resume.md",
        "badge.svg",
    ):
        assert name in made[0]
    assert any(name.startswith("allure-results/") for name in made[0])
    assert len(DEFAULT) == 9
    assert made[1:] == [made[0]] * len(STRANGERS)

"""What ``check`` shows while it judges: a bar on a terminal, out of the standard output, and nothing anywhere else."""

from __future__ import annotations

import io
import zipfile
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from conformance.cli import main

MESSAGE = b"MSH|^~\\&|ESSAI|ESSAI|BANC|BANC|20260101120000||ADT^A04|%d|T|2.5\r"


class Terminal(io.StringIO):
    """An error output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What a wide terminal shows of an error output redirected to it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("NO_COLOR", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


def messages(count: int) -> dict[str, bytes]:
    return {f"message{rank}.hl7": MESSAGE % rank for rank in range(count)}


def judge(path: Path) -> None:
    assert main(["check", "--workers", "1", "--format", "json", str(path)]) == 1


def test_a_bar_counts_the_documents_of_a_zip(
    tmp_path: Path, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "lot.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for name, content in messages(6).items():
            made.writestr(name, content)
    with redirect_stderr(terminal):
        judge(archive)
    shown = terminal.getvalue()
    assert "0/6 documents" in shown and "6/6 documents" in shown and "octets" in shown
    assert "documents," not in capsys.readouterr().out


def test_a_few_files_show_no_bar(tmp_path: Path, terminal: Terminal) -> None:
    (tmp_path / "seul.hl7").write_bytes(MESSAGE % 1)
    with redirect_stderr(terminal):
        judge(tmp_path / "seul.hl7")
    assert terminal.getvalue() == ""


def test_no_bar_where_the_error_output_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in messages(6).items():
        (tmp_path / name).write_bytes(content)
    judge(tmp_path)
    assert "documents" not in capsys.readouterr().err

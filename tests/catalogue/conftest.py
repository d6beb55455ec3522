"""A folder of imported lists of the test's own, and workbooks written in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from conformance.model.profile import Profile, load_profile

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where imported lists are kept, empty."""
    folder = tmp_path / "listes"
    monkeypatch.setenv("SEGUR_CATALOGUE", str(folder))
    return folder


@pytest.fixture(scope="session")
def doctors() -> Profile:
    return load_profile("wave1/doctors", official=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a workbook of one sheet."""

    def call(rows: Iterable[Sequence[object]], name: str = "liste.xlsx", sheet: str = "Exigences REM vague 2") -> Path:
        book = Workbook()
        page = book.active
        assert page is not None
        page.title = sheet
        for row in rows:
            page.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return call

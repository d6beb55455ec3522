"""The day a version came out, as a vendor may write it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.model.vendor import load_vendor
from conformance.model.yamlfile import DataError


def load(folder: Path, written: str):
    path = folder / "a.yaml"
    path.write_text(
        f'vendor: a\nname: A\nsoftware:\n  name: A\n  version: "1"\n{written}driver: {{kind: dossier}}\n',
        encoding="utf-8",
    )
    return load_vendor(path).software.released


@pytest.mark.parametrize("text", ["2026-01-05", '"2026-01-05"', "2026-01-05 10:15:00"])
def test_a_day_quoted_or_not(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, f"  released: {text}\n") == date(2026, 1, 5)


def test_it_is_optional(tmp_path: Path) -> None:
    assert load(tmp_path, "") is None


@pytest.mark.parametrize("text", ['"5 janvier"', "20260105", "[2026]", '"2026-02-31"', "true", "null"])
def test_anything_else_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"a.yaml, ligne \d") as caught:
        load(tmp_path, f"  released: {text}\n")
    assert "released" in str(caught.value)

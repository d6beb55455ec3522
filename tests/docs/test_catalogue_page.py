"""docs/catalogue.md is generated; this is what keeps it current."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_catalogue_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("catalogue_page", ROOT / "tools" / "catalogue_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == module.page(), "run: python tools/catalogue_page.py"

"""Where a platform keeps what a program puts aside for its user."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_data(name: str) -> Path:
    """The folder of that name among this program's data; it may not exist yet."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "segur-conformance" / name

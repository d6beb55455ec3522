"""A small profile with four scenarios, a vendor, and a dossier to fill."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.drivers.dossier import Dossier
from conformance.model.plan import Plan, build_plan
from conformance.model.profile import load_profile
from conformance.model.vendor import load_vendor

PROFILE = """profile: essai/petit
title: Petit profil d’essai
profession: Médecin
wave: 1
rem: aucun
status: draft-2023
sources: []
select: [INS/va1.02, INS/va1.37, ANN/va1.01, DMP/va1.20, INS/va1.55]
overrides:
  INS/va1.02: {method: evidence}
"""
VENDOR = """vendor: essai
name: Éditeur d’essai
software: {name: Logiciel d’essai, version: "4.10", released: 2026-01-01}
driver: {kind: dossier, folder: .}
profile: PROFILE
"""
SEARCH = "INS/va1.02.01.01"
APPROVAL = "INS/va1.37.01.01"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def vendor_file(tmp_path: Path) -> Path:
    profile = tmp_path / "petit.yaml"
    profile.write_text(PROFILE, encoding="utf-8")
    path = tmp_path / "editeur.yaml"
    path.write_text(VENDOR.replace("PROFILE", str(profile)), encoding="utf-8")
    return path


@pytest.fixture
def plan(vendor_file: Path) -> Plan:
    vendor = load_vendor(vendor_file)
    return build_plan(load_profile(vendor.profile or ""), vendor)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "preuves"
    path.mkdir()
    return path


@pytest.fixture
def put(folder: Path) -> Callable[..., Path]:
    """File a piece, dated the fifth of February 2026 unless told otherwise."""

    def file(name: str, content: bytes | str, when: datetime = datetime(2026, 2, 5, tzinfo=UTC)) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (when.timestamp(), when.timestamp()))
        return path

    return file


@pytest.fixture
def opened(folder: Path) -> Callable[[], Dossier]:
    return lambda: Dossier.open(folder)

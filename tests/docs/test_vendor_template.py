"""The commented configuration validates, as it is and with every optional key, and explains every key of the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.drivers.actions import ACTIONS
from conformance.model.plan import build_plan
from conformance.model.profile import load_profile
from conformance.model.vendor import Patience, load_vendor
from tests.conftest import ROOT

TEMPLATE = ROOT / "vendor_configs" / "_template.yaml"
SCHEMA = ROOT / "conformance" / "profiles" / "schema" / "vendor.json"
TEXT = TEMPLATE.read_text(encoding="utf-8")
COMPLETE = re.sub(r"^( *)#: ?", r"\1", TEXT, flags=re.MULTILINE)
SECRETS = {"JETON_PILOTE": "invente"}


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key a configuration may have; what the vendor names freely (headers, actions) is not followed."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from keys(inner, f"{prefix}{name}.")


def written(data: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield f"{prefix}{name}"
            yield from written(value, f"{prefix}{name}.")


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    path = tmp_path / "complete.yaml"
    path.write_text(COMPLETE, encoding="utf-8")
    return path


def test_the_template_validates_as_it_is() -> None:
    vendor = load_vendor(TEMPLATE, {})
    assert vendor.driver.kind == "http"
    assert build_plan(load_profile(vendor.profile or ""), vendor).items


def test_it_validates_once_everything_is_uncommented(complete: Path) -> None:
    vendor = load_vendor(complete, SECRETS)
    assert vendor.secrets == {"invente"}
    assert set(vendor.driver.actions) <= set(ACTIONS)
    plan = build_plan(load_profile(vendor.profile or ""), vendor)
    assert plan.find("INS/va1.28.01").excluded  # type: ignore[union-attr]


def test_every_key_of_the_schema_is_written_and_explained() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert set(keys(schema)) <= set(written(yaml.safe_load(COMPLETE)))


def test_every_optional_block_is_explained_above() -> None:
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        top = re.match(r"^(?: {2})?(?:#: )?(?: {2})?([a-z_]+):", line)
        if top and top[1] in (
            "dossier",
            "options",
            "profile",
            "launch",
            "headers",
            "actions",
            "folder",
            "bench",
            "patience",
        ):
            assert re.match(r"^ *# \S", lines[number - 1]), line


def test_the_options_named_are_those_of_the_profile() -> None:
    told = re.search(r"Pour wave1/doctors\s?:\s(.*)\.", TEXT)
    assert told is not None
    assert set(told[1].split(", ")) == set(load_profile("wave1/doctors").options)


def test_the_patience_written_is_the_default(complete: Path) -> None:
    assert load_vendor(complete, SECRETS).patience == Patience()

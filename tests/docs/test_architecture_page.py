"""ARCHITECTURE.md is true: its tree exists, every package is in it, its layers are those that are enforced."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
_ENTRY = re.compile(r"^(?P<indent> *)(?P<name>[\w./-]+)(?:  +\S.*)?$")


def block(kind: str, heading: str) -> str:
    """The first fenced block of that kind under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{kind}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no {kind} block under « {heading} »"
    return found[1]


def tree(text: str) -> Iterator[str]:
    """The paths of a drawn tree: two spaces a level, a folder ends with a slash."""
    open_folders: list[str] = []
    for line in text.splitlines():
        found = _ENTRY.match(line)
        assert found is not None, line
        depth = len(found["indent"]) // 2
        assert depth <= len(open_folders), line
        del open_folders[depth:]
        path = "".join(open_folders) + found["name"]
        if path.endswith("/"):
            open_folders.append(found["name"])
        yield path


TREE = list(tree(block("text", "Tree")))


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict[str, Any]]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in config["tool"]["importlinter"]["contracts"]}


@pytest.mark.parametrize("path", TREE)
def test_what_the_tree_names_exists(path: str) -> None:
    assert (ROOT / path).exists()
    assert (ROOT / path).is_dir() == path.endswith("/")


def test_the_tree_is_read_as_it_is_drawn() -> None:
    assert list(tree("a/          word\n  b.py      words of two\n  c/\n    d\ne\n")) == [
        "a/",
        "a/b.py",
        "a/c/",
        "a/c/d",
        "e",
    ]


def test_every_module_of_the_package_is_in_the_tree() -> None:
    package = ROOT / "conformance"
    folders = {f"conformance/{path.parent.name}/" for path in package.glob("*/*") if path.suffix in (".py", ".yaml")}
    modules = {f"conformance/{path.name}" for path in package.glob("*.py")}
    assert folders | modules == {path for path in TREE if re.fullmatch(r"conformance/[^/]+/?", path)}


def test_every_top_level_file_that_git_would_keep_is_in_the_tree() -> None:
    named = {path.partition("/")[0] for path in TREE}
    hidden = {"__pycache__", "build", "dist"}
    found = {
        path.name for path in ROOT.iterdir() if not path.name.startswith(".") and not path.name.endswith(".egg-info")
    }
    assert found - hidden == named - {".ci"}


def test_the_layers_are_those_that_are_enforced(contracts: dict[str, dict[str, Any]]) -> None:
    assert block("layers", "Layers").splitlines() == contracts["layers"]["layers"]


def test_every_module_has_a_layer(contracts: dict[str, dict[str, Any]]) -> None:
    layers = contracts["layers"]
    known = {name.strip() for line in layers["layers"] for name in line.split("|")} | set(layers["exhaustive_ignores"])
    written = {path.stem for path in (ROOT / "conformance").glob("*.py")} - {"__init__"}
    written |= {path.parent.name for path in (ROOT / "conformance").glob("*/__init__.py")}
    assert written <= known
    assert layers["exhaustive"] is True


def test_the_reference_lps_is_forbidden_everything(contracts: dict[str, dict[str, Any]]) -> None:
    forbidden = {name.partition(".")[2] for name in contracts["independent-proof"]["forbidden_modules"]}
    assert forbidden >= {"checks", "validation", "simulators", "drivers", "model", "journal", "suites", "reporting"}

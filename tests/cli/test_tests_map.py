"""The map read from the source says what pytest collects."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli.tests_map import SUITES, read_tests
from conformance.model.profile import load_catalogue, load_profile, profile_ids
from conformance.model.yamlfile import DataError
from conformance.pytest_plugin import SUITES as PLAYED

LISTER = """
import json, os, pathlib, pytest, sys
class Lister:
    def pytest_collection_modifyitems(self, items):
        found = {}
        for item in items:
            for name in getattr(item.function, "verifies_scenarios", ()):
                tests = found.setdefault(name, [])
                node = item.nodeid.partition("[")[0]
                tests.append(node) if node not in tests else None
        pathlib.Path(out).write_text(json.dumps(found), encoding="utf-8")
        items.clear()
suites, root, out = sys.argv[1:]
words = [suites, "-q", "--collect-only", "-c", os.devnull, "--rootdir", root, "--import-mode=importlib",
         "--noconftest", "-p", "no:cacheprovider"]
pytest.main(words, plugins=[Lister()])
"""


def collected(folder: Path) -> dict[str, list[str]]:
    out = folder / "map.json"
    command = [sys.executable, "-c", LISTER, str(SUITES), str(SUITES.parent.parent), str(out)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert out.is_file(), done.stdout + done.stderr
    return {name: sorted(tests) for name, tests in json.loads(out.read_text(encoding="utf-8")).items()}


def test_agrees_with_what_pytest_collects(tmp_path: Path) -> None:
    assert SUITES == PLAYED
    found = read_tests()
    assert {name: sorted(tests) for name, tests in found.items()} == collected(tmp_path)
    assert len(found) > 20


def test_names_scenarios_of_the_catalogue() -> None:
    own = (requirement for name in profile_ids() for requirement in load_profile(name).requirements)
    known = {one.id for requirement in (*load_catalogue().values(), *own) for one in requirement.scenarios}
    assert set(read_tests()) <= known


def test_reads_functions_methods_and_dotted_decorators(tmp_path: Path) -> None:
    folder = tmp_path / "paquet" / "suites" / "ins"
    folder.mkdir(parents=True)
    (folder / "test_un.py").write_text(
        "import conformance\nfrom conformance import verifies\n"
        "@verifies('A.1', 'A.2')\ndef test_deux(): ...\n"
        "def test_sans(): ...\n"
        "@verifies('A.9')\ndef helper(): ...\n"
        "class TestGroupe:\n    @conformance.verifies('A.1')\n    async def test_trois(self): ...\n",
        encoding="utf-8",
    )
    assert read_tests(tmp_path / "paquet" / "suites") == {
        "A.1": ("paquet/suites/ins/test_un.py::test_deux", "paquet/suites/ins/test_un.py::TestGroupe::test_trois"),
        "A.2": ("paquet/suites/ins/test_un.py::test_deux",),
    }


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [("NAME = 'A.1'\n@verifies(NAME)\ndef test_a(): ...\n", 2, "en toutes lettres"), ("\ndef test_a(:\n", 2, "Python")],
)
def test_refuses_what_it_cannot_read(tmp_path: Path, source: str, line: int, told: str) -> None:
    path = tmp_path / "paquet" / "suites" / "test_x.py"
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    with pytest.raises(DataError, match=told) as caught:
        read_tests(path.parent)
    assert (caught.value.line, caught.value.file) == (line, str(path))

"""The wording tool finds what it is for, tells where, and says when it could not look."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT

OFFICIAL = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_wording", ROOT / "tools" / "check_wording.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "projet"
    requirements = root / "conformance" / "profiles" / "requirements"
    requirements.mkdir(parents=True)
    (root / "conformance" / "reporting").mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "requirements.csv"
    path.write_text(f"reference,statement,scenario,proof\nX.01,{OFFICIAL},,\n", encoding="utf-8")
    monkeypatch.setenv("SEGUR_REM_CSV", str(path))
    return path


def requirements(project: Path, text: str) -> None:
    path = project / "conformance" / "profiles" / "requirements" / "x.yaml"
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "line", "what"),
    [
        ("title: L'usager\n", 1, "apostrophe"),
        ('# comment\ntitle: "Un titre : deux"\n', 2, "ordinaire avant"),
        ("requirements:\n  - reason: >-\n      Une phrase\n      longue ; et sa fin\n", 2, "ordinaire avant"),
        ("summary: « voilà\u202f»\n", 1, "après «"),
    ],
)
def test_yaml_typography(
    tool: ModuleType, project: Path, table: Path, capsys: pytest.CaptureFixture[str], written: str, line: int, what: str
) -> None:
    requirements(project, written)
    assert tool.main(project) == 1
    told = capsys.readouterr().out
    assert f"x.yaml:{line}: " in told
    assert what in told
    assert "1 wording fault" in told


def test_well_written_yaml_passes(tool: ModuleType, project: Path, table: Path) -> None:
    requirements(project, "# don't mind\nid: l'id\ntitle: \"L’usager\u00a0: un choix\u202f; `un'code : ici`\"\n")
    assert tool.main(project) == 0


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("page.html.j2", '<p class="a : b">x</p>\n<p>L\'usager</p>\n', 2),
        ("page.html.j2", '{% if a %}\n{{ "Vrai ?" }}{% endif %}\n', 2),
        ("page.html.j2", '{# a ; b #}\n<img alt="Oui ! ">\n', 2),
        ("page.typ", '// it\'s ; fine\n#let a = "Non ;"\n', 2),
    ],
)
def test_template_typography(
    tool: ModuleType, project: Path, table: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, line: int
) -> None:
    (project / "conformance" / "reporting" / name).write_text(text, encoding="utf-8")
    assert tool.main(project) == 1
    assert f"{name}:{line}: " in capsys.readouterr().out


def test_code_in_templates_is_left_alone(tool: ModuleType, project: Path, table: Path) -> None:
    page = "{# l'un ; l'autre #}<style>a : b</style>{{ a if b else '' }}<p style='x : y'>d’ici</p>\n"
    (project / "conformance" / "reporting" / "page.html.j2").write_text(page, encoding="utf-8")
    assert tool.main(project) == 0


def test_a_copied_passage_is_found_and_located(
    tool: ModuleType, project: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "notes.md").write_text(f"# Notes\n\nAvant. {OFFICIAL.capitalize()} après.\n", encoding="utf-8")
    (project / "image.png").write_bytes(b"\x89PNG\xff" + OFFICIAL.encode())
    assert tool.main(project) == 1
    told = capsys.readouterr().out
    assert "notes.md:3: passage de X.01, colonne statement" in told
    assert "image.png" not in told


def test_thirteen_words_are_not_a_copy(tool: ModuleType, project: Path, table: Path) -> None:
    (project / "notes.md").write_text(" ".join(OFFICIAL.split()[:13]), encoding="utf-8")
    assert tool.main(project) == 0


def test_ignored_files_are_not_read(tool: ModuleType, project: Path, table: Path) -> None:
    (project / ".gitignore").write_text("notes.md\n", encoding="utf-8")
    (project / "notes.md").write_text(OFFICIAL, encoding="utf-8")
    assert tool.main(project) == 0


def test_absent_tables_are_told(
    tool: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEGUR_REM_CSV", str(project / "absent.csv"))
    assert tool.main(project) == 0
    assert "not at hand" in capsys.readouterr().out


def test_the_project_itself_is_well_worded(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    assert tool.main(ROOT) == 0, capsys.readouterr().out

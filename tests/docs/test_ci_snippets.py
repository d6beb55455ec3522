"""The ready-made pipelines: they follow their forge's schema, their commands exist, and they do what they say."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

from conformance.cli import cli, main
from conformance.cli.french import clicks_own_words
from conformance.reporting.gate import load_waivers

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = ROOT / "docs" / "ci"
BUILTIN = {"github-actions.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}


def commands(name: str) -> list[list[str]]:
    """The harness's command lines of a pipeline, without the program's own name."""
    text = (SNIPPETS / name).read_text(encoding="utf-8")
    if name == "Jenkinsfile":
        lines = re.findall(r"sh '([^']*)'", text)
    else:
        data = yaml.safe_load(text)
        jobs = (
            data["jobs"]["conformite"]["steps"]
            if "jobs" in data
            else [{"run": line} for line in data["conformite"]["script"]]
        )
        lines = [step["run"] for step in jobs if "run" in step]
    words = [shlex.split(line) for line in lines]
    return [line[1:] for line in words if line[0].endswith("segur-conformance")]


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_the_forge_would_accept_it(name: str, tmp_path: Path) -> None:
    options = ["--builtin-schema", BUILTIN[name]]
    assert CliRunner().invoke(check_jsonschema, [*options, str(SNIPPETS / name)]).exit_code == 0
    broken = tmp_path / "casse.yml"
    text = (SNIPPETS / name).read_text(encoding="utf-8")
    broken.write_text(text.replace("runs-on:", "tourne-sur:").replace("  script:", "  scripts:"), encoding="utf-8")
    assert CliRunner().invoke(check_jsonschema, [*options, str(broken)]).exit_code == 1


def test_the_jenkinsfile_is_a_declarative_pipeline() -> None:
    """Jenkins ships no schema: blocks, their nesting and their order are looked at here."""
    text = re.sub(r"//.*|'[^']*'", "", (SNIPPETS / "Jenkinsfile").read_text(encoding="utf-8"))
    depth, blocks = 0, []
    for found in re.finditer(r"(\w+)(?:\([^)]*\))?\s*{|}", text):
        depth += -1 if found[0] == "}" else 1
        assert depth >= 0
        if found[1]:
            blocks.append((depth, found[1]))
    assert depth == 0
    assert blocks[0] == (1, "pipeline")
    assert [name for level, name in blocks if level == 2] == ["options", "environment", "stages", "post"]
    assert {name for level, name in blocks if level == 3} == {"stage", "always"}
    assert [name for level, name in blocks if level == 4] == ["steps"] * 3


@pytest.mark.parametrize("name", [*sorted(BUILTIN), "Jenkinsfile"])
def test_every_command_and_option_exists(name: str) -> None:
    lines = commands(name)
    assert len(lines) == 2
    for words in lines:
        command: Any = cli.get_command(click.Context(cli), words[0])
        assert command is not None
        with clicks_own_words():
            command.make_context(words[0], words[1:])
            with pytest.raises(click.UsageError):
                command.make_context(words[0], [*words[1:], "--inconnue"])


def test_the_waivers_shown_are_well_written() -> None:
    assert load_waivers(SNIPPETS / "derogations.yaml")[0].scenario == "INS/va1.28.01"


@pytest.mark.slow
def test_the_smoke_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very command of the three pipelines, on the reference software."""
    [words] = {tuple(commands(name)[0]) for name in (*BUILTIN, "Jenkinsfile")}
    shutil.copytree(ROOT / "vendor_configs", tmp_path / "vendor_configs")
    monkeypatch.chdir(tmp_path)
    assert main([word.replace("$SEGUR_VENDOR", "reference") for word in words]) == 0
    written = {path.name for path in (tmp_path / "reports" / "ci" / "fumee").iterdir()}
    assert {"junit.xml", "resume.md", "rapport.sarif", "rapport.pdf"} <= written

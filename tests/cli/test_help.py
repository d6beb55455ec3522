"""The help: at once, in French whatever the machine speaks, and in step with what click asks to be translated."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import polib
import pytest

from conformance.cli import COMMANDS, main
from conformance.cli.french import LOCALE

CATALOGUE = LOCALE / "fr" / "LC_MESSAGES" / "messages"
ENGLISH = re.compile(
    r"\b(Usage:|Options:|Commands|Positional|Show|this|message and|and exit|default:|required|INTEGER|TEXT|PATH|DIRECTORY|"
    r"ARGS|Error|Try|Missing|Invalid|the|of|or|file)\b"
)
# click raises these for the mistakes of a programmer, or asks them for features that no command here has.
FOR_PROGRAMMERS = re.compile(
    r"shell completion|Could not determine name|No options defined|defined twice|Boolean option|Arguments take exactly|"
    r"Invalid start character|Editing failed|Unknown color|Bash version|^d$"
)


def test_help_is_quick_and_light(run: Any) -> None:
    start = time.monotonic()
    done = run("--help")
    # The aim is half a second; a busy machine is given three times that.
    assert time.monotonic() - start < 1.5
    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from conformance.cli import main; main(['--help']); "
        "print('heavy', *(n for n in ('pytest', 'lxml', 'jsonschema', 'yaml', 'rich', 'requests', 'jinja2') if n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "heavy"


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=lambda words: " ".join(words) or "group")
def test_help_is_french_on_an_english_machine(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US")
    assert main([*command, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Usage\u00a0:" in told
    assert "Affiche cette aide." in told
    assert ENGLISH.findall(told) == []
    assert os.environ["LANGUAGE"] == "en_US"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rnu"], "Commande inconnue «\u00a0rnu\u00a0». Vouliez-vous dire «\u00a0run\u00a0»\u00a0?"),
        (["xyz"], "Permis\u00a0: run, plan, coverage"),
        (["run", "--vue", "live"], "Option inconnue «\u00a0--vue\u00a0»"),
        (["run", "--view", "jolie"], "«\u00a0jolie\u00a0» n’est pas permis"),
        (["run", "--seed", "beaucoup"], "n’est pas un nombre"),
        (["run", "--vendor"], "demande une valeur"),
        (["run", "trop"], "Argument en trop (trop)"),
        (["run", "-n", "deux"], "un nombre de processus"),
        (["check"], "Il manque l’argument"),
        (["check", "nulle-part.xml"], "n’existe pas"),
        (["run", "--fail-on", "1,2"], "prise parmi 1, 3 et 4"),
    ],
)
def test_mistakes_are_told_in_french(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert told in said
    assert ENGLISH.findall(said) == []


def test_catalogue_is_compiled() -> None:
    source = polib.pofile(str(CATALOGUE.with_suffix(".po")))
    assert source.percent_translated() == 100
    assert source.to_binary() == CATALOGUE.with_suffix(".mo").read_bytes()


def test_catalogue_keeps_the_place_holders() -> None:
    for entry in polib.pofile(str(CATALOGUE.with_suffix(".po"))):
        asked = set(re.findall(r"{(\w+)", entry.msgid + entry.msgid_plural))
        for told in (entry.msgstr, *entry.msgstr_plural.values()):
            assert set(re.findall(r"{(\w+)", told)) <= asked, entry.msgid


def test_every_word_of_click_is_translated() -> None:
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE.with_suffix(".po")))}
    asked = {text for path in Path(click.__file__).parent.glob("*.py") for text in _asked(path)}
    assert len(asked) > 40
    assert {text for text in asked - known if not FOR_PROGRAMMERS.search(text)} == set()


def _asked(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    first = [call.args[0] for call in calls if getattr(call.func, "id", "") in ("_", "ngettext") and call.args]
    return {str(argument.value) for argument in first if isinstance(argument, ast.Constant)}


def test_a_command_works_in_the_language_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A software launched by a command must not be told another language."""
    from conformance.cli import choose

    seen = []

    def fail(*_: object) -> None:
        seen.append(os.environ["LANGUAGE"])
        raise ZeroDivisionError

    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setattr(choose, "chosen_plan", fail)
    assert main(["plan"]) == 3
    assert seen == ["de"]
    assert "ZeroDivisionError" in capsys.readouterr().err

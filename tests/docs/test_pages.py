"""The pages for people: commands that exist, twins that agree, links that lead somewhere, examples that are real."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from conformance.checks.evidence import ACCEPTED, Filed, readable
from conformance.checks.evidence.attestation import attestation
from conformance.cli import COMMANDS
from conformance.drivers.actions import ACTIONS
from conformance.model.profile import load_catalogue, load_profile, profile_ids
from conformance.model.requirement import Proof
from conformance.model.vendor import load_vendor
from conformance.model.verdict import Verdict
from tests.conftest import ROOT

README, LISEZMOI, GUIDE = ROOT / "README.md", ROOT / "LISEZMOI.md", ROOT / "docs" / "guide-editeur.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, *kinds: str) -> list[str]:
    return [body for kind, body in _FENCE.findall(text(page)) if kind in kinds]


def commands(page: Path) -> list[str]:
    """The command lines of a page, without their comments."""
    lines = "\n".join(blocks(page, "bash", "powershell")).splitlines()
    return [" ".join(line.partition("#")[0].split()) for line in lines if line.partition("#")[0].strip()]


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+(?= )", _FENCE.sub("", text(page)), re.MULTILINE)


def rows(page: Path, header: str) -> list[list[str]]:
    """The rows of the table whose header line begins so."""
    table = text(page).partition(f"\n| {header}")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_the_twins_have_the_same_headings_and_commands() -> None:
    assert headings(README) == headings(LISEZMOI)
    assert commands(README) == commands(LISEZMOI)
    assert len(commands(README)) > 12
    assert [row[0] for row in rows(README, "Exit code")] == [row[0] for row in rows(LISEZMOI, "Code de sortie")]


def test_the_readme_is_short() -> None:
    assert len(text(README).splitlines()) <= 150


def test_the_two_commands_come_first() -> None:
    assert commands(README)[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    assert targets >= {"demo", "test", "check"}
    named = {words.split()[1] for words in commands(page) if words.startswith("make ")}
    named |= set(re.findall(r"`make ([a-z]+)`", text(page)))
    assert named <= targets


def test_the_windows_commands_are_those_of_the_makefile() -> None:
    makefile = text(ROOT / "Makefile")
    for words in (
        "--require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation --editable .",
        "-m pytest -q -n 3",
    ):
        assert words in makefile
        assert any(words in command for command in commands(README)), words
    assert "run_conformance.py run --vendor $(VENDOR) --profile $(PROFILE) --fail-on 1,3" in makefile


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_of_the_harness_exist_with_their_options(page: Path) -> None:
    for line in commands(page):
        found = re.search(r"(?:segur-conformance|run_conformance\.py) (.*)$", line)
        if found is None:
            continue
        name, *words = found[1].split()
        assert name in COMMANDS, line
        command = import_module(f"conformance.cli.{name}").command
        if isinstance(command, click.Group):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {
            option
            for one in command.params
            if isinstance(one, click.Option)
            for option in (*one.opts, *one.secondary_opts)
        }
        assert {word for word in words if word.startswith("-")} <= known, line
        if "--profile" in words:
            assert words[words.index("--profile") + 1] in profile_ids(), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text(page)):
        if not target.startswith("https://"):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_the_exit_codes_are_the_same_everywhere() -> None:
    from conformance.cli import codes

    expected = [
        str(code) for code in (codes.CONFORMING, codes.NON_CONFORMING, codes.USAGE, codes.BENCH, codes.INCOMPLETE)
    ]
    assert [row[0] for row in rows(README, "Exit code")] == expected
    assert [row[0] for row in rows(GUIDE, "Code ")] == expected


@pytest.mark.parametrize("page", [README, LISEZMOI], ids=lambda page: page.name)
def test_the_verdicts_are_told_worst_first(page: Path) -> None:
    told = re.findall(r"`([A-Z_]+)`", text(page))
    assert [word for word in told if word in Verdict.__members__] == list(Verdict.__members__)


def test_examples_in_contributing_are_the_code_itself() -> None:
    """Each example begins with its file; its paragraphs stand there word for word."""
    examples = blocks(ROOT / "CONTRIBUTING.md", "python", "yaml")
    assert len(examples) >= 4
    for example in examples:
        first, _, body = example.partition("\n")
        source = text(ROOT / first.removeprefix("# "))
        for part in body.strip("\n").split("\n\n\n"):
            assert part in source, f"{first}: {part.splitlines()[0]}"


def test_the_files_of_the_where_table_exist() -> None:
    named = re.findall(
        r"`((?:conformance|tests|docs|vendor_configs)/[^`<]*?/?)(?=[`<])", text(ROOT / "CONTRIBUTING.md")
    )
    assert len(named) > 8
    for path in named:
        stem = path if "NNNN" not in path and "test_" not in path else path.rpartition("/")[0]
        assert (ROOT / stem).exists(), path


def test_the_guide_tells_which_files_bear_which_proof() -> None:
    shown = {"capture": "video", "document": "video", "configuration": "document"}
    told: dict[str, set[str]] = {}
    for kinds, formats in rows(GUIDE, "Type de preuve"):
        listed = {word for word in re.findall(r"[a-z0-9]+", formats.replace("`document`", "")) if len(word) < 11}
        for kind in re.findall(r"`(\w+)`", kinds):
            told[kind] = listed - {"les", "et", "ceux", "de"}
            if formats.startswith(("les mêmes", "ceux de")):
                told[kind] = (told[kind] - {"m", "mes"}) | told[shown[kind]]
    assert told == {kind: set(extensions) for kind, extensions in ACCEPTED.items()}


def test_the_statement_of_the_guide_is_acceptable() -> None:
    statement = next(body for body in blocks(GUIDE, "yaml") if body.startswith("personne:"))
    filed = Filed("a/b.yaml", len(statement), "0" * 64, statement.encode(), datetime(2026, 1, 5, tzinfo=UTC))
    assert list(attestation(filed, date(2026, 6, 1))) == []
    assert list(readable(Proof("a", "approval", "Agrément"), filed)) == []
    assert [one.rule for one in attestation(filed, date(2027, 6, 1))] == ["preuve.perimee"]


def test_the_proof_numbers_of_the_pages_exist() -> None:
    known = {proof.id for one in load_catalogue().values() for scenario in one.scenarios for proof in scenario.proofs}
    known |= set(load_catalogue()) | {s.id for one in load_catalogue().values() for s in one.scenarios}
    for page in (README, LISEZMOI, GUIDE, ROOT / "CONTRIBUTING.md"):
        for name in re.findall(r"\b[A-Z][A-Za-z]+/va1(?:\.\d+)+", text(page)):
            assert name in known, f"{page.name}: {name}"


def test_the_mapping_of_the_guide_loads_and_speaks_the_published_api(tmp_path: Path) -> None:
    example = next(body for body in blocks(GUIDE, "yaml") if "actions:" in body)
    path = tmp_path / "acme.yaml"
    path.write_text(f'vendor: acme\nname: ACME\nsoftware: {{name: A, version: "1"}}\n{example}', encoding="utf-8")
    vendor = load_vendor(path, {"JETON_PILOTE": "invente"})
    api = yaml.safe_load(text(ROOT / "docs" / "pilote-lps.yaml"))
    schemas = api["components"]["schemas"]
    traits = set(schemas["Traits"]["properties"])
    allowed: dict[str, set[str]] = {
        "creer_patient": traits | set(schemas["Patient"]["properties"]),
        "lire_patient": traits | set(schemas["Patient"]["properties"]),
        "rechercher_ins": set(schemas["RechercheIns"]["properties"]),
    }
    assert set(vendor.driver.actions) == set(allowed)
    for name, mapped in vendor.driver.actions.items():
        assert set(mapped.response) <= allowed[name], name
        assert set(placeholders(mapped.body)) | set(placeholders(mapped.path)) <= traits | {"id"}, name


def placeholders(body: Any) -> list[str]:
    return re.findall(r"\{(\w+)\}", body if isinstance(body, str) else yaml.safe_dump(body, width=10_000))


def test_the_guide_counts_the_actions() -> None:
    assert f"{len(ACTIONS)} actions" in text(GUIDE)


def test_the_limits_are_still_true() -> None:
    """What the README says is not there yet; when it is, the README must change."""
    statuses = {load_profile(name).status for name in profile_ids()}
    assert statuses == {"draft-2023", "provisional"}
    for page in (README, LISEZMOI):
        assert all(f"`{status}`" in text(page) for status in statuses)


def test_decisions_are_numbered_and_have_their_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, page in enumerate(pages, start=1):
        assert page.name.startswith(f"{number:04d}-")
        assert re.findall(r"^## (\w+)$", text(page), re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert text(page).startswith(f"# {number}. ")
        assert len(text(page).splitlines()) <= 60

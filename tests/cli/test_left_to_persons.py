"""What of section INS is left to a person: printed with its reason, and no longer than what no machine can judge."""

from __future__ import annotations

import csv
import json

import pytest

from conformance.model.profile import profile_ids
from tests.conftest import ROOT

TABLE = ROOT.parent / "shared" / "reference" / "rem" / "verification.csv"
APPROVALS = {"INS/va1.09", "INS/va1.34", "INS/va1.37", "INS/va1.58"}
"""An approval of the CNDA is the proof: INSi simulated sees the calls, and judges them in the scenarios of the logs."""
PRINTING_CHOICE = {"INS/va1.10"}
"""The choice of what is printed is a setting on a screen; what is printed is judged by INS/va1.03 and 15."""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:  # type: ignore[type-arg]
    from click.testing import CliRunner

    from conformance.cli.coverage import command

    found = []
    for profile in profile_ids():
        done = CliRunner().invoke(command, ["--profile", profile, "--json"])
        assert done.exit_code == 0, done.output
        found.append(json.loads(done.output))
    return found


def whole(statements: list[dict]) -> dict[str, str]:  # type: ignore[type-arg]
    """The INS requirements of which no scenario is judged by a test, in any profile, with the reason told."""
    return {
        left["id"]: left["reason"]
        for statement in statements
        for left in statement["left_to_persons"]
        if left["id"].startswith("INS/") and left["whole"]
    }


def test_each_is_told_with_its_reason(statements: list[dict]) -> None:  # type: ignore[type-arg]
    left = whole(statements)
    assert left and all(len(reason) > 40 for reason in left.values())


def test_every_automatic_scenario_of_ins_has_a_test(statements: list[dict]) -> None:  # type: ignore[type-arg]
    assert [name for one in statements for name in one["automatic_without_test"] if name.startswith("INS/")] == []


def test_the_list_is_no_longer_than_what_no_machine_can_judge(statements: list[dict]) -> None:  # type: ignore[type-arg]
    if not TABLE.is_file():
        pytest.skip(f"pas de table de vérification ({TABLE.name}) à côté du projet")
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["section_id"] == "INS" and row["wave"] == "1"]
    never = {row["reference"] for row in rows if row["automatable"] == "no"}
    left = set(whole(statements))
    assert left - never == APPROVALS | PRINTING_CHOICE
    assert len(left) <= len(never) == 18

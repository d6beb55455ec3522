"""Every profile drawn from the public list says exactly what the list says: ids, scenarios, proofs, nature, options."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from conformance.model.profile import load_profile

REM = Path(__file__).resolve().parents[3] / "shared" / "reference" / "rem" / "requirements.csv"
LISTS = {
    "wave1/doctors": ("1", "LGC", 106),
    "wave1/radiology": ("1", "RIS", 106),
    "wave1/biology": ("1", "BIO", 122),
    "wave1/hospital-dpi": ("1", "DPI", 43),
    "wave1/hospital-pfi": ("1", "PFI", 23),
    "wave2/doctors": ("2", "LGC", 121),
    "wave2/radiology": ("2", "RIS", 142),
    "wave2/biology": ("2", "BIO", 100),
    "wave2/hospital-dpi": ("2", "DPI", 103),
    "wave2/hospital-pfi": ("2", "PFI", 77),
    "wave2/drimbox": ("2", "DB", 212),
}
"""Profile → wave and list of the public draft, and how many requirements it approves there (frozen)."""
GENERAL = {"Général", "---", ""}


def official(name):
    """An id without the option that tells apart two requirements of one reference."""
    return re.sub(r" \([a-z0-9-]+\)$", "", name)


@pytest.fixture(scope="module")
def rows():
    if not REM.is_file():
        pytest.skip("the public requirement list (../shared/reference/rem) is not here")
    found = defaultdict(list)
    with REM.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["wave"], row["rem"]].append({key: value.strip() for key, value in row.items()})
    return found


@pytest.mark.parametrize(("name", "frozen"), [(name, known[2]) for name, known in LISTS.items()])
def test_the_number_of_requirements_is_frozen(name, frozen):
    assert len(load_profile(name).requirements) == frozen


@pytest.mark.parametrize("name", LISTS)
def test_a_profile_is_the_list(name, rows):
    wave, rem, _ = LISTS[name]
    listed, asked = defaultdict(set), {}
    for row in rows[wave, rem]:
        key = (row["reference"], row["profile"] not in GENERAL)
        listed[key].add(row["scenario_ref"])
        asked[key] = row["nature"]
    for scenarios in listed.values():
        if len(scenarios) > 1:  # six rows of the imaging list stand twice, once without their scenario
            scenarios.discard("")
    written, nature = {}, {}
    for requirement in load_profile(name).requirements:
        key = (official(requirement.id), requirement.option is not None)
        own = {official(scenario.id) for scenario in requirement.scenarios}
        # A requirement without a scenario of its own is its single scenario; three scenarios do bear their requirement's id.
        written[key] = {"" if scenario == key[0] and scenario not in listed[key] else scenario for scenario in own}
        nature[key] = requirement.nature.value
    assert written == dict(listed)
    assert nature == asked

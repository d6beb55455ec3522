"""The tester tested: each named defect turns red exactly what depends on it, with the right words."""

from __future__ import annotations

import json
import re

import pytest
from documents_faults import NEEDS_PACK
from faults import FAULTS
from sweep import PACK, Outing, automated, automated_in, outings, play, profiles

from conformance.reference_lps.defects import DEFECTS

UNPROVEN = frozenset() if PACK.is_dir() else NEEDS_PACK
"""What stays NON_VERIFIE here, for want of the agency's pack."""


@pytest.mark.slow
@pytest.mark.parametrize("profile", profiles())
def test_the_conforming_lps_passes_every_automated_scenario(profile, tmp_path):
    scenarios = play(tmp_path, profile)
    verdicts = {name: (scenarios[name]["verdict"], scenarios[name]["reason"]) for name in automated_in(profile)}
    assert {name: told for name, told in verdicts.items() if told[0] != "CONFORME" and name not in UNPROVEN} == {}


def test_every_automated_scenario_has_a_defect_that_kills_it():
    assert automated() - {name for fault in FAULTS for name in fault.red} == set()


def test_every_defect_is_in_the_table():
    assert {fault.defect for fault in FAULTS} == set(DEFECTS)


def test_every_scenario_is_killed_in_every_profile_that_selects_it():
    for profile in profiles():
        killed = {
            n
            for o in outings(FAULTS, every_profile=True)
            if o.profile == profile
            for fault in o.faults
            for n in fault.red
        }
        assert automated_in(profile) - killed == set(), profile


def test_every_scenario_of_every_defect_is_seen_red_somewhere():
    seen = {
        (f.defect, n)
        for o in outings(FAULTS, every_profile=False)
        for f in o.faults
        for n in f.red & automated_in(o.profile)
    }
    assert {(fault.defect, name) for fault in FAULTS for name in fault.red} - seen == set()


@pytest.mark.slow
def test_a_defect_turns_red_exactly_what_depends_on_it(outing: Outing, tmp_path):
    here = automated_in(outing.profile)
    scenarios = play(tmp_path, outing.profile, *(fault.defect for fault in outing.faults))
    red = {name for name, scenario in scenarios.items() if scenario["verdict"] == "NON_CONFORME"}
    due = {name for fault in outing.faults for name in fault.red & here}
    assert red == due, (str(outing), {name: scenarios[name]["reason"] for name in red ^ due})
    for fault in outing.faults:
        for name in fault.red & here:
            told = " ".join(json.dumps(finding, ensure_ascii=False) for finding in scenarios[name]["findings"])
            assert re.search(fault.words, told), (fault.defect, name, told)
    changed = {name for name in here if scenarios[name]["verdict"] != "CONFORME"}
    starved = {name for fault in outing.faults for name in fault.starved}
    assert changed - red <= starved | UNPROVEN, (
        str(outing),
        {name: scenarios[name]["reason"] for name in changed - red},
    )

"""The profile wave1/doctors against the public requirement list: ids, counts, methods, French typography."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.model.profile import Profile, load_profile
from conformance.model.requirement import Method, Nature, Requirement

REM = Path(__file__).resolve().parents[3] / "shared" / "reference" / "rem"
INFORMATIVE = ("PSC.01", "PSC.02", "PSC.08")
METHODS = {
    "automatic-live": Method.LIVE,
    "automatic-artefact": Method.ARTEFACT,
    "evidence": Method.EVIDENCE,
    "attestation": Method.ATTESTATION,
}
# Listed as evidence, but what a driver and the simulators see decides them, screens apart.
OBSERVED = {
    "DMP/va1.17",
    "INS/va1.04",
    "INS/va1.43",
    "INS/va1.44",
    "INS/va1.45",
    "INS/va1.60",
    "INS/va1.02",
    "INS/va1.21",
    "INS/va1.22",
    "INS/va1.25",
}
OBSERVED |= {f"BIO/va1.0{rank}" for rank in range(1, 7)}
# A carte Vitale cannot be simulated: these scenarios of journal requirements stay with a person.
CARD_SCENARIOS = {"INS/va1.35.01", "INS/va1.38.01"}
# What is typed is played through the API; the screen that shows it stays with a person.
TYPED_SCENARIOS = {"INS/va1.56.02", "INS/va1.56.03"}
# One official proof id lacks its prefix; the three PSC ones do not follow their scenario.
PROOF_ID = re.compile(r"(?m)^\s*((?:[A-Za-z]+/va1\.|PSC\.)?\d+(?:\.\d+)+) : ")
# Breakable space or none before high punctuation, straight apostrophe, bare guillemet.
BAD_TYPOGRAPHY = re.compile(r" [:;?!»%]|« |[^\W\d][;?!]|'")


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("wave1/doctors")


def _read(name: str) -> list[dict[str, str]]:
    path = REM / name
    if not path.is_file():
        pytest.skip("the public requirement list (../shared/reference/rem) is not here")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The approved LGC rows: wave 1, and the three informative references of wave 2."""
    found = [row for row in _read("requirements.csv") if row["rem"] == "LGC"]
    return [row for row in found if row["wave"] == "1" or row["reference"] in INFORMATIVE]


def _everything(profile: Profile) -> tuple[Requirement, ...]:
    return (*profile.requirements, *profile.informative)


def test_frozen_counts(profile: Profile) -> None:
    assert len(profile.requirements) == 106
    assert sum(len(requirement.scenarios) for requirement in profile.requirements) == 132
    assert tuple(requirement.id for requirement in profile.informative) == INFORMATIVE
    assert sum(len(scenario.proofs) for _, scenario in profile.scenarios()) == 171
    natures = Counter(requirement.nature for requirement in profile.requirements)
    assert natures == {Nature.EXIGENCE: 102, Nature.PRECONISATION: 4}
    assert (profile.wave, profile.rem, profile.status) == (1, "LGC", "draft-2023")


def test_requirements_are_those_of_the_list_in_its_order(profile: Profile, rows: list[dict[str, str]]) -> None:
    listed = dict.fromkeys(row["reference"] for row in rows if row["wave"] == "1")
    assert [requirement.id for requirement in profile.requirements] == list(listed)


def test_scenarios_sections_and_natures(profile: Profile, rows: list[dict[str, str]]) -> None:
    expected = [(row["reference"], row["scenario_ref"] or row["reference"]) for row in rows]
    written = [(requirement.id, scenario.id) for requirement, scenario in profile.scenarios()]
    assert written == expected
    facts = {row["reference"]: (row["section_id"], row["nature"]) for row in rows}
    assert {item.id: (item.section, item.nature.value) for item in _everything(profile)} == facts


def test_proof_ids(profile: Profile, rows: list[dict[str, str]]) -> None:
    expected = {row["scenario_ref"] or row["reference"]: PROOF_ID.findall(row["proof"]) for row in rows}
    written = {scenario.id: [proof.id for proof in scenario.proofs] for _, scenario in profile.scenarios()}
    assert written == expected


def test_options_are_the_conditional_profiles(profile: Profile, rows: list[dict[str, str]]) -> None:
    conditional = {row["reference"]: row["profile"] for row in rows if row["profile"] != "Général"}
    assert {item.id for item in _everything(profile) if item.option} == set(conditional)
    slugs = {(item.option, conditional[item.id]) for item in _everything(profile) if item.option}
    assert len(slugs) == len(profile.options) == len(set(conditional.values()))


def test_methods_follow_the_verification_table(profile: Profile) -> None:
    table = {
        (row["wave"], row["reference"]): (METHODS[row["method"]], row["automatable"])
        for row in _read("verification.csv")
        if "LGC" in row["rems"].split()
    }
    for requirement in _everything(profile):
        wave = "2" if requirement.id in INFORMATIVE else "1"
        method, automatable = table[wave, requirement.id]
        if requirement.id in OBSERVED:
            assert method is Method.EVIDENCE, f"{requirement.id} no longer differs from the table"
            method, automatable = Method.LIVE, "partly"
        assert (requirement.method, requirement.automatable) == (method, automatable), requirement.id


def test_only_cards_and_typing_leave_the_method_of_their_requirement(profile: Profile) -> None:
    pairs = profile.scenarios()
    apart = {scenario.id: scenario.method for item, scenario in pairs if scenario.method is not item.method}
    expected = dict.fromkeys(CARD_SCENARIOS, Method.EVIDENCE) | dict.fromkeys(TYPED_SCENARIOS, Method.LIVE)
    assert apart == expected


def test_a_person_is_told_how_to_prove_what_no_machine_decides(profile: Profile) -> None:
    for requirement in _everything(profile):
        manual = any(not scenario.method.automatic for scenario in requirement.scenarios)
        filmed = any(proof.kind == "video" for scenario in requirement.scenarios for proof in scenario.proofs)
        if manual or filmed:
            assert requirement.protocol is not None, requirement.id


def _texts(requirement: Requirement) -> Iterator[str]:
    yield from (requirement.title, requirement.summary, requirement.reason)
    if requirement.protocol is not None:
        yield from (requirement.protocol.show, requirement.protocol.accepted, requirement.protocol.refused)
    for scenario in requirement.scenarios:
        yield scenario.title
        yield from (proof.title for proof in scenario.proofs)


def test_texts_are_short_and_in_french_typography(profile: Profile) -> None:
    for requirement in _everything(profile):
        assert len(requirement.title) <= 90, requirement.id
        assert all(len(scenario.title) <= 110 for scenario in requirement.scenarios), requirement.id
        for text in _texts(requirement):
            assert not BAD_TYPOGRAPHY.search(text), f"{requirement.id}: {text}"
            assert "\n" not in text and "  " not in text, f"{requirement.id}: {text}"
    for option in profile.options.values():
        assert not BAD_TYPOGRAPHY.search(option.title + option.description), option.slug

"""Proof-reading, comparing, explaining."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from conformance.catalogue.crosswalk import STATUSES, Crosswalk, load_crosswalk
from conformance.catalogue.delta import delta
from conformance.catalogue.explain import explain
from conformance.catalogue.lint import lint
from conformance.model.finding import Severity
from conformance.model.profile import Option, load_profile
from conformance.model.requirement import Method, Nature, Proof, Requirement, Scenario
from conformance.model.yamlfile import DataError

NOTHING = Crosswalk({}, {})


def requirement(name: str, *scenarios: Scenario, **fields) -> Requirement:
    base = Requirement(
        name,
        "INS",
        "Identité",
        f"Titre {name}",
        "Résumé.",
        Nature.EXIGENCE,
        Method.LIVE,
        "yes",
        "Parce que.",
        scenarios,
    )
    return replace(base, **fields)


def scenario(name: str, *proofs: str, method: Method = Method.LIVE) -> Scenario:
    return Scenario(name, f"Jouer {name}", method, tuple(Proof(proof, "video", "Vidéo") for proof in proofs))


def rules(findings) -> set[tuple[str, str]]:
    return {(finding.rule, finding.severity.value) for finding in findings}


@pytest.fixture
def profile(doctors):
    def make(*requirements, informative=(), name="wave1/essai", wave=1):
        return replace(
            doctors,
            id=name,
            wave=wave,
            rem="LGC",
            requirements=requirements,
            informative=tuple(informative),
            options={},
        )

    return make


def test_a_sound_catalogue_has_nothing_to_say(profile):
    one = requirement("INS/va1.01", scenario("INS/va1.01.01", "INS/va1.01.01.01"))
    assert lint([one], [profile(one)], {}, {"INS/va1.01.01": ["test"]}) == ()


@pytest.mark.parametrize(
    ("requirements", "rule", "severity", "told"),
    [
        ([requirement("A.1", scenario("A.1.1"))], "lint.sans-preuve", "WARNING", "« A.1.1 » n’a aucune preuve"),
        ([requirement("A.1", scenario("A.1.1", "p"))], "lint.sans-test", "WARNING", "n’a aucun test"),
        (
            [requirement("A.1", scenario("A.1.1", "p")), requirement("A.2", scenario("A.2.1", "p"))],
            "lint.preuve",
            "ERROR",
            "« p » est demandée par A.1.1 et A.2.1 (wave1/essai)",
        ),
        ([requirement("A.1", scenario("A.1.1", "p", "p"))], "lint.preuve", "ERROR", "« p » est écrite deux fois"),
        (
            [requirement("A.1", scenario("S", "p")), requirement("A.2", scenario("S", "q"))],
            "lint.scenario",
            "WARNING",
            "« S » est porté par A.1 et A.2",
        ),
        (
            [requirement("A.1", scenario("S", "p")), requirement("A.1 (autre)", scenario("T", "q"))],
            "lint.deux-sens",
            "WARNING",
            "« A.1 » a 2 sens",
        ),
        (
            [requirement("DB/VI.1", scenario("S", "p")), requirement("DB.VI.1", scenario("T", "q"))],
            "lint.graphie",
            "WARNING",
            "ne diffèrent que par la ponctuation",
        ),
    ],
)
def test_each_fault_is_found(requirements, rule, severity, told, profile):
    findings = lint(requirements, [profile(*requirements)], {}, {})
    assert any(f.rule == rule and f.severity.value == severity and told in f.message for f in findings), findings


def test_leftovers_and_overrides(profile):
    one = requirement("A.1", scenario("S", "p"), option="utile")
    two = requirement("A.2", scenario("T", "q"))
    options = {slug: Option(slug, slug) for slug in ("utile", "morte")}
    other = profile(replace(one, title="Autre", summary="Autre."))
    findings = lint([one, two], [other], options, {"S": ["t"], "T": ["t"]})
    assert rules(findings) == {
        ("lint.option", "WARNING"),
        ("lint.orpheline", "INFO"),
        ("lint.deux-sens", "INFO"),
    }
    assert [finding.severity for finding in findings] == sorted(
        (finding.severity for finding in findings), key=list(Severity).index
    )


def test_delta_groups(profile):
    same = requirement("A.1", scenario("A.1.1", "A.1.1.1"))
    gone = requirement("A.2", scenario("A.2.1", "A.2.1.1"))
    new = requirement("A.3", scenario("A.3.1", "A.3.1.1"))
    words = requirement("A.4", scenario("A.4.1", "A.4.1.1"))
    means = requirement("A.5", scenario("A.5.1", "A.5.1.1"))
    binds = requirement("A.6", scenario("A.6.1", "A.6.1.1"))
    aside = requirement("A.7", scenario("A.7.1", "A.7.1.1"))
    kind = requirement("A.8", Scenario("A.8.1", "Jouer", Method.LIVE, (Proof("A.8.1.1", "video", "V"),)))
    start = profile(same, gone, words, means, binds, kind, informative=[aside])
    end = profile(
        same,
        new,
        replace(words, title="Autre titre"),
        replace(means, method=Method.EVIDENCE, scenarios=(scenario("A.5.1", "A.5.1.1", method=Method.EVIDENCE),)),
        replace(binds, nature=Nature.PRECONISATION, option="iam"),
        aside,
        replace(kind, scenarios=(Scenario("A.8.1", "Jouer", Method.LIVE, (Proof("A.8.1.1", "log", "V"),)),)),
        name="wave1/autre",
    )
    found = delta(start, end, NOTHING)
    groups = {name: [line.id for line in lines] for name, lines in found.groups.items()}
    assert groups == {
        "new": ["A.3"],
        "withdrawn": ["A.2"],
        "restated": [],
        "reworded": ["A.4"],
        "meaning": [],
        "method": ["A.5"],
        "nature": ["A.6"],
        "option": ["A.6"],
        "weight": ["A.7"],
        "unchanged": ["A.1", "A.8"],
    }
    assert found.groups["method"][0].detail == "A.5.1 : automatique, échanges observés → preuve à examiner"
    assert found.groups["nature"][0].detail == "EXIGENCE → PRECONISATION"
    assert found.proofs == {
        "valid": ["A.1.1.1", "A.6.1.1"],
        "review": [],
        "redo": ["A.4.1.1", "A.5.1.1", "A.8.1.1"],
        "make": ["A.3.1.1", "A.7.1.1"],
        "dropped": ["A.2.1.1"],
    }


def test_delta_from_wave_1_to_wave_2_reads_the_crosswalk(profile):
    taken = requirement("INS/va1.02", scenario("INS/va1.02.01", "INS/va1.02.01.01"))
    left = requirement("DMP/va1.01", scenario("DMP/va1.01.01", "DMP/va1.01.01.01"))
    other = requirement("ANN/va1.04", scenario("ANN/va1.04.01", "ANN/va1.04.01.01"))
    found = delta(profile(taken, left, other), profile(other, name="wave2/essai", wave=2), load_crosswalk())
    assert [(line.id, [name for name, _ in line.origins]) for line in found.groups["restated"]] == [
        ("INS/va1.02", [name for name, _ in load_crosswalk().origins("LGC", "INS/va1.02")])
    ]
    assert [(line.id, line.detail) for line in found.groups["withdrawn"]] == [("DMP/va1.01", "abandonnée en vague 2")]
    assert [line.id for line in found.groups["meaning"]] == ["ANN/va1.04"]
    assert found.proofs["review"] == ["INS/va1.02.01.01"]
    assert found.proofs["redo"] == ["ANN/va1.04.01.01"]
    assert found.proofs["dropped"] == ["DMP/va1.01.01.01"]
    assert ("LGC.INS.27", "absent") in found.dropped
    assert ("LGC.DMP.01", "obsolete") in found.dropped


def test_delta_of_a_profile_with_itself_keeps_every_proof():
    doctors = load_profile("wave1/doctors")
    found = delta(doctors, doctors, load_crosswalk())
    assert {name for name, lines in found.groups.items() if lines} == {"unchanged"}
    assert {name for name, numbers in found.proofs.items() if numbers} == {"valid"}


def test_delta_of_the_shipped_profiles_adds_up():
    start, end = load_profile("wave1/doctors"), load_profile("wave2/doctors")
    found = delta(start, end, load_crosswalk()).to_json()
    groups = found["groups"]
    common = {one.id for one in start.requirements} & {one.id for one in end.requirements}
    left = len(groups["withdrawn"]) + len(groups["restated"])
    assert left + len(common) == len(start.requirements)
    assert len(groups["new"]) + len(groups["weight"]) + len(common) == len(end.requirements)
    assert found["counts"]["new"] == len(groups["new"])


def test_the_crosswalk_holds_the_facts_of_the_public_draft(shared_data):
    path = shared_data.parent / "reference" / "rem" / "wave1_crosswalk.csv"
    if not path.is_file():
        pytest.skip(f"public crosswalk absent: {path}")
    crosswalk = load_crosswalk()
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {(line["rem"], line["reference_wave1"]) for line in lines} == {
        (rem, published) for rem, ids in crosswalk.restated.items() for published in ids
    }
    words = {"Approuvée": "approved", "Obsolète": "obsolete", "A retravailler": "rework", "redirigée": "redirected"}
    for line in lines:
        became = crosswalk.restated[line["rem"]][line["reference_wave1"]]
        asked = {name.strip() for name in line["restated_as"].split(";") if name.strip()}
        assert asked <= set(became)
        statuses = {words[word.strip()] for word in line["restated_status"].split(";") if word.strip() in words}
        assert statuses <= set(became.values())
        assert set(became.values()) <= set(STATUSES)


@pytest.mark.parametrize("name", ["INS/va1.28", "INS/va1.28.01", "INS/va1.28.01.01", "SC.INS/va1.28", "ins/VA1.28"])
def test_explain_by_requirement_scenario_or_proof(name):
    told = explain(name).to_json({"INS/va1.28.01": ["suites/x.py::test"]})
    assert told["id"] == "INS/va1.28"
    assert told["scenarios"][0]["tests"] == ["suites/x.py::test"]
    assert "wave1/doctors" in [use["id"] for use in told["profiles"]]
    assert told["written_in"].startswith("requirements/ins.yaml:")
    assert told["official"] == {}


def test_explain_what_does_not_exist():
    with pytest.raises(DataError, match="vouliez-vous dire"):
        explain("INS/va1.288")
    with pytest.raises(DataError, match="ne s’appelle"):
        explain("MSS/CONF.01", "wave1/doctors")

"""Profiles as somebody writes them by hand: what is right is selected and overridden, what is wrong is told."""

from __future__ import annotations

import pytest

from conformance.model.plan import Selection, build_plan
from conformance.model.profile import load_catalogue, load_profile, profile_ids
from conformance.model.requirement import Method, Nature
from conformance.model.vendor import DriverConfig, Software, Vendor
from conformance.model.yamlfile import DataError

HEAD = """\
profile: wave1/essai
title: Profil d’essai
profession: essai
wave: 1
rem: ESSAI
status: provisional
"""


def load(tmp_path, text, head=HEAD):
    path = tmp_path / "essai.yaml"
    path.write_text(head + text, encoding="utf-8")
    return load_profile(str(path))


def vendor(**fields):
    return Vendor("essai", "Essai", Software("L", "1"), DriverConfig("dossier"), file="essai.yaml", **fields)


def test_every_shipped_profile_loads():
    assert "wave1/doctors" in profile_ids()
    for name in profile_ids():
        profile = load_profile(name)
        assert profile.requirements
        assert len(profile.digest) == 64


def test_a_profile_selects_and_overrides_without_copying(tmp_path):
    profile = load(
        tmp_path,
        "select: [INS/va1.28, MSS/va1.30]\ninform: [PSC.08]\n"
        "overrides:\n  MSS/va1.30: {title: Prévenir de la suppression, nature: EXIGENCE, method: evidence}\n",
    )
    kept, changed = profile.requirements
    assert kept is load_catalogue()["INS/va1.28"]
    assert (changed.title, changed.nature, changed.method) == (
        "Prévenir de la suppression",
        Nature.EXIGENCE,
        Method.EVIDENCE,
    )
    assert {scenario.method for scenario in changed.scenarios} == {Method.EVIDENCE}
    assert load_catalogue()["MSS/va1.30"].nature is Nature.PRECONISATION
    assert [requirement.id for requirement in profile.informative] == ["PSC.08"]


def test_a_profile_extends_another_and_drops(tmp_path):
    doctors = load_profile("wave1/doctors")
    profile = load(
        tmp_path,
        "extends: [wave1/doctors]\ndrop: [ApCV/va1.01]\nselect: [PSC.02]\noverrides:\n  INS/va1.28: {title: Un autre titre}\n",
    )
    ids = [requirement.id for requirement in profile.requirements]
    assert len(ids) == len(doctors.requirements)
    assert "ApCV/va1.01" not in ids
    assert ids[-1] == "PSC.02"
    assert set(profile.options) == set(doctors.options) == {item.option for item in doctors.requirements if item.option}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("select: [INS/va1.280]\n", 7, ["exigence inconnue « INS/va1.280 »", "INS/va1.28"]),
        ("select:\n  - INS/va1.28\n  - INS/va1.31\n  - INS/va1.28\n", 10, ["sélectionnée deux fois"]),
        (
            "select: [INS/va1.28]\noverrides:\n  INS/va1.31: {title: Autre titre}\n",
            None,
            ["redéfinie sans être sélectionnée"],
        ),
        (
            "select: [INS/va1.28]\noverrides:\n  INS/va1.28: {titre: x}\n",
            9,
            ["clé inconnue « titre »", "vouliez-vous dire « title »"],
        ),
        (
            "select: [INS/va1.28]\noverrides:\n  INS/va1.28: {option: centre-sante}\n",
            None,
            ["option « centre-sante »", "« centre-de-sante »"],
        ),
        ("extends: [wave1/essais]\n", None, ["wave1"]),
        ("status: draft\n", 7, ["écrite deux fois"]),
    ],
)
def test_a_mistake_in_a_profile_is_told(tmp_path, text, line, words):
    with pytest.raises(DataError) as told:
        load(tmp_path, text)
    for word in words:
        assert word in str(told.value)
    if line is not None:
        assert told.value.line == line


def test_a_bad_profile_id_is_told(tmp_path):
    with pytest.raises(DataError, match="mal formé"):
        load(tmp_path, "select: []\n", HEAD.replace("wave1/essai", "Vague 1"))
    with pytest.raises(DataError, match="vouliez-vous dire « wave1/doctors »"):
        load_profile("wave1/doctor")


def test_what_the_vendor_declares_shapes_the_plan():
    profile = load_profile("wave1/doctors")
    plan = build_plan(profile, vendor(not_applicable={"INS/va1.28": "notre logiciel n’appelle jamais INSi"}))
    centre, lunar = plan.find("INS/va1.14.01"), plan.find("INS/va1.28.01")
    assert centre is not None
    assert centre.excluded == "option « Centres de santé » non déclarée par l’éditeur"
    assert lunar is not None
    assert "n’appelle jamais INSi" in (lunar.excluded or "")
    assert not lunar.obligatory
    informed = plan.find("PSC.08.01")
    assert informed is not None
    assert not informed.obligatory
    assert build_plan(profile, vendor(options=frozenset({"centre-de-sante"}))).find("INS/va1.14.01").excluded is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"options": frozenset({"centre-sante"})}, "vouliez-vous dire « centre-de-sante »"),
        ({"not_applicable": {"INS/va1.280": "sans objet pour nous"}}, "n’est dans aucun profil"),
    ],
)
def test_a_declaration_the_profile_does_not_know_is_refused(fields, words):
    with pytest.raises(DataError, match=words):
        build_plan(load_profile("wave1/doctors"), vendor(**fields))


def test_a_selection_that_takes_nothing_is_refused():
    plan = build_plan(load_profile("wave1/doctors"), vendor())
    Selection(ids=("INS/va1.28",)).check(plan)
    with pytest.raises(DataError, match="aucun scénario"):
        Selection(ids=("INS/va1.28",), sections=("MSS",)).check(plan)
    with pytest.raises(DataError, match="section inconnu"):
        Selection(sections=("INSI",)).check(plan)

"""An imported list is kept outside the project, and the profile that finds it is the official one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.catalogue.importing import Wanted, read_list, write_list
from conformance.model.official import base, overlay_folder, overlay_path, read_overlay
from conformance.model.plan import build_plan
from conformance.model.profile import load_profile
from conformance.model.requirement import Method, Nature
from conformance.model.vendor import DriverConfig, Software, Vendor
from conformance.model.yamlfile import DataError
from tests.catalogue.sheets import FINAL, laid_out, rows_of

DOCTORS = "wave1/doctors"


@pytest.fixture
def imported(write, doctors):
    """Writes a changed list and gives the profile that comes of it."""

    def call(change=lambda rows: rows, *, partial=False):
        read = read_list(write(laid_out(FINAL, change(rows_of(doctors)))), Wanted(DOCTORS))
        write_list(read, partial=partial)
        return read, load_profile(DOCTORS)

    return call


def test_a_list_alike_makes_the_profile_official_and_changes_nothing_else(imported, doctors, lists):
    read, profile = imported()
    assert read.changes == ()
    assert profile.status == "official"
    assert profile.status_label == "liste officielle importée"
    assert [one.id for one in profile.requirements] == [one.id for one in doctors.requirements]
    assert [one.scenarios for one in profile.requirements] == [one.scenarios for one in doctors.requirements]
    assert profile.informative == doctors.informative
    first = profile.requirements[0]
    assert first.official == f"Le système DOIT : texte inventé pour {first.id}."
    assert (profile.digest, len(profile.digest)) != (doctors.digest, 0)
    assert profile.sources[0].startswith("Liste officielle importée : liste.xlsx")
    assert overlay_path(DOCTORS).is_relative_to(lists)


@pytest.mark.parametrize("name", ["wave1/radiology", "wave2/doctors", "wave2/drimbox"])
def test_other_profiles_come_back_whole(name, write):
    """Numbers borne by two requirements, options, and hundreds of ids: nothing is lost nor changed on the way."""
    shipped = load_profile(name, official=False)
    titles = {one.id: shipped.options[one.option].title for one in shipped.requirements if one.option}
    rows = rows_of(shipped)
    for row in rows:
        row["profil"] = titles.get(str(row["id"]), "Général")
        row["id"] = "SC." + base(str(row["id"]))
    read = read_list(write(laid_out(FINAL, rows)))
    assert (read.profile.id, read.changes) == (name, ())
    write_list(read)
    official = load_profile(name)
    assert [replace(one, official=None) for one in official.requirements] == list(shipped.requirements)
    assert all(one.official for one in official.requirements)


def test_without_a_list_nothing_changes(doctors):
    assert load_profile(DOCTORS) == doctors
    assert all(one.official is None for one in doctors.requirements)


def test_what_the_list_adds_and_takes_away(imported, doctors):
    def change(rows):
        kept = [row for row in rows if row["id"] != "INS/va1.28"]
        kept += [
            {
                "id": "LGC.MDV.06",
                "exigence": "Une exigence que nul ne connaît.",
                "chapitre": "Médecine de ville",
                "nature de l exigence": "Préconisation",
                "n scenario": "MDV.06.01",
                "scenario de conformite": "Jouer",
                "n preuve": "MDV.06.01.01",
                "preuve": "Capture d'écran",
            },
            {"id": "SC.PSC.01", "exigence": "Pro Santé Connect, désormais demandé."},
            {"id": "MSS/CONF.01", "exigence": "D’un autre profil."},
        ]
        return kept

    read, profile = imported(change)
    kinds = {(one.kind, one.id) for one in read.changes}
    assert kinds == {
        ("withdrawn", "INS/va1.28"),
        ("unknown", "LGC.MDV.06"),
        ("known", "SC.PSC.01"),
        ("known", "MSS/CONF.01"),
    }
    named = {one.id: one for one in profile.requirements}
    assert "INS/va1.28" in [one.id for one in profile.informative]
    added = named["LGC.MDV.06"]
    assert (added.nature, added.method, added.section_title) == (
        Nature.PRECONISATION,
        Method.EVIDENCE,
        "Médecine de ville",
    )
    assert [(s.id, [(p.id, p.kind) for p in s.proofs]) for s in added.scenarios] == [
        ("MDV.06.01", [("MDV.06.01.01", "capture")])
    ]
    assert "nul ne connaît" not in added.title + added.summary + added.scenarios[0].title
    assert "PSC.01" in named
    assert "PSC.01" not in [one.id for one in profile.informative]
    assert named["MSS/CONF.01"].method is Method.LIVE
    vendor = Vendor("essai", "Essai", Software("L", "1"), DriverConfig("dossier"))
    assert build_plan(profile, vendor).find("MDV.06.01") is not None


def test_the_list_sets_nature_condition_and_numbering(imported):
    def change(rows):
        for row in rows:
            if row["id"] == "INS/va1.28":
                row |= {"nature de l exigence": "PRECONISATION", "profil": "Centres de santé"}
            if row["id"] == "INS/va1.31":
                row["profil"] = "Profil inconnu"
        rows.append({"id": "INS/va1.28", "exigence": rows_text(rows, "INS/va1.28"), "profil": "Centres de santé"})
        rows[-1] |= {"n scenario": "INS/va1.28.09", "n preuve": "INS/va1.28.09.01", "preuve": "Vidéo"}
        return rows

    read, profile = imported(change)
    kinds = {(one.kind, one.id, one.detail) for one in read.changes}
    assert ("nature", "INS/va1.28", "EXIGENCE → PRECONISATION") in kinds
    assert ("option", "INS/va1.28", "aucun → centre-de-sante") in kinds
    assert ("option", "INS/va1.31", "aucun → Profil inconnu") in kinds
    assert ("numbering", "INS/va1.28", "en plus : INS/va1.28.09") in kinds
    one = next(r for r in profile.requirements if r.id == "INS/va1.28")
    assert (one.nature, one.option) == (Nature.PRECONISATION, "centre-de-sante")
    assert [(s.id, s.method) for s in one.scenarios] == [
        ("INS/va1.28.01", Method.LIVE),
        ("INS/va1.28.09", Method.EVIDENCE),
    ]
    assert "centre-de-sante" in profile.options
    assert next(r for r in profile.requirements if r.id == "INS/va1.31").option is None


def rows_text(rows, name):
    return next(row["exigence"] for row in rows if row["id"] == name)


def test_a_second_import_tells_what_was_reworded_and_moved(imported):
    imported()

    def change(rows):
        for row in rows:
            if row["id"] == "INS/va1.28":
                row["exigence"] = "Le système DOIT : autres mots."
            if row["id"] == "INS/va1.31":
                row["exigence"] = str(row["exigence"]).replace(" : ", "\u00a0:  ").upper()
                row["chapitre"] = "Ailleurs"
            if row["id"] == "INS/va1.32":
                row["scenario de conformite"] = "Jouer autrement"
        return [row for row in rows if row["id"] != "PORT/va1.01"]

    read, _ = imported(change)
    kinds = {(one.kind, one.id) for one in read.changes}
    assert kinds == {
        ("reworded", "INS/va1.28"),
        ("moved", "INS/va1.31"),
        ("scenarios", "INS/va1.32"),
        ("gone", "PORT/va1.01"),
        ("withdrawn", "PORT/va1.01"),
    }


def test_a_list_with_errors_or_too_short_is_not_written(write, doctors, lists):
    rows = rows_of(doctors)
    wrong = read_list(write(laid_out(FINAL, [*rows, {"id": "NON", "exigence": "x", "chapitre": "y"}])), Wanted(DOCTORS))
    with pytest.raises(DataError, match="1 ligne\\(s\\) en erreur"):
        write_list(wrong)
    short = read_list(write(laid_out(FINAL, rows[:20])), Wanted(DOCTORS))
    with pytest.raises(DataError, match="n’énonce que"):
        write_list(short)
    stranger = read_list(write(laid_out(FINAL, [{"id": "ZZ.01", "exigence": "x", "chapitre": "y"}])), Wanted(DOCTORS))
    with pytest.raises(DataError, match="aucune exigence du profil"):
        write_list(stranger, partial=True)
    assert not lists.exists()
    assert write_list(short, partial=True).is_file()


def test_the_project_never_receives_official_wording(write, doctors):
    read = read_list(write(laid_out(FINAL, rows_of(doctors))), Wanted(DOCTORS))
    root = Path(__file__).resolve().parents[2]
    for folder in (root, root / "reports", root / "conformance" / "profiles"):
        with pytest.raises(DataError, match="est celui du banc"):
            write_list(read, folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": "autre/1"}',
        '{"schema": "segur-conformance/overlay/1"}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_spoilt_file_is_told(text, lists):
    path = overlay_path(DOCTORS)
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match="n’est pas une liste importée utilisable"):
        load_profile(DOCTORS)


def test_a_list_of_another_profile_is_refused(imported):
    imported()
    path = overlay_path("wave2/doctors")
    path.parent.mkdir(parents=True)
    path.write_bytes(overlay_path(DOCTORS).read_bytes())
    with pytest.raises(DataError, match="pour le profil « wave1/doctors »"):
        load_profile("wave2/doctors")


def test_what_is_written_is_read_back(imported):
    read, _ = imported()
    assert read_overlay(DOCTORS) == read.overlay
    data = json.loads(overlay_path(DOCTORS).read_text(encoding="utf-8"))
    assert len(data["source"]["sha256"]) == 64
    assert data["source"]["imported"].endswith("+00:00")


def test_where_lists_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("SEGUR_CATALOGUE", str(tmp_path / "x"))
    assert overlay_folder() == tmp_path / "x"
    monkeypatch.delenv("SEGUR_CATALOGUE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert overlay_folder() == tmp_path / "data" / "segur-conformance" / "catalogue"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert overlay_folder() == tmp_path / "local" / "segur-conformance" / "catalogue"

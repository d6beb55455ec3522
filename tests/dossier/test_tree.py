"""Laying a dossier out: a folder and a note for each expected proof, and nothing that exists is changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from conformance.checks.evidence import accepted_types
from conformance.dossier.reading import proofs_of
from conformance.dossier.settings import Settings, read_settings, write_settings
from conformance.dossier.tree import lay_out, note
from conformance.drivers.dossier import Dossier, proof_folder
from conformance.model.plan import Plan, build_plan
from conformance.model.profile import load_profile, profile_ids
from conformance.model.requirement import Proof
from conformance.model.yamlfile import DataError


def test_each_expected_proof_has_its_folder_and_its_note(plan: Plan, folder: Path) -> None:
    laid = lay_out(plan, folder)
    expected = [proof.id for item in plan.items for proof in proofs_of(item.scenario)]
    assert laid.written == len(expected) == 11
    assert {path.parent.relative_to(folder).as_posix() for path in folder.rglob("LISEZ-MOI.txt")} == set(expected)


def test_the_note_says_what_to_show(plan: Plan) -> None:
    item = plan.find("INS/va1.02.01")
    assert item is not None
    said = note(plan, item, item.scenario.proofs[0])
    protocol = item.requirement.protocol
    assert protocol is not None
    flat = " ".join(said.replace("\u202f", " ").replace("\u00a0", " ").split())
    for text in (
        protocol.show,
        protocol.accepted,
        protocol.refused,
        item.scenario.title,
        item.scenario.proofs[0].title,
    ):
        assert " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split()) in flat
    assert all(extension in said for extension in accepted_types("video") - {"yml"})
    assert max(map(len, said.splitlines())) <= 100


def test_a_proof_without_protocol_has_the_note_of_its_kind(plan: Plan) -> None:
    item = plan.items[0]
    bare = replace(item, requirement=replace(item.requirement, protocol=None))
    assert "sans coupure" in note(plan, bare, Proof("INS/x", "video", "Vidéo"))
    assert "Modèle d’attestation" in note(plan, bare, Proof("INS/x", "declaration", "Déclaration"))
    assert "dans la version éprouvés" in note(plan, bare, Proof("INS/x", "soap", "Échange"))


def test_nothing_that_exists_is_changed(plan: Plan, folder: Path) -> None:
    lay_out(plan, folder)
    kept = folder / "INS" / "va1.02.01.01" / "LISEZ-MOI.txt"
    kept.write_text("à moi", encoding="utf-8")
    (folder / "INS" / "va1.02.02.01" / "LISEZ-MOI.txt").unlink()
    laid = lay_out(plan, folder)
    assert (laid.written, laid.kept) == (1, 10)
    assert kept.read_text(encoding="utf-8") == "à moi"


def test_what_does_not_apply_has_no_folder(plan: Plan, folder: Path) -> None:
    vendor = replace(plan.vendor, not_applicable={"INS/va1.55": "écrit par le responsable"})
    lay_out(build_plan(plan.profile, vendor), folder)
    assert not (folder / "INS" / "va1.55.01.01").exists()
    assert (folder / "INS" / "va1.02.01.01").exists()


def test_what_the_harness_writes_is_no_piece(plan: Plan, folder: Path, put) -> None:
    lay_out(plan, folder)
    write_settings(folder, Settings("wave1/doctors"))
    put("revues.jsonl", "")
    put(".cache/x.png", b"x")
    put("INS/va1.02.01.01/dossier.yaml", "a: 1")
    assert [piece.name for piece in Dossier.open(folder).pieces] == ["INS/va1.02.01.01/dossier.yaml"]


@pytest.mark.parametrize(
    ("name", "proof", "section", "under"),
    [
        ("INS/va1.02.01.01/a.png", "INS/va1.02.01.01", "INS", True),
        ("ins/VA1.02.01.01/sous/a.png", "INS/va1.02.01.01", "INS", True),
        ("INS/va1.02.01.011/a.png", "INS/va1.02.01.01", "INS", False),
        ("X/INS/va1.02.01.01/a.png", "INS/va1.02.01.01", "INS", False),
        ("PSC/PSC.01.01.01/a.png", "PSC.01.01.01", "PSC", True),
        ("DMP/PSC.01.01.01/a.png", "PSC.01.01.01", "PSC", False),
        ("DB/CO/DB.CO.02/a.png", "DB.CO.02", "DB/CO", True),
        ("DB.CO.02/a.png", "DB.CO.02", "DB/CO", False),
    ],
)
def test_which_files_stand_under_a_number(name: str, proof: str, section: str, under: bool, put, opened) -> None:
    put(name, b"x")
    assert bool(opened().for_proof(proof, section)) is under


@pytest.mark.parametrize("profile_id", profile_ids())
def test_every_profile_can_be_laid_out_and_read_back(profile_id: str, plan: Plan, tmp_path: Path) -> None:
    """Folders are distinct, whatever the letter case, and none is inside another."""
    profile = load_profile(profile_id)
    vendor = replace(plan.vendor, options=frozenset(profile.options))
    items = build_plan(profile, vendor).items
    places = [proof_folder(proof.id, item.requirement.section) for item in items for proof in proofs_of(item.scenario)]
    known = {folder.casefold() for folder in places}
    assert len(known) == len(places)
    # None is inside another: a piece has one place.
    assert not [folder for folder in known if known & set(map(str, PurePosixPath(folder).parents))]
    reserved = set('<>:"\\|?*')
    assert all(not reserved & set(folder) and not folder.endswith((".", " ")) for folder in places)


def test_settings_are_written_once_and_read_back(tmp_path: Path, folder: Path) -> None:
    vendor = tmp_path / "configurations" / "acme.yaml"
    assert read_settings(folder) == Settings()
    assert write_settings(folder, Settings("wave1/doctors", vendor))
    assert not write_settings(folder, Settings("wave1/autre"))
    assert read_settings(folder) == Settings("wave1/doctors", vendor.resolve())
    assert "../configurations/acme.yaml" in (folder / "dossier.yaml").read_text(encoding="utf-8")


def test_ill_written_settings_are_told(folder: Path) -> None:
    (folder / "dossier.yaml").write_text("profil: wave1/doctors", encoding="utf-8")
    with pytest.raises(DataError, match="profil"):
        read_settings(folder)

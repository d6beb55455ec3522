"""``pack`` and ``check --pack --volet``: what a user types, sees and gets as an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.validation.packs import GENERIC
from conformance.validation.xsd import PACK_VARIABLE
from tests.validation.pack_kit import make_pack

Out = pytest.CaptureFixture[str]
CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/></ClinicalDocument>'
SAYS = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="c" uri="urn:hl7-org:v3"/>
<pattern id="p"><rule context="c:id"><assert test="false()">{}</assert></rule></pattern></schema>"""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUR_PACKS", str(tmp_path / "registre"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(PACK_VARIABLE, raising=False)


def pack(tmp_path: Path, name: str) -> Path:
    """A pack whose volet VAC says the name of the pack."""
    folder = make_pack(tmp_path / name)
    file = folder / "schematrons" / "CI-SIS_VAC_2023.01.sch"
    file.write_text(SAYS.format(f"règle de {name}"), encoding="utf-8")
    return folder


def told(capsys: Out) -> str:
    return capsys.readouterr().out.replace("\u00a0", " ").replace("\u202f", " ")


def test_add_list_and_verify(tmp_path: Path, capsys: Out) -> None:
    assert main(["pack", "list"]) == 4
    assert main(["pack", "verify"]) == 4
    assert main(["pack", "add", str(pack(tmp_path, "un"))]) == 0
    said = told(capsys)
    assert "[pack.terminology.missing]" in said
    assert "Pack « un » enregistré" in said
    assert main(["pack", "add", str(pack(tmp_path, "deux")), "--json"]) == 0
    added = json.loads(capsys.readouterr().out)
    assert (added["name"], added["current"], added["known"]) == ("deux", True, False)
    assert main(["pack", "list"]) == 0
    lines = told(capsys).splitlines()
    assert [line[:6].rstrip() for line in lines] == ["  un", "* deux"]
    assert main(["pack", "verify"]) == 0
    assert told(capsys).count(" : intact (sha256 ") == 2
    (Path(added["folder"]) / GENERIC["IHE"]).unlink()
    assert main(["pack", "verify", "--json"]) == 1
    assert [each["intact"] for each in json.loads(capsys.readouterr().out)] == [True, False]
    assert main(["pack", "verify", "un"]) == 0
    assert main(["pack", "verify", "trois"]) == 2


@pytest.mark.parametrize("source", ["absent", "ext::sh -c id", "-u"])
def test_a_source_that_is_none_is_a_mistake_of_the_user(source: str, capsys: Out) -> None:
    assert main(["pack", "add", "--", source]) == 2
    assert "Erreur" in capsys.readouterr().err


def test_check_takes_the_pack_and_the_volet_that_are_asked_for(tmp_path: Path, capsys: Out) -> None:
    for name in ("un", "deux"):
        assert main(["pack", "add", str(pack(tmp_path, name))]) == 0
    letter = tmp_path / "lettre.xml"
    letter.write_bytes(CDA)
    capsys.readouterr()
    for options, name in (([], "deux"), (["--pack", "un"], "un"), (["--pack", str(tmp_path / "un")], "un")):
        assert main(["check", *options, "--volet", "1.2.250.1.213.1.1.1.37^2023.01", str(letter)]) == 1
        said = told(capsys)
        assert f"règle de {name}" in said
        assert "(volet VAC_2023.01)" in said
    assert main(["check", str(letter)]) == 1
    assert "volet.unknown" in told(capsys)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--volet", "VAC_2022.01"], "« VAC_2023.01 »"),
        (["--volet", "1.2.250.1.213.1.1.1.55^1"], "« BIO-CR-BIO_2021.01 » ou « BIO-CR-BIO_2024.01 »"),
        (["--volet", "zzz"], "Aucun n’y ressemble"),
        (["--pack", "une"], "vouliez-vous dire « un »"),
        (["--pack", "."], "pas un pack de l’Agence complet"),
    ],
)
def test_an_unknown_pack_or_volet_is_told_with_its_neighbours(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, options: list[str], hint: str
) -> None:
    assert main(["pack", "add", str(pack(tmp_path, "un"))]) == 0
    (tmp_path / "a.xml").write_bytes(CDA)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["check", *options, "a.xml"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert hint in said.err.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_volet_without_any_pack_is_a_mistake(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "a.xml").write_bytes(CDA)
    assert main(["check", "--volet", "VAC_2023.01", str(tmp_path / "a.xml")]) == 2
    assert "pack add" in capsys.readouterr().err

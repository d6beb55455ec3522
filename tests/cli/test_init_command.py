"""``init``: a configuration to fill in, never over another, and the commands that follow."""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path

import pytest

from conformance.cli import COMMANDS
from conformance.cli.init import TEMPLATE, filled
from conformance.model.vendor import load_vendor
from tests.conftest import ROOT


def test_the_template_is_one() -> None:
    """The package carries its own copy, so that ``init`` works without the repository."""
    told = (ROOT / "vendor_configs" / "_template.yaml").read_text(encoding="utf-8")
    assert TEMPLATE.read_text(encoding="utf-8") == told
    assert resources.files("conformance.cli").joinpath("template.yaml").is_file()


def test_it_writes_a_configuration_that_loads_and_says_what_to_type(run, tmp_path) -> None:
    done = run("init", "acme")
    assert (done.code, done.err) == (0, "")
    vendor = load_vendor(tmp_path / "vendor_configs" / "acme.yaml", {})
    assert (vendor.id, vendor.bench_folder) == ("acme", None)
    steps = [line.partition(". ")[2] for line in done.out.splitlines() if line.startswith("  ")]
    assert len(steps) == 3
    for step in steps:
        program, script, command, *words = shlex.split(step)
        assert (program, script) == ("python", "run_conformance.py")
        assert command in COMMANDS
        assert words[:2] == ["--vendor", "acme"]


def test_with_an_address_the_bench_is_kept_on_fixed_ports(run, tmp_path) -> None:
    done = run("init", "acme", "--url", "https://logiciel.test:9000/api#{x}&*")
    assert done.code == 0
    assert "acme.banc" in done.out
    vendor = load_vendor(tmp_path / "vendor_configs" / "acme.yaml", {})
    assert vendor.driver.url == "https://logiciel.test:9000/api#{x}&*"
    assert vendor.bench_folder == (tmp_path / "vendor_configs" / "acme.banc").resolve()
    assert set(vendor.ports) == {
        "insi",
        "dmp",
        "psc",
        "wallet",
        "mss",
        "annuaire",
        "imap",
        "autoconfig",
        "revocation",
        "hl7",
        "hl7s",
    }
    assert 0 not in vendor.ports.values()


def test_a_file_that_exists_is_never_changed(run, tmp_path) -> None:
    path = tmp_path / "vendor_configs" / "acme.yaml"
    path.parent.mkdir()
    path.write_text("à moi", encoding="utf-8")
    done = run("init", "acme")
    assert done.code == 2
    assert "existe déjà" in done.err
    assert path.read_text(encoding="utf-8") == "à moi"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Logiciel Santé n°2"], "logiciel-sante-n2"),
        (["../ailleurs"], "minuscules, chiffres et tirets"),
        (["été"], "ete"),
        (["acme", "--url", "127.0.0.1:80"], "une adresse http ou https"),
        (["acme", "--url", "http://a\nvendor: autre"], "une adresse http ou https"),
        ([], "Il manque l’argument"),
    ],
)
def test_a_wrong_word_is_told_and_nothing_is_written(words: list[str], told: str, run, tmp_path: Path) -> None:
    done = run("init", *words)
    assert done.code == 2
    assert told in done.err
    assert list(tmp_path.iterdir()) == []


def test_only_what_must_be_is_changed() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    plain = [
        pair
        for pair in zip(text.splitlines(), filled(text, "acme", None).splitlines(), strict=True)
        if len(set(pair)) > 1
    ]
    assert [new for _, new in plain] == ["vendor: acme", "  #: folder: acme.banc"]
    changed = zip(text.splitlines(), filled(text, "acme", "http://127.0.0.1:1").splitlines(), strict=True)
    assert len([pair for pair in changed if len(set(pair)) > 1]) == 5

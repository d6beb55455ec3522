"""``doctor``: what is missing is told with what to do, and the exit code says whose business it is."""

from __future__ import annotations

import socket
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from conformance.cli import checkup, main

VENDOR = """vendor: essai
name: Éditeur d’essai
software: {{name: Essai, version: "1.0"}}
driver: {driver}
bench: {{ports: {{insi: {port}}}}}
patience: {{action_s: 2}}
"""


def written(folder: Path, driver: str, port: int = 0) -> str:
    path = folder / "essai.yaml"
    path.write_text(VENDOR.format(driver=driver, port=port), encoding="utf-8")
    return str(path)


def test_the_bench_answers_over_tls(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUR_CI_SIS_PACK", raising=False)
    monkeypatch.setenv("SEGUR_ALLURE", "aucune-commande-de-ce-nom")
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    for line in (
        "✓ Python",
        "✓ Paquets installés",
        "✓ Téléservice INSi",
        "✓ DMP",
        "✓ Opérateur MSSanté",
        "– Commande Allure absente",
    ):
        assert line in told
    assert told.count("(TLSv1") == 9
    assert "✓ Révocation des certificats" in told
    assert "– Pack de l’Agence absent" in told
    assert "SEGUR_CI_SIS_PACK" in told


def test_a_port_already_taken_stops_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        words = ["doctor", "--vendor", written(tmp_path, '{kind: http, url: "http://127.0.0.1:9/pilote/v1"}', port)]
        assert main(words) == 3
    told = capsys.readouterr().out
    assert f"✗ Port {port} (insi) indisponible" in told
    assert "bench.ports.insi" in told
    assert "Téléservice INSi" not in told


def test_a_software_that_does_not_answer_is_not_our_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/pilote/v1"
    assert main(["doctor", "--vendor", written(tmp_path, f'{{kind: http, url: "{url}"}}')]) == 4
    told = capsys.readouterr().out
    assert "✗ Logiciel\u00a0: action" in told
    assert "essai.yaml" in told


def test_a_software_that_cannot_be_launched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["doctor", "--vendor", written(tmp_path, '{kind: http, launch: ["./aucun-programme"]}')]
    assert main(words) == 4
    assert "n’a pas pu être lancé" in capsys.readouterr().out


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "requires", lambda _: ["paquet-absent>=1.2", 'autre; extra == "dev"', "click>=8"])
    assert list(checkup._missing_packages()) == ["paquet-absent"]


def test_a_clone_that_is_not_installed_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> list[str]:
        raise PackageNotFoundError

    monkeypatch.setattr(checkup, "requires", absent)
    line = checkup._packages()
    assert (line.symbol, line.code) == ("–", 0)

"""A run that is killed, a software that hangs, a dossier that is hostile: nothing proven is lost, nothing crashes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from conformance.recorder import read_results

ROOT = Path(__file__).resolve().parent.parent
CLI = [sys.executable, str(ROOT / "run_conformance.py")]
VENDOR = str(ROOT / "vendor_configs" / "reference.yaml")


def cli(*words, cwd, timeout=240):
    return subprocess.run(
        [*CLI, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def verdicts(folder):
    document = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return {s["id"]: s["verdict"] for r in document["requirements"] for s in r["scenarios"]}, document


@pytest.mark.slow
def test_a_killed_run_is_resumed_without_losing_what_was_proven(tmp_path):
    folder = tmp_path / "execution"
    words = ["run", "--vendor", VENDOR, "--section", "INS", "--method", "live", "--run-dir", str(folder), "--no-report"]
    with subprocess.Popen(
        [*CLI, *words], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        deadline = time.monotonic() + 120
        while len(read_results(folder)) < 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        running.kill()
    proven = read_results(folder)
    assert len(proven) >= 5
    assert not (folder / "run.json").exists()
    done = cli("run", "--resume", folder, "--no-report", cwd=tmp_path)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    found, document = verdicts(folder)
    assert set(found.values()) <= {"CONFORME", "NON_VERIFIE"}, found
    kept = read_results(folder)
    assert all(kept[name].at == result.at for name, result in proven.items() if result.verdict.final)
    assert document["segments"] >= 2
    assert cli("replay", folder, "--no-report", cwd=tmp_path).returncode == done.returncode


@pytest.mark.slow
def test_a_replay_gives_the_same_verdicts_and_tells_a_changed_byte(tmp_path):
    folder = tmp_path / "execution"
    cli(
        "run",
        "--vendor",
        VENDOR,
        "--section",
        "MSS",
        "--section",
        "DMP",
        "--run-dir",
        folder,
        "--no-report",
        cwd=tmp_path,
    )
    again = tmp_path / "rejeu"
    done = cli("replay", folder, "--run-dir", again, "--no-report", cwd=tmp_path)
    assert verdicts(folder)[0] == verdicts(again)[0], done.stdout + done.stderr
    assert "CONFORME" in verdicts(again)[0].values()
    blob = max((folder / "blobs").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    refused = cli("replay", folder, "--run-dir", tmp_path / "autre", "--no-report", cwd=tmp_path)
    assert refused.returncode == 2
    assert "altér" in refused.stderr + refused.stdout


def test_a_hostile_dossier_gives_a_clear_finding_each_and_crashes_nothing(tmp_path):
    files = tmp_path / "dossier"
    files.mkdir()
    (files / "pdf-renomme.xml").write_bytes(b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n")
    (files / "vide.xml").write_bytes(b"")
    (files / "utf16.xml").write_bytes(
        '<?xml version="1.0" encoding="UTF-16"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>'.encode("utf-16")
    )
    secret = tmp_path / "secret.txt"
    secret.write_text("CONTENU-TRES-SECRET", encoding="utf-8")
    (files / "xxe.xml").write_text(
        f'<?xml version="1.0"?><!DOCTYPE c [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&x;</title></ClinicalDocument>',
        encoding="utf-8",
    )
    with (files / "enorme.xml").open("wb") as file:
        file.write(b"<ClinicalDocument>")
        file.truncate(200 * 1024 * 1024)
    with zipfile.ZipFile(files / "bombe.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", b"\0" * (300 * 1024 * 1024))
    done = cli(
        "run", "--vendor", VENDOR, "--driver", "dossier", "--dossier", files, "--run-dir", tmp_path / "e", cwd=tmp_path
    )
    assert done.returncode in (1, 4), done.stdout + done.stderr
    _, document = verdicts(tmp_path / "e")
    told = {one["name"]: " ".join(f["message"] for f in one["findings"]) for one in document["documents"]}
    assert set(told) == {"pdf-renomme.xml", "vide.xml", "utf16.xml", "xxe.xml", "enorme.xml", "bombe.zip"}
    for name, word in {
        "pdf-renomme.xml": "PDF",
        "vide.xml": "vide",
        "utf16.xml": "UTF-8",
        "xxe.xml": "DOCTYPE",
        "enorme.xml": "volumineux",
        "bombe.zip": "",
    }.items():
        assert told[name], name
        assert word in told[name], (name, told[name])
    assert "Traceback" not in done.stdout + done.stderr
    for path in (tmp_path / "e").rglob("*"):
        if path.is_file():
            assert b"CONTENU-TRES-SECRET" not in path.read_bytes(), path


@pytest.mark.slow
def test_an_absent_software_is_not_verified_and_quickly(tmp_path):
    vendor = tmp_path / "absent.yaml"
    vendor.write_text(
        'vendor: absent\nname: Absent\nsoftware: {name: Absent, version: "1"}\nprofile: wave1/doctors\n'
        'driver: {kind: http, url: "http://127.0.0.1:9/pilote/v1"}\n',
        encoding="utf-8",
    )
    began = time.monotonic()
    done = cli("run", "--vendor", vendor, "--run-dir", tmp_path / "e", "--no-report", cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    found, _ = verdicts(tmp_path / "e")
    assert set(found.values()) == {"NON_VERIFIE", "NON_APPLICABLE"}
    assert time.monotonic() - began < 60

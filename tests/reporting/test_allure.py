"""Allure results: complete, stable from one run to the next, and deaf to the names of the tests."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.reporting import allure_files, report
from conformance.reporting.allure import write_allure
from conformance.reporting.allure_html import VARIABLE, VERSION, find_command, generate, install, strip_tracker
from conformance.reporting.sniff import sniff

Run = dict[str, Any]


def results(folder: Path) -> dict[str, Run]:
    read = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]
    return {label(result, "as_id"): result for result in read}


def label(result: Run, name: str) -> str:
    return next(str(entry["value"]) for entry in result["labels"] if entry["name"] == name)


def test_one_result_a_scenario_with_its_verdict(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(18)
    found = results(write_allure(run, tmp_path, tmp_path / "a"))
    expected = {"CONFORME": "passed", "NON_CONFORME": "failed", "ERREUR_BANC": "broken"}
    scenarios = [
        (requirement, scenario) for requirement in run["requirements"] for scenario in requirement["scenarios"]
    ]
    assert len(found) == len(scenarios)
    for requirement, scenario in scenarios:
        result = found[scenario["id"]]
        assert result["status"] == expected.get(scenario["verdict"], "skipped")
        assert label(result, "verdict") == scenario["verdict"]
        assert label(result, "requirement") == requirement["id"]
        assert result["statusDetails"]["message"].startswith(scenario["verdict"])
    severities = Counter(label(result, "severity") for result in found.values())
    assert severities == {"critical": 18, "minor": 1, "trivial": 1}


def test_identifiers_survive_a_new_run_and_renamed_tests(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    before = results(write_allure(run, tmp_path, tmp_path / "a"))
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            scenario["test"] = "ailleurs.py::autre_nom"
    run["id"], run["started"] = "une-autre-execution", "2027-01-02T03:04:05Z"
    after = results(write_allure(run, tmp_path, tmp_path / "b"))
    for key in ("historyId", "testCaseId", "fullName"):
        assert {name: result[key] for name, result in before.items()} == {
            name: result[key] for name, result in after.items()
        }
        assert len({result[key] for result in before.values()}) == len(before)
    assert not {result["uuid"] for result in before.values()} & {result["uuid"] for result in after.values()}


def test_identifiers_differ_between_profiles(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(3)
    before = results(write_allure(run, tmp_path, tmp_path / "a"))
    run["profile"]["id"] = "wave2/doctors"
    after = results(write_allure(run, tmp_path, tmp_path / "b"))
    assert all(before[name]["historyId"] != after[name]["historyId"] for name in before)


def test_the_same_run_gives_the_same_bytes(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    first, second = (write_allure(run, tmp_path, tmp_path / name) for name in ("a", "b"))
    files = sorted(path.name for path in first.iterdir())
    assert files == sorted(path.name for path in second.iterdir())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)


def test_results_of_another_run_are_removed(make_run: Callable[..., Run], tmp_path: Path) -> None:
    write_allure(make_run(12), tmp_path, tmp_path / "a")
    assert len(results(write_allure(make_run(3), tmp_path, tmp_path / "a"))) == 5


def test_attachments_exist_once_each(make_run: Callable[..., Run], tmp_path: Path) -> None:
    target = write_allure(make_run(), tmp_path, tmp_path / "a")
    sources = Counter[str]()
    for result in results(target).values():
        for holder in (result, *result.get("steps", [])):
            sources.update(entry["source"] for entry in holder.get("attachments", []))
    assert sources
    assert max(sources.values()) > 1, "lettre.xml is shared"
    assert set(sources) == {path.name for path in target.glob("*-attachment.*")}


def test_a_big_missing_or_altered_blob_becomes_a_note(
    make_run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(1)
    exchange = run["requirements"][0]["scenarios"][0]["exchanges"][0]
    blobs = tmp_path / "blobs"
    request, response = exchange["request"]["blob"], exchange["response"]["blob"]
    (blobs / request[:2] / request).unlink()
    (blobs / response[:2] / response).write_bytes(b"autre chose")
    monkeypatch.setattr(allure_files, "LARGEST", 150)
    target = write_allure(run, tmp_path, tmp_path / "a")
    assert "absente" in (target / f"{request}-attachment.txt").read_text(encoding="utf-8")
    assert "altérée" in (target / f"{response}-attachment.txt").read_text(encoding="utf-8")
    piece = run["requirements"][0]["scenarios"][0]["pieces"][0]
    assert "trop lourde" in (target / f"{piece['sha256']}-attachment.txt").read_text(encoding="utf-8")


def test_a_digest_never_leaves_the_folder(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(1)
    run["requirements"][0]["scenarios"][0]["pieces"][0]["sha256"] = "../../../../etc/passwd"
    target = write_allure(run, tmp_path, tmp_path / "a")
    assert (target / "inconnue-attachment.txt").read_text(encoding="utf-8").startswith("Pièce sans empreinte")


def test_side_files(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    run["software"]["name"] = "Clé = valeur : \\ é\n𝄞"
    target = write_allure(run, tmp_path, tmp_path / "a")
    properties = (target / "environment.properties").read_text(encoding="ascii")
    assert "Logiciel=Cl\\u00e9 \\= valeur \\: \\\\ \\u00e9\\n\\ud834\\udd1e" in properties
    names = [entry["name"] for entry in json.loads((target / "categories.json").read_text(encoding="utf-8"))]
    assert names == [
        "Non conforme",
        "Non conforme, sous dérogation",
        "Erreur du banc",
        "À examiner",
        "Non vérifié",
        "Non applicable",
    ]
    assert json.loads((target / "executor.json").read_text(encoding="utf-8"))["buildName"] == run["id"]


def test_links_lead_to_the_french_report(saved_run: Path) -> None:
    report(saved_run)
    page = (saved_run.parent / "rapport.html").read_text(encoding="utf-8")
    for result in results(saved_run.parent / "allure-results").values():
        for link in result["links"]:
            place, fragment = link["url"].split("#")
            assert place == "../rapport.html"
            assert f'id="{fragment}"' in page


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.4", "application/pdf"), (b"<a/>", "application/xml"), (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "application/xml"),
        (b"<html><script>alert(1)</script>", "text/plain"), (b"<svg onload='x'/>", "text/plain"), (b'{"a": 1}', "application/json"),
        (b"{pas du json", "text/plain"), (b"EHLO lps", "text/plain"), (b"\xff\xfe\x00", "application/octet-stream"), (b"", "text/plain"),
    ],
)  # fmt: skip
def test_sniff(content: bytes, kind: str) -> None:
    assert sniff(content)[0] == kind


TRACKED = """<html><head><script async src="https://www.googletagmanager.com/gtag/js?id=G-XX"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag() { dataLayer.push(arguments); }
  gtag("js", new Date());
</script></head><body><script>garder()</script></body></html>"""


def test_the_tracker_is_taken_out(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(TRACKED, encoding="utf-8")
    assert strip_tracker(page)
    left = page.read_text(encoding="utf-8")
    assert "googletagmanager" not in left
    assert "dataLayer" not in left
    assert "garder()" in left


def fake_allure(folder: Path, body: str) -> Path:
    """A command that stands for Allure: a script on POSIX, a batch file on Windows."""
    script = folder / "fake_allure.py"
    script.write_text(body, encoding="utf-8")
    if sys.platform == "win32":
        command = folder / "allure.bat"
        command.write_text(f'@"{sys.executable}" "{script}" %*\n', encoding="utf-8")
    else:
        command = folder / "allure"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
        command.chmod(command.stat().st_mode | stat.S_IEXEC)
    return command


WRITES = f"""
import sys, pathlib
if "--version" in sys.argv: print("VERSION"); sys.exit()
out = pathlib.Path(sys.argv[sys.argv.index("-o") + 1]); out.mkdir(parents=True)
(out / "index.html").write_text({TRACKED!r} + repr(sys.argv), encoding="utf-8")
"""


@pytest.mark.parametrize(("version", "sign"), [("3.18.0", "allurerc.json"), ("2.46.1", "--single-file")])
def test_the_web_report_is_made_and_cleaned(
    make_run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, sign: str
) -> None:
    target = write_allure(make_run(3), tmp_path, tmp_path / "a")
    monkeypatch.setenv(VARIABLE, str(fake_allure(tmp_path, WRITES.replace("VERSION", version))))
    outcome = generate(target, tmp_path / "out", "Tilleul")
    page = outcome.pages[0].read_text(encoding="utf-8")
    assert sign in page
    assert "googletagmanager" not in page
    assert outcome.message.startswith("Rapport Allure HTML écrit")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import sys; print('3.1.0'); sys.exit(0 if '--version' in sys.argv else 3)", "code 3"),
        ("print('bonjour')", "ne répond ni 2.x ni 3.x"),
        ("import sys, time\nif '--version' in sys.argv: print('3.1.0')\nelse: time.sleep(20)", "pas fini en 1 s"),
        (
            WRITES.replace("VERSION", "3.1.0").replace("async src", "defer>googletagmanager<"),
            "traceur n’a pas pu être ôté",
        ),
    ],
)
def test_no_fault_of_allure_is_a_failure(
    make_run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    target = write_allure(make_run(1), tmp_path, tmp_path / "a")
    monkeypatch.setenv(VARIABLE, str(fake_allure(tmp_path, body)))
    outcome = generate(target, tmp_path / "out", "Tilleul", timeout_s=1)
    assert words in outcome.message
    assert outcome.pages == []


def test_without_a_command_one_line_tells_how_to_get_it(saved_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(VARIABLE, raising=False)
    told: list[str] = []
    assert report(saved_run, ["allure-html"], told.append) == []
    assert len(told) == 1
    assert "aucune commande Allure" in told[0]
    assert "--install" in told[0]
    assert "\n" not in told[0]


@pytest.mark.skipif(sys.platform == "win32", reason="the fake npm is a shell script")
def test_install_asks_npm_and_is_then_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "outils"
    tools.mkdir()
    npm = tools / "npm"
    npm.write_text(
        '#!/bin/sh\necho "$@" > "$3/demande"\nmkdir -p "$3/node_modules/.bin"\n'
        'printf "#!/bin/sh\\n" > "$3/node_modules/.bin/allure"\nchmod +x "$3/node_modules/.bin/allure"\n',
        encoding="utf-8",
    )
    npm.chmod(0o755)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "donnees"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", f"{tools}:/bin:/usr/bin")
    if shutil.which("allure"):
        pytest.skip("an Allure command is installed here already")
    assert find_command() is None
    outcome = install()
    assert outcome.pages, outcome.message
    asked = next(tmp_path.rglob("demande")).read_text(encoding="utf-8").split()
    assert asked[0] == "install"
    assert f"allure@{VERSION}" in asked
    assert "--ignore-scripts" in asked
    assert str(find_command()).startswith(str(outcome.pages[0]))


def test_install_without_npm_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm" in install().message
    assert not install().pages

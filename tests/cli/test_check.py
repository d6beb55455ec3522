"""``check``: any file, and the exit code that a pipeline can trust."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.cli import main
from conformance.cli.check import _as_text, exit_code
from conformance.cli.check_formats import as_html, as_junit
from conformance.examine import Judgement
from conformance.model.finding import Finding, Severity

CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/></ClinicalDocument>'


def judgement(severity: Severity | None, judged: bool = True, rule: str = "r") -> Judgement:
    findings = () if severity is None else (Finding(rule, "m", severity),)
    return Judgement("a", "cda", "document CDA", "0" * 64, 1, findings, judged)


@pytest.mark.parametrize(
    ("judged", "code"),
    [
        ([judgement(None)], 0),
        ([judgement(Severity.WARNING)], 0),
        ([judgement(None), judgement(Severity.ERROR)], 1),
        ([judgement(Severity.INFO, judged=False)], 4),
        ([judgement(Severity.ERROR, judged=False)], 1),
        ([judgement(None), judgement(Severity.INFO, judged=False)], 0),
        ([], 4),
        ([judgement(None), judgement(Severity.WARNING, rule="IHE/engine")], 3),
        ([judgement(Severity.ERROR), judgement(Severity.WARNING, rule="IHE/engine")], 1),
        ([judgement(Severity.WARNING, judged=False, rule="file/engine")], 3),
        ([judgement(None), judgement(Severity.WARNING, rule="VOLET/unverified")], 4),
    ],
)
def test_exit_code(judged: list[Judgement], code: int) -> None:
    assert exit_code(judged) == code


def test_a_folder_of_hostile_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "vide.xml": b"",
        "faux.xml": b"%PDF-1.4 tronqu\xe9",
        "xxe.xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        "coupe.xml": CDA[:50],
        "sous/notes.txt": b"bonjour",
        ".cache/oublie.xml": b"<",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    assert main(["check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    for rule in ("file.empty", "file.name", "gate.doctype", "gate.well-formed", "file.not-judged"):
        assert f"[{rule}]" in told
    assert "oublie" not in told
    assert told.rstrip().endswith("5 fichiers\u00a0: 0 sans erreur, 4 avec erreur, 1 non jugé.")


def test_nothing_that_can_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_bytes(b"bonjour")
    assert main(["check", str(tmp_path)]) == 4
    assert "○" in capsys.readouterr().out


def test_an_empty_folder_is_not_a_success(tmp_path: Path) -> None:
    assert main(["check", str(tmp_path)]) == 4


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(CDA)
    assert main(["check", "--format", "json", str(path)]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["judged"], told["size"]) == ("cda", True, len(CDA))
    assert told["findings"][0].keys() >= {"rule", "message", "severity", "where"}


def test_what_was_not_wholly_judged_is_counted_apart() -> None:
    files = [
        judgement(None),
        judgement(Severity.ERROR),
        judgement(Severity.WARNING, rule="IHE/engine"),
        judgement(Severity.WARNING, rule="VOLET/unverified"),
    ]
    (told,) = list(_as_text(files))[-1:]
    assert told == "4 fichiers\u00a0: 1 sans erreur, 1 avec erreur, 1 jugé en partie, 1 échec du moteur, 0 non jugé."


def test_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xml").write_bytes(CDA)
    (tmp_path / "b.txt").write_bytes(b"bonjour")
    (tmp_path / "c\u202e.xml").write_bytes(b"")
    assert main(["check", "--format", "junit", str(tmp_path)]) == 1
    suite = ET.fromstring(capsys.readouterr().out.encode())[0]
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "2", "errors": "0", "skipped": "1",
    }  # fmt: skip
    assert "[cda." in (suite.findtext("testcase/failure") or "")
    assert "\u202e" not in "".join(case.get("name", "") for case in suite)


def test_an_engine_that_failed_is_a_junit_error_never_a_success() -> None:
    failed, sound = judgement(Severity.WARNING, rule="IHE/engine"), judgement(None)
    suite = ET.fromstring(as_junit([failed, sound]).encode())[0]
    assert [[child.tag for child in case] for case in suite] == [["error"], ["system-out"]]


def test_html_is_inert_and_needs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xml").write_bytes(CDA.replace(b"1.2.3", b"&lt;script>alert(1)&lt;/script>"))
    assert main(["check", "--format", "html", str(tmp_path)]) == 1
    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html>")
    assert "✗" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "default-src 'none'" in page


def test_as_another_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(CDA)
    assert main(["check", "--as", "pdf", str(path)]) == 1
    assert "pdf.unreadable" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no control character in a file name")
def test_a_name_cannot_speak_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\x1b[31m\u202ecod.xml").write_bytes(b"")
    assert main(["check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "⟨U+001B⟩" in told


def told_of(*findings: Finding) -> Judgement:
    return Judgement("a.xml", "cda", "document CDA", "0" * 64, 1, findings, judged=True)


def test_what_condemns_is_shown_first_with_its_excerpt() -> None:
    one = told_of(
        Finding("note", "Pour mémoire.", Severity.INFO),
        Finding("STRUCT/x", "Il manque un code.", excerpt='<code nullFlavor="UNK">'),
        Finding("IHE/y", "Il manque un texte."),
    )
    failure = ET.fromstring(as_junit([one]).encode()).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "2 erreurs : Il manque un code. [STRUCT/x]"
    assert (failure.text or "").startswith("Erreur [STRUCT/x]")
    page = as_html([one, told_of()])
    assert page.index("Il manque un texte.") < page.index("Pour mémoire.")
    assert "<code>&lt;code nullFlavor=&quot;UNK&quot;&gt;</code>" in page
    assert "2 fichiers : 1 avec erreur, 1 sans erreur." in page

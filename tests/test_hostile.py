"""Hostile files, one of each kind that is known to break validators: each refused with a finding, quickly, and nothing leaks.

Judged the way ``check`` judges them, with a pack at hand, so that no engine downstream of the gate is left out.
"""

from __future__ import annotations

import io
import logging
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.examine import Judgement, Rules, examine
from conformance.model.finding import Severity
from conformance.validation.packs import GENERIC
from tests.validation.pack_kit import SCH, make_pack

SECRET = "contenu-que-personne-ne-doit-lire"
NS = 'xmlns="urn:hl7-org:v3"'


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return Rules(make_pack(tmp_path_factory.mktemp("pack") / "pack"))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(SECRET, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def told(judgement: Judgement) -> set[str]:
    return {finding.rule for finding in judgement.findings if finding.severity is Severity.ERROR}


def laughs() -> str:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY l0 "lol">{lines}]><ClinicalDocument {NS}>&l9;</ClinicalDocument>'


XML: dict[str, tuple[Callable[[str], str], str]] = {
    "xxe-file": (lambda uri: f'<!DOCTYPE a [<!ENTITY x SYSTEM "{uri}">]><ClinicalDocument {NS}>&x;</ClinicalDocument>', "gate.doctype"),
    "xxe-network": (lambda _: f'<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/x">]><ClinicalDocument {NS}>&x;</ClinicalDocument>', "gate.doctype"),
    "parameter-entity": (lambda uri: f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{uri}">%p;]><ClinicalDocument {NS}/>', "gate.doctype"),
    "external-dtd": (lambda uri: f'<!DOCTYPE a SYSTEM "{uri}"><ClinicalDocument {NS}/>', "gate.doctype"),
    "doctype-after-comment": (lambda uri: f'<!-- c --><?p x?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "{uri}">]><ClinicalDocument {NS}>&x;</ClinicalDocument>', "gate.doctype"),
    "billion-laughs": (lambda _: laughs(), "gate.doctype"),
    "quadratic-blowup": (lambda _: f'<!DOCTYPE a [<!ENTITY x "{"A" * 50_000}">]><ClinicalDocument {NS}>{"&x;" * 50_000}</ClinicalDocument>', "gate.doctype"),
    "depth-20000": (lambda _: f"<ClinicalDocument {NS}>" + "<a>" * 20_000 + "</a>" * 20_000 + "</ClinicalDocument>", "gate.depth"),
    "depth-unclosed": (lambda _: f"<ClinicalDocument {NS}>" + "<a>" * 1_000_000, "gate.depth"),
    "elements": (lambda _: f"<ClinicalDocument {NS}>" + "<b/>" * 2_000_001 + "</ClinicalDocument>", "gate.elements"),
    "attributes": (lambda _: f"<ClinicalDocument {NS} " + " ".join(f'a{n}="1"' for n in range(300)) + "><a/></ClinicalDocument", "gate.well-formed"),
    "text-100-mb": (lambda _: f"<ClinicalDocument {NS}><title>{'A' * 100_000_000}</title></ClinicalDocument>", "gate.text"),
    "attribute-40-mb": (lambda _: f'<ClinicalDocument {NS}><id root="{"1" * 40_000_000}"/></ClinicalDocument>', "gate.text"),
    "cdata-of-brackets": (lambda _: f"<ClinicalDocument {NS}><![CDATA[{'<' * 2_000_100}]]></ClinicalDocument>", "gate.elements"),
}  # fmt: skip


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_refused_and_nothing_leaks(name: str, secret: Path, rules: Rules) -> None:
    make, rule = XML[name]
    judgement = examine(f"{name}.xml", make(secret.as_uri()).encode(), rules=rules)
    assert told(judgement) == {rule}
    assert judgement.symbol == "✗"
    assert SECRET not in str(judgement)


def test_an_inclusion_is_never_followed(secret: Path, rules: Rules) -> None:
    text = f'<ClinicalDocument {NS} xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret.as_uri()}" parse="text"/></ClinicalDocument>'
    judgement = examine("xinclude.xml", text.encode(), rules=rules)
    assert judgement.errors
    assert SECRET not in str(judgement)


def zipped(files: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        link = zipfile.ZipInfo("lien.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def overlapping() -> bytes:
    """Many names for one and the same compressed member: each is small, their sum is not."""
    once = zipped({"a": b"\x00" * 900_000})
    body, directory = once[: once.index(b"PK\x01\x02")], once[once.index(b"PK\x01\x02") : once.index(b"PK\x05\x06")]
    many = directory * 900
    end = b"PK\x05\x06" + bytes(4) + (900).to_bytes(2, "little") * 2 + len(many).to_bytes(4, "little")
    return body + many + end + len(body).to_bytes(4, "little") + bytes(2)


ZIPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (lambda: zipped({"zeros.xml": b"\x00" * 60_000_000}), "zip.bomb"),
    "bomb-of-many": (lambda: zipped({f"{n}.xml": b"\x00" * 1_000_000 for n in range(250)}), "zip.size"),
    "bomb-overlapping": (overlapping, "zip.size"),
    "within": (lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c": b"\x00" * 1_000_000})})}), "zip.nested"),
    "too-many": (lambda: zipped({str(n): b"" for n in range(1001)}), "zip.members"),
    "dots": (lambda: zipped({"../../evade.xml": b"x"}), "zip.traversal"),
    "dots-windows": (lambda: zipped({"..\\..\\evade.xml": b"x"}), "zip.traversal"),
    "absolute": (lambda: zipped({"/etc/evade.xml": b"x"}), "zip.absolute"),
    "drive": (lambda: zipped({"C:\\evade.xml": b"x"}), "zip.absolute"),
    "link": (linked, "zip.link"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_hostile_archives_are_refused(name: str, rules: Rules) -> None:
    make, rule = ZIPS[name]
    judgement = examine(f"{name}.zip", make(), rules=rules)
    assert rule in told(judgement)
    assert {each.split(".")[0] for each in told(judgement)} == {"zip"}


@pytest.mark.parametrize(
    "test",
    [
        "unparsed-text('{}') != ''",
        "doc('{}')/*",
        "exists(collection('{}'))",
        "not(doc-available('{}')) and doc('../../../secret.txt')",
    ],
)
def test_a_schema_that_reads_files_judges_nothing_and_shows_nothing(test: str, tmp_path: Path, secret: Path) -> None:
    pack = make_pack(tmp_path / "piege")
    rule = f"<pattern><rule context='*'><assert test=\"{test.format(secret.as_uri())}\"><value-of select='.'/></assert></rule></pattern>"
    (pack / GENERIC["IHE"]).write_text(SCH.format(rule), encoding="utf-8")
    judgement = examine("a.xml", f"<ClinicalDocument {NS}><a/></ClinicalDocument>".encode(), rules=Rules(pack))
    assert judgement.failed
    engine = [finding for finding in judgement.findings if finding.rule.endswith("/engine")]
    assert engine
    assert all(finding.observed for finding in engine)
    assert SECRET not in str(judgement)


def test_a_schema_that_includes_files_of_elsewhere_is_refused(tmp_path: Path, secret: Path) -> None:
    pack = make_pack(tmp_path / "piege")
    (pack / GENERIC["IHE"]).write_text(SCH.format(f'<include href="{secret.as_uri()}"/>'), encoding="utf-8")
    judgement = examine("a.xml", f"<ClinicalDocument {NS}/>".encode(), rules=Rules(pack))
    assert any(finding.rule == "IHE/engine" for finding in judgement.findings)
    assert SECRET not in str(judgement)


def test_a_schema_with_an_external_entity_leaks_nothing(tmp_path: Path, secret: Path) -> None:
    pack = make_pack(tmp_path / "piege")
    rule = "<pattern><rule context='*'><assert test='false()'>&x;</assert></rule></pattern>"
    text = f'<!DOCTYPE schema [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{SCH.format(rule)}'
    (pack / GENERIC["IHE"]).write_text(text, encoding="utf-8")
    judgement = examine("a.xml", f"<ClinicalDocument {NS}/>".encode(), rules=Rules(pack))
    assert SECRET not in str(judgement)


def test_a_damaged_pdf_says_nothing_outside_of_its_findings() -> None:
    code = (
        "import logging; from conformance.checks.pdf import archivable;"
        "print(len(list(archivable('a.pdf', b'%PDF-1.4\\ntrailer << /Root 9 0 R >>'))));"
        "logging.getLogger('pikepdf._core').warning('file is damaged')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 1
    assert done.stderr == ""
    assert logging.getLogger("pikepdf").propagate

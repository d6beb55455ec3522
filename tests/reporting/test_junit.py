"""JUnit: the counts a CI server will show, and a file it can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from conformance.reporting.junit import write_junit

Run = dict[str, Any]
SHAPE = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="testsuites"><xs:complexType><xs:sequence>
    <xs:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" type="xs:string"/><xs:attributeGroup ref="totals"/></xs:complexType></xs:element>
  <xs:element name="testsuite"><xs:complexType><xs:sequence>
    <xs:element ref="testcase" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="timestamp" type="xs:dateTime"/><xs:attributeGroup ref="totals"/></xs:complexType></xs:element>
  <xs:element name="testcase"><xs:complexType><xs:sequence>
    <xs:element name="properties" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" use="required"/><xs:attribute name="value" use="required"/>
      </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
    <xs:choice minOccurs="0">
      <xs:element name="skipped" type="result"/><xs:element name="error" type="result"/><xs:element name="failure" type="result"/>
    </xs:choice></xs:sequence>
    <xs:attribute name="classname" use="required"/><xs:attribute name="name" use="required"/>
    <xs:attribute name="time" type="xs:decimal"/></xs:complexType></xs:element>
  <xs:complexType name="result"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="message"/><xs:attribute name="type"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:attributeGroup name="totals">
    <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="time" type="xs:decimal"/></xs:attributeGroup>
</xs:schema>"""


def read(path: Path) -> Any:
    tree = etree.parse(str(path))
    etree.XMLSchema(etree.fromstring(SHAPE)).assertValid(tree)
    return tree.getroot()


def test_counts(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(18)
    root = read(write_junit(run, tmp_path / "junit.xml"))
    counts = run["counts"]
    scenarios = [scenario for requirement in run["requirements"] for scenario in requirement["scenarios"]]
    outside = run["coverage"]["not_applicable"]
    advised = run["counts_other"]["PRECONISATION"]["NON_CONFORME"]
    assert int(root.get("tests")) == len(scenarios) == len(root.findall("testsuite/testcase"))
    assert int(root.get("failures")) == counts["NON_CONFORME"]
    assert int(root.get("errors")) == counts["ERREUR_BANC"]
    assert int(root.get("skipped")) == counts["A_EXAMINER"] + counts["NON_VERIFIE"] + outside + advised
    assert sum(int(suite.get("tests")) for suite in root) == len(scenarios)
    verdicts = Counter(root.xpath("//property[@name='verdict']/@value"))
    assert verdicts == Counter(scenario["verdict"] for scenario in scenarios)


def test_only_a_conforming_scenario_passes(make_run: Callable[..., Run], tmp_path: Path) -> None:
    root = read(write_junit(make_run(18), tmp_path / "junit.xml"))
    passed = root.xpath("//testcase[not(failure or error or skipped)]//property[@name='verdict']/@value")
    assert passed
    assert set(passed) == {"CONFORME"}


def test_a_recommendation_never_turns_a_build_red(make_run: Callable[..., Run], tmp_path: Path) -> None:
    root = read(write_junit(make_run(1), tmp_path / "junit.xml"))
    assert root.get("failures") == "0"
    assert root.xpath("//skipped[starts-with(@message, 'NON_CONFORME (ne condamne pas)')]")


def test_hostile_text_stays_readable_xml(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run()
    scenario = run["requirements"][1]["scenarios"][0]
    scenario["title"] = scenario["reason"] = "]]><a\x00\x1b\ud800\ufffe\u202e" + "é" * 50_000
    scenario["findings"][0]["message"] = "\x0b</failure>"
    path = write_junit(run, tmp_path / "junit.xml")
    read(path)
    assert path.stat().st_size < 60_000

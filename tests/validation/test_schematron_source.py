"""Reading schemas: inclusions, their faults, what is refused; and the cache of emitted stylesheets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.validation.schematron import SchemaError, compiled, same_case
from conformance.validation.schematron.model import Assertion
from conformance.validation.schematron.source import load

SCH = 'xmlns="http://purl.oclc.org/dsdl/schematron"'


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def schema(folder: Path, body: str) -> Path:
    return write(folder, "s.sch", f'<schema {SCH} queryBinding="xslt2">{body}</schema>')


def test_inclusions_are_nested_relative_and_take_fragments(tmp_path):
    write(
        tmp_path,
        "in/p.sch",
        f'<pattern {SCH} id="p"><include href="deep/r.sch"/><include href="all.sch#two"/></pattern>',
    )
    write(tmp_path, "in/deep/r.sch", f'<rule {SCH} context="a"><assert test="1">one</assert></rule>')
    write(
        tmp_path,
        "in/all.sch",
        f'<pattern {SCH}><rule id="one" context="x"/><rule id="two" context="b"><assert test="2">two</assert></rule></pattern>',
    )
    read = load(schema(tmp_path, '<include href="in/p.sch"/>'))
    assert [rule.context for rule in read.patterns[0].rules] == ["a", "b"]
    assert [path.name for path in read.files] == ["s.sch", "p.sch", "r.sch", "all.sch"]
    assert read.remarks == ()


def test_a_wrong_letter_case_is_repaired_and_said(tmp_path):
    write(tmp_path, "In/Rules.sch", f'<pattern {SCH} id="p"><rule context="a"/></pattern>')
    read = load(schema(tmp_path, '<include href="in/rules.SCH"/>'))
    assert [pattern.name for pattern in read.patterns] == ["p"]
    (remark,) = read.remarks
    assert (remark.rule, remark.expected, remark.observed) == ("pack.include.case", "in/rules.SCH", "In/Rules.sch")
    assert same_case(tmp_path / "in" / "nothing.sch") is None


def test_every_missing_inclusion_is_told(tmp_path):
    path = schema(tmp_path, '<include href="one.sch"/><pattern><include href="two.sch"/></pattern>')
    with pytest.raises(SchemaError, match="2 inclusion") as caught:
        load(path)
    assert [(f.rule, f.expected) for f in caught.value.findings] == [
        ("pack.include.missing", "one.sch"),
        ("pack.include.missing", "two.sch"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'<schema {SCH} queryBinding="xslt"/>', "liaison"),
        (f'<!DOCTYPE schema [<!ENTITY e "x">]><schema {SCH} queryBinding="xslt2"/>', "DOCTYPE"),
        (f'<schema {SCH} queryBinding="xslt2"><include href="../../etc.sch"/></schema>', "hors du dossier"),
        (f'<schema {SCH} queryBinding="xslt2"><include href="s.sch"/></schema>', "sans fin"),
        (f'<schema {SCH} queryBinding="xslt2"><pattern is-a="none"/></schema>', "motif abstrait"),
        ("<schema/>", "pas un schéma"),
        ("<schema", "illisible"),
    ],
)
def test_what_cannot_be_read_safely_is_refused(tmp_path, text, why):
    with pytest.raises(SchemaError, match=why):
        load(write(tmp_path, "s.sch", text))


def test_a_rule_without_context_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="contexte"):
        compiled(schema(tmp_path, "<pattern><rule/></pattern>"), tmp_path)


def test_diagnostics_titles_and_comments_are_left_aside(tmp_path):
    body = """<title>t</title><p>p</p><pattern><title>t</title><rule context="a"><!-- c --><assert test="1"
    diagnostics="d">text<!-- c --> more</assert></rule></pattern><diagnostics><diagnostic id="d">D</diagnostic></diagnostics>"""
    (item,) = load(schema(tmp_path, body)).patterns[0].rules[0].items
    assert isinstance(item, Assertion)
    assert "".join(str(part) for part in item.message) == "text more"


def test_the_cache_serves_until_a_file_changes(tmp_path):
    cache = tmp_path / "cache"
    rule = write(
        tmp_path, "r.sch", f'<pattern {SCH} id="p"><rule context="a"><assert test="@x">m</assert></rule></pattern>'
    )
    path = schema(tmp_path, '<include href="R.sch"/>')
    first = compiled(path, tmp_path, cache)
    (entry,) = cache.iterdir()
    data = json.loads(entry.read_text(encoding="utf-8"))
    data["compiled"]["text"] = "from the cache"
    entry.write_text(json.dumps(data), encoding="utf-8")
    again = compiled(path, tmp_path, cache)
    assert again.text == "from the cache"
    assert (again.sites, again.claims, again.remarks) == (first.sites, first.claims, first.remarks)
    rule.write_text(rule.read_text(encoding="utf-8").replace("@x", "@y"), encoding="utf-8")
    assert "@y" in compiled(path, tmp_path, cache).text
    entry.write_text("{half", encoding="utf-8")
    assert "@y" in compiled(path, tmp_path, cache).text


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    path = schema(tmp_path, '<pattern><rule context="a"/></pattern>')
    blocked = write(tmp_path, "file", "")
    assert compiled(path, tmp_path, blocked / "cache").text == compiled(path, tmp_path).text

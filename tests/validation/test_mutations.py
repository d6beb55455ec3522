"""Sample documents damaged at random: whatever the damage, a judgement comes, and points at real places of the document.

The oracle knows its own mutants; these are others. What is asked of them needs no oracle.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from conformance.model.finding import Finding
from conformance.model.verdict import Verdict
from conformance.validation.document import Judge, Judgement
from conformance.validation.gate import Document, open_document
from conformance.validation.packs import Pack, open_pack

SAMPLES = (
    "VAC_2023.01.xml",
    "eP-MED-DM_2023.01_PosoNonStruct.xml",
    "DOC_NON_STRUCTURE_CDA-R2-N1.xml",
    "VSM_1.4_2022.01.xml",
)
MUTANTS = 12
"""Of each sample."""
CHANGES = 6
VALUES = (
    "",
    " ",
    "0",
    "-1",
    "é’’",
    "1.2.250.1.213.1.1.1.37",
    "A" * 5000,
    "\u202e<&>\"'",
    "20231332",
    "urn:hl7-org:v3",
    "{$x}",
)


def delete(node: etree._Element, _: random.Random) -> None:
    node.getparent().remove(node)


def duplicate(node: etree._Element, _: random.Random) -> None:
    node.addnext(copy.deepcopy(node))


def rename(node: etree._Element, dice: random.Random) -> None:
    node.tag = dice.choice(("{urn:hl7-org:v3}code", "{urn:hl7-org:v3}section", "{urn:autre}x", "y"))


def empty(node: etree._Element, _: random.Random) -> None:
    node.clear()


def move(node: etree._Element, dice: random.Random) -> None:
    parent = node.getparent()
    parent.insert(dice.randrange(len(parent)), node)


def wrap(node: etree._Element, _: random.Random) -> None:
    node.addprevious(inside := etree.Element(node.tag))
    inside.append(node)


def attribute(node: etree._Element, dice: random.Random) -> None:
    names = [*node.attrib, "root", "extension", "code", "codeSystem", "nullFlavor", "classCode"]
    node.set(dice.choice(names), dice.choice(VALUES))


def unset(node: etree._Element, dice: random.Random) -> None:
    if node.attrib:
        del node.attrib[dice.choice(list(node.attrib))]


def text(node: etree._Element, dice: random.Random) -> None:
    node.text = dice.choice(VALUES)


ACTIONS: tuple[Callable[[etree._Element, random.Random], None], ...] = (
    delete, duplicate, rename, empty, move, wrap, attribute, unset, text,
)  # fmt: skip


def damaged(content: bytes, dice: random.Random) -> bytes:
    root = etree.fromstring(content)
    for _ in range(CHANGES):
        nodes = [node for node in root.iter("{*}*") if node is not root]
        if nodes:
            dice.choice(ACTIONS)(dice.choice(nodes), dice)
    return etree.tostring(root.getroottree(), encoding="utf-8", xml_declaration=True)


def element_at(document: Document, path: str) -> etree._Element:
    """The element that a finding's path names, as a person would find it."""
    node, steps = document.root, path.strip("/").split("/")
    assert steps[0].split(":")[-1] == etree.QName(node).localname
    for step in steps[1:]:
        name, rank = re.fullmatch(r"(?:[\w.-]+:)?([\w.-]+)(?:\[(\d+)\])?", step).groups()  # type: ignore[union-attr]
        prefix = step.partition(":")[0] if ":" in step else None
        same = [child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == name]
        if prefix is not None:
            same = [child for child in same if child.prefix == prefix]
        if len({child.tag for child in same}) > 1:
            same = [child for child in same if child.tag.startswith("{urn:hl7-org:v3}")] if prefix is None else same
        assert len(same) >= int(rank or 1), f"{path}: no {step}"
        node = same[int(rank or 1) - 1]
    return node


def check_place(document: Document, lines: list[str], finding: Finding) -> None:
    where = finding.where
    if where is None or where.path is None or where.path.startswith("…"):
        return
    element = element_at(document, where.path)
    if where.column is None or where.line is None:
        return
    tail = "\n".join(lines[where.line - 1 : where.line + 1])[where.column - 1 :]
    opened = re.match(r"<(?:[\w.-]+:)?([\w.-]+)", tail)
    assert opened is not None, f"{where}: {tail[:40]!r}"
    assert opened.group(1) == etree.QName(element).localname
    assert finding.excerpt is None or finding.excerpt.startswith(opened.group())


@pytest.fixture(scope="module")
def judge(ci_sis_pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    pack = open_pack(ci_sis_pack)
    assert isinstance(pack, Pack)
    return Judge(pack, tmp_path_factory.mktemp("cache"))


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLES)
def test_any_damage_is_judged_and_located(judge: Judge, ci_sis_pack: Path, sample: str) -> None:
    file = ci_sis_pack / "ExemplesCDA" / sample
    if not file.is_file():
        pytest.skip(f"sample absent: {sample}")
    dice = random.Random(sample)
    findings = 0
    for number in range(MUTANTS):
        content = damaged(file.read_bytes(), dice)
        document = open_document(f"{sample}#{number}", content)
        assert isinstance(document, Document)
        judgement = judge.judge(document)
        assert [tier.name for tier in judgement.tiers if tier.status is Verdict.ERREUR_BANC] == [], faults(judgement)
        lines = content.decode().split("\n")
        for finding in judgement.findings:
            check_place(document, lines, finding)
        findings += len(judgement.findings)
        assert judge.judge(document) == judgement
    assert findings > MUTANTS


def faults(judgement: Judgement) -> list[str]:
    return [str(finding) for finding in judgement.findings if finding.rule.endswith("/engine")]


@pytest.mark.slow
def test_damaged_bytes_give_findings_or_a_judgement(judge: Judge, ci_sis_pack: Path) -> None:
    content = (ci_sis_pack / "ExemplesCDA" / "VAC_2023.01.xml").read_bytes()
    dice = random.Random(7)
    refused = 0
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(dice.randrange(1, 4)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        document = open_document("x.xml", bytes(broken[: dice.choice((len(broken), len(broken), len(broken) // 2))]))
        if isinstance(document, Document):
            assert judge.judge(document).status is not None
        else:
            refused += 1
            assert all(finding.message for finding in document)
    assert 10 < refused < 60

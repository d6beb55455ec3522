"""The agency's pack against what the official engine answers: failed assertions and numbers of fired rules, all of them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conformance.validation.gate import ROOT
from conformance.validation.packs import GENERIC, Pack, open_pack, repairs
from conformance.validation.schematron import Engine, Outcome, Sheet, compiled


class Bench:
    """One engine and the schemas compiled so far."""

    def __init__(self, folder: Path) -> None:
        pack = open_pack(folder)
        assert isinstance(pack, Pack)
        self.pack = pack
        self.engine = Engine(self.pack.folder)
        self.sheets: dict[Path, Sheet] = {}

    def sheet(self, path: Path) -> Sheet:
        if path not in self.sheets:
            made = compiled(path, self.pack.folder)
            for where, text in repairs(self.pack, path, made.text):
                self.engine.provide(where, text)
            self.sheets[path] = self.engine.compile(made)
        return self.sheets[path]

    def differences(self, entry: Mapping[str, Any]) -> Iterator[str]:
        node = self.engine.parse(etree.tostring(mutant(self.pack.folder, entry), encoding="unicode"))
        for tier, expected in entry["expected"].items():
            if "error" in expected:
                continue
            path = self.pack.folder / (GENERIC.get(tier) or Path("schematrons", entry["schema"]))
            found = answer(self.engine.run(self.sheet(path), node))
            if found != (expected["fired"], sorted(expected["failed"])):
                yield f"{entry['sample']} {entry['mutation']} {tier} : {expected} ≠ {found}"


def answer(outcome: Outcome) -> tuple[int, list[list[str]]]:
    return outcome.fired, sorted(
        [failed.claim.role or "none", failed.path, hashlib.sha1(failed.message.encode()).hexdigest()[:12]]
        for failed in outcome.failed
    )


def mutant(folder: Path, entry: Mapping[str, Any]) -> etree._ElementTree:
    tree = etree.parse(str(folder / "ExemplesCDA" / entry["sample"]))
    if entry["mutation"] is not None:
        mutate(tree, entry["mutation"])
    root = tree.getroot()
    return tree if root.tag == ROOT else copy.deepcopy(next(root.iter(ROOT))).getroottree()


def mutate(tree: etree._ElementTree, mutation: Mapping[str, str]) -> None:
    names = {prefix: uri for each in tree.iter("{*}*") for prefix, uri in each.nsmap.items() if prefix}
    node = tree.xpath(mutation["path"], namespaces=names)[0]
    match mutation["op"]:
        case "delete":
            node.getparent().remove(node)
        case "duplicate":
            node.addnext(copy.deepcopy(node))
        case "setattr":
            node.set(mutation["attr"], mutation["value"])
        case "delattr":
            del node.attrib[mutation["attr"]]
        case "text":
            node.text = mutation["value"]
        case other:
            pytest.fail(f"unknown mutation {other}")


@pytest.fixture(scope="module")
def oracle(ci_sis_pack: Path) -> list[dict[str, Any]]:
    file = ci_sis_pack / "oracle.json"
    if not file.is_file():
        pytest.skip(f"the answers of the official engine are absent: {file}")
    entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return entries


@pytest.fixture(scope="module")
def bench(ci_sis_pack: Path) -> Bench:
    return Bench(ci_sis_pack)


@pytest.mark.slow
def test_every_answer_of_the_official_engine(bench, oracle):
    assert [line for entry in oracle for line in bench.differences(entry)] == []


def test_a_handful_of_answers(bench, oracle):
    light = [
        dict(e, expected={t: v for t, v in e["expected"].items() if t in ("TERM", "VOLET", "ANS")})
        for e in oracle[::25]
    ]
    assert sum(len(entry["expected"]) for entry in light) > 20
    assert [line for entry in light for line in bench.differences(entry)] == []

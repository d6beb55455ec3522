"""The compiler on damaged samples that no oracle knows, against the ISO skeleton: failed assertions and fired rules, equal."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from conformance.validation.gate import Document, open_document
from conformance.validation.packs import GENERIC, repairs
from conformance.validation.schematron import Outcome, careful, compiled
from conformance.validation.volets import choose
from tests.validation.skeleton import Answer, Skeleton, without_prefixes
from tests.validation.test_mutations import damaged
from tests.validation.test_schematron_oracle import Bench

LIGHT = ("ANS", "TERM", "VOLET")
SAMPLES = (
    "BIO-CR-BIO_2024.01_Electrophorese.xml",
    "CSE-CS24_2025.01.xml",
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml",
    "OBP-SNE_2024.01.xml",
    "TLM-DA_2022.01_TCG_anamnèse-non-structurée.xml",
    "eP-MED-DM_2024.01_PosoNonStruct.xml",
)
MUTANTS = 4
"""Of each sample, beside itself."""


class Both:
    """The two engines on the same pack."""

    def __init__(self, pack: Path, folder: Path) -> None:
        self.ours = Bench(pack)
        self.folder = self.ours.pack.folder
        struct = self.folder / GENERIC["STRUCT"]
        given = {}
        for where, text in repairs(self.ours.pack, struct, compiled(struct, self.folder).text):
            name = where.rpartition("/")[2]
            given[f"include/{name}"] = folder / name
            (folder / name).write_text(text, encoding="utf-8")
        self.skeleton = Skeleton(given)

    def schemas(self, document: Document, tiers: tuple[str, ...]) -> dict[str, Path]:
        """By tier, the schemas that judge a document."""
        volet = choose(self.ours.pack, document).volet
        known = {tier: self.folder / path for tier, path in GENERIC.items() if tier in tiers}
        return known if volet is None else {**known, "VOLET": self.ours.pack.schema("VOLET", volet)}

    def differences(self, document: Document, tiers: tuple[str, ...]) -> Iterator[str]:
        text = etree.tostring(document.root, encoding="unicode")
        for tier, schema in self.schemas(document, tiers).items():
            found = self.ours.engine.run(self.ours.sheet(schema), self.ours.engine.parse(text))
            expected = self.skeleton.answer(schema, text)
            # It fails on the whole of a schema where we know which of its rules cannot be evaluated.
            if answer(found) != expected and not (expected is None and found.spoiled):
                yield f"{document.name} {tier} : {expected} ≠ {found}"


def answer(outcome: Outcome) -> Answer:
    return outcome.fired, sorted(
        (failed.claim.role or "none", without_prefixes(failed.path), failed.message) for failed in outcome.failed
    )


def documents(file: Path, seed: object) -> Iterator[Document]:
    """A sample, then mutants of it."""
    dice = random.Random(f"{file.name}/{seed}")
    for number in range(MUTANTS + 1):
        content = file.read_bytes() if number == 0 else damaged(file.read_bytes(), dice)
        document = open_document(f"{file.name}#{number}", content)
        assert isinstance(document, Document)
        yield document


@pytest.fixture(scope="module")
def both(ci_sis_pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(ci_sis_pack, tmp_path_factory.mktemp("given"))


def sample(both: Both, name: str) -> Path:
    file = both.folder / "ExemplesCDA" / name
    if not file.is_file():
        pytest.skip(f"sample absent: {name}")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_samples_on_every_tier(both: Both, name: str) -> None:
    found = [line for each in documents(sample(both, name), 1) for line in both.differences(each, tuple(GENERIC))]
    assert found == []


def test_damaged_samples_on_the_light_tiers(both: Both) -> None:
    found = [line for each in documents(sample(both, "VAC_2023.01.xml"), 2) for line in both.differences(each, LIGHT)]
    assert found == []


@pytest.mark.slow
def test_a_careful_stylesheet_says_the_same(both: Both) -> None:
    engine, (document, *_) = both.ours.engine, documents(sample(both, "CANCER-FRCP_2022.01_Appareil.xml"), 3)
    node = engine.parse(etree.tostring(document.root, encoding="unicode"))
    for schema in both.schemas(document, tuple(GENERIC)).values():
        sheet = both.ours.sheet(schema)
        slow = engine.compile(careful(schema, both.folder, frozenset(range(len(sheet.compiled.sites)))))
        assert said(engine.run(slow, node)) == said(engine.run(sheet, node))


def said(outcome: Outcome) -> Outcome:
    return replace(outcome, failed=tuple(sorted(outcome.failed, key=repr)))

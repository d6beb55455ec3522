"""The explanations: what vendors meet most is told in French, and no kind of explanation is there for nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from conformance.validation.explain import KINDS, explain
from conformance.validation.packs import GENERIC
from conformance.validation.schematron import SchemaError
from conformance.validation.schematron.model import Assertion
from conformance.validation.schematron.source import load
from conformance.validation.tiers import rule_id
from tests.validation.test_schematron_oracle import Bench, mutant

FREQUENT = 60


@pytest.fixture(scope="module")
def failures(ci_sis_pack: Path) -> tuple[Counter[str], dict[str, str]]:
    """How often each rule fails on the official answers' samples and mutants, and one of its messages."""
    oracle = ci_sis_pack / "oracle.json"
    if not oracle.is_file():
        pytest.skip(f"the answers of the official engine are absent: {oracle}")
    bench = Bench(ci_sis_pack)
    counts: Counter[str] = Counter()
    messages: dict[str, str] = {}
    for entry in json.loads(oracle.read_text(encoding="utf-8")):
        tiers = [tier for tier, expected in entry["expected"].items() if expected.get("failed")]
        if not tiers:
            continue
        node = bench.engine.parse(etree.tostring(mutant(ci_sis_pack, entry), encoding="unicode"))
        for tier in tiers:
            path = bench.pack.folder / (GENERIC.get(tier) or Path("schematrons", entry["schema"]))
            sheet = bench.sheet(path)
            for failed in bench.engine.run(sheet, node).failed:
                assert failed.site in sheet.compiled.sites
                assert failed.claim in sheet.compiled.claims
                counts[rule_id(tier, failed)] += 1
                messages[rule_id(tier, failed)] = failed.message
    return counts, messages


@pytest.mark.slow
def test_the_rules_that_fail_most_are_explained(failures: tuple[Counter[str], dict[str, str]]) -> None:
    counts, messages = failures
    assert len(counts) > 2 * FREQUENT
    unexplained = [rule for rule, _ in counts.most_common(FREQUENT) if explain(messages[rule]) is None]
    assert unexplained == []
    # And of the rarer ones, nearly all.
    assert sum(explain(message) is not None for message in messages.values()) >= 0.95 * len(messages)


@pytest.mark.slow
def test_every_kind_recognises_a_rule_of_the_pack(
    ci_sis_pack: Path, failures: tuple[Counter[str], dict[str, str]]
) -> None:
    known = set(failures[1].values()) | set(written(ci_sis_pack))
    said = {found.sentence for message in known if (found := explain(message)) is not None}
    idle = [sentence for _, sentence, _ in KINDS if not any(is_filled(sentence, each) for each in said)]
    assert idle == []


def is_filled(template: str, sentence: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", ".*", re.escape(template)), sentence, re.DOTALL) is not None


def written(pack: Path) -> Iterator[str]:
    """Every message of the pack, its values replaced by a word."""
    for path in sorted((pack / "schematrons").glob("*.sch")) + [pack / each for each in GENERIC.values()]:
        try:
            schema = load(path, pack)
        except SchemaError:
            continue
        rules = [rule for pattern in schema.patterns for rule in pattern.rules] + list(schema.abstract.values())
        for rule in rules:
            for item in rule.items:
                if isinstance(item, Assertion):
                    yield " ".join("".join(part if isinstance(part, str) else "X" for part in item.message).split())


@pytest.mark.parametrize(("pattern", "sentence", "fix"), KINDS)
def test_a_kind_is_filled_by_what_it_catches(pattern: str, sentence: str, fix: str) -> None:
    caught = set(re.compile(pattern).groupindex)
    assert set(re.findall(r"\{(\w+)\}", sentence + fix)) <= caught
    assert sentence.endswith(".")
    assert fix.endswith((".", "/>."))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "(CI-SISParticipant): The value for typeCode SHALL be selected from value set '1.2.3' JDV_X (DYNAMIC).",
            "La valeur de « typeCode » n’appartient pas au jeu de valeurs JDV_X.",
        ),
        (
            "[E_observationRequest_int] : Erreur de Conformité PCC: Cette entrée se conforme au template 1.2.3",
            "Le templateId 1.2.3 manque.",
        ),
        ('dtr1-2-TS: low "1.2.3.4" is not a valid timestamp.', "Une date est mal écrite : « 1.2.3.4 »."),
        (
            "[dansJeuDeValeurs] L'élément [:Chimio:1.2] doit faire partie du jeu de valeurs ../jeuxDeValeurs/J.xml.",
            "Le code « » (Chimio) ne fait pas partie du jeu de valeurs ../jeuxDeValeurs/J.xml.",
        ),
    ],
)  # fmt: skip
def test_labels_and_beginnings_are_seen_through(message: str, sentence: str) -> None:
    known = explain(message)
    assert known is not None
    assert " ".join(known.sentence.split()) == sentence


def test_a_message_of_no_known_kind_is_left_as_it_is() -> None:
    assert explain("[X] Erreur de conformité CI-SIS : une règle que personne n’a encore lue.") is None
    assert explain("") is None

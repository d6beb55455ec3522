"""Signed declarations: who, in what quality, since when, until when; « Non » condemns, the rest refuses or remarks."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.checks.evidence import refused
from conformance.checks.evidence.attestation import attestation, signed_by
from conformance.model.requirement import Proof
from conformance.model.vendor import Software
from tests.checks.pieces import STATEMENT, filed, told

TODAY = date(2026, 6, 1)
PROOF = Proof("ApCV/va1.01.01.01", "declaration", "Déclaration")
SOFTWARE = Software("Cabinet Exemple", "4.10", released=date(2026, 1, 1))
WHOLE = STATEMENT + 'preuve: ApCV/va1.01.01.01\nlogiciel: Cabinet Exemple\nversion: "4.10"\n'


@pytest.mark.parametrize("text", [STATEMENT, WHOLE, "\ufeff" + WHOLE])
def test_a_sound_statement_has_nothing_against_it(text: str) -> None:
    assert list(attestation(filed("a/b.yaml", text), TODAY, PROOF, SOFTWARE)) == []


@pytest.mark.parametrize(
    ("before", "after", "rule", "message"),
    [
        ("personne: Alix Modèle\n", "", "preuve.attestation", "L’attestation ne dit pas « personne »."),
        ("Vérifié sur la version 4.10.", '""', "preuve.attestation", "L’attestation ne dit pas « justification »."),
        ("2027-01-05", "2026-05-31", "preuve.perimee", "L’attestation n’est plus valable."),
        ("2027-01-05", "bientôt", "preuve.attestation", "« valable_jusqu_au » n’est pas une date."),
        ("date: 2026-01-05", "date: 2026-06-02", "preuve.attestation", "L’attestation est datée de l’avenir."),
        ("reponse: Oui", "reponse: peut-être", "preuve.attestation", "L’attestation ne répond ni « Oui » ni « Non »."),
        ("ApCV/va1.01.01.01", "ApCV/va1.02.01.01", "preuve.attestation", "L’attestation est celle d’une autre preuve."),
        (WHOLE, "- un\n- deux\n", "preuve.attestation", "L’attestation ne contient pas de champs."),
        (WHOLE, "a: [", "preuve.attestation", "L’attestation n’est pas lisible : "),
        (WHOLE, "a: &x 1\nb: *x\n", "preuve.attestation", "L’attestation n’est pas lisible : ancre ou alias YAML."),
    ],
)
def test_a_statement_that_cannot_serve_is_refused(before: str, after: str, rule: str, message: str) -> None:
    assert before in WHOLE
    findings = list(attestation(filed("a/b.yaml", WHOLE.replace(before, after)), TODAY, PROOF, SOFTWARE))
    assert [rule for rule, _ in told(findings)] == [rule]
    assert findings[0].message.startswith(message)
    assert refused(findings)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    findings = list(attestation(filed("a/b.yaml", WHOLE.encode("cp1252")), TODAY))
    assert told(findings) == [
        ("preuve.attestation", "L’attestation n’est pas lisible : le fichier n’est pas en UTF-8.")
    ]


@pytest.mark.parametrize("answer", ["Non", "non", "no", "false"])
def test_a_no_is_an_error_of_the_software(answer: str) -> None:
    findings = list(attestation(filed("a/b.yaml", WHOLE.replace("Oui", answer)), TODAY, PROOF, SOFTWARE))
    assert told(findings) == [("attestation.non", "L’éditeur déclare lui-même que l’exigence n’est pas remplie.")]
    assert findings[0].severity.value == "ERROR"
    assert not refused(findings)


@pytest.mark.parametrize(
    ("before", "after", "rule", "message"),
    [
        ('"4.10"', '"4.9"', "preuve.ancienne", "L’attestation porte sur une autre version que celle qui est éprouvée."),
        (
            "date: 2026-01-05",
            "date: 2025-12-31",
            "preuve.ancienne",
            "La pièce est plus ancienne que la version éprouvée",
        ),
        (
            "version:",
            "verison:",
            "attestation.champ",
            "L’attestation porte un champ inconnu, « verison » : il n’est pas lu.",
        ),
    ],
)
def test_what_is_odd_is_remarked_and_still_serves(before: str, after: str, rule: str, message: str) -> None:
    findings = list(attestation(filed("a/b.yaml", WHOLE.replace(before, after)), TODAY, PROOF, SOFTWARE))
    assert [rule for rule, _ in told(findings)] == [rule]
    assert findings[0].message.startswith(message)
    assert not refused(findings)


def test_a_signature_beside_is_told_and_never_asked_for() -> None:
    one = filed("a/b.yaml", STATEMENT)
    assert list(signed_by(one, {"a/b.yaml": 1})) == []
    told_of = list(signed_by(one, {"a/b.yaml": 1, "a/b.yaml.p7s": 900, "a/c.png": 3}))
    assert told(told_of, info=True) == [
        ("attestation.signature", "L’attestation est accompagnée d’une signature, que le banc ne vérifie pas.")
    ]
    assert told_of[0].observed == "a/b.yaml.p7s"


def test_a_signature_announced_and_absent_is_remarked() -> None:
    one = filed("a/b.yaml", STATEMENT + "signature: directeur.sig\n")
    assert told(signed_by(one, {"a/b.yaml": 1})) == [
        ("attestation.signature", "La signature annoncée n’est pas dans le dossier.")
    ]
    assert told(signed_by(one, {"a/b.yaml": 1, "a/directeur.sig": 9})) == []

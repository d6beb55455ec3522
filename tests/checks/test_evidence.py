"""What the name, the date and the first bytes of a piece tell."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from conformance.checks import evidence
from conformance.checks.evidence import ACCEPTED, REFUSALS
from conformance.model.requirement import Proof
from tests.checks.pieces import STATEMENT, WHEN, filed, picture, told

VIDEO = Proof("INS/va1.28.01.01", "video", "Refus")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a/capture.png", picture(20, 20)),
        ("a/capture.PNG", picture(20, 20)),
        ("a/film.mp4", b"\0\0\0\x18ftypisom"),
        ("a/film.webm", b"\x1a\x45\xdf\xa3"),
        ("a/page.pdf", b"%PDF-1.7"),
        ("a/attestation.yaml", STATEMENT),
        ("a/attestation.yaml.p7s", b"\x30\x82"),
    ],
)
def test_a_sound_piece_is_readable(name: str, content: bytes | str) -> None:
    assert list(evidence.readable(VIDEO, filed(name, content))) == []


@pytest.mark.parametrize(
    ("name", "content", "rule", "message"),
    [
        ("a/film.mp4", b"", "preuve.vide", "Le fichier est vide."),
        ("a/signature.p7s", b"", "preuve.vide", "Le fichier est vide."),
        (
            "a/journal.log",
            b"2026-01-05 ligne",
            "preuve.type",
            "Un fichier « .log » ne peut pas porter une preuve de type « video ».",
        ),
        (
            "a/film.mp4",
            b"<html>absent</html>",
            "preuve.illisible",
            "Le contenu du fichier n’est pas celui d’un « .mp4 ».",
        ),
        ("a/page.pdf", b"PK\3\4", "preuve.illisible", "Le contenu du fichier n’est pas celui d’un « .pdf »."),
    ],
)
def test_what_cannot_serve_is_refused(name: str, content: bytes, rule: str, message: str) -> None:
    findings = list(evidence.readable(VIDEO, filed(name, content)))
    assert told(findings) == [(rule, message)]
    assert evidence.refused(findings)


def test_every_kind_of_proof_accepts_a_statement() -> None:
    assert all({"yaml", "yml"} <= evidence.accepted_types(kind) for kind in ACCEPTED)
    assert evidence.accepted_types("inconnu") == evidence.accepted_types("video")


def test_a_piece_of_the_future_is_told() -> None:
    late = filed("a/film.mp4", b"x", WHEN + timedelta(days=2))
    assert list(evidence.dated(late, WHEN + timedelta(days=3))) == []
    findings = list(evidence.dated(late, WHEN))
    assert told(findings) == [
        ("preuve.date", "Le fichier est daté de l’avenir : sa date ne peut pas servir de repère.")
    ]
    assert not evidence.refused(findings)


def test_a_piece_older_than_the_version_is_told() -> None:
    released = date(2026, 1, 5)
    assert list(evidence.stale("a/film.mp4", released, released)) == []
    assert list(evidence.stale("a/film.mp4", date(2020, 1, 1), None)) == []
    findings = list(evidence.stale("a/film.mp4", date(2026, 1, 4), released))
    assert told(findings) == [
        ("preuve.ancienne", "La pièce est plus ancienne que la version éprouvée : elle en montre sans doute une autre.")
    ]
    assert (findings[0].observed, findings[0].expected) == ("2026-01-04", "le 2026-01-05 ou après (software.released)")
    assert not evidence.refused(findings)


def test_a_piece_used_twice_is_told_with_its_other_places() -> None:
    one = filed("a/film.mp4", b"x")
    assert list(evidence.used_once(VIDEO, one, [])) == []
    assert told(evidence.used_once(VIDEO, one, ["c/film.mp4", "b/film.mp4"])) == [
        ("preuve.doublon", "Le même fichier sert aussi de preuve à b/film.mp4, c/film.mp4.")
    ]


def test_a_configuration_in_yaml_is_not_a_declaration() -> None:
    configuration = Proof("a", "configuration", "Réglages")
    assert evidence.declares(VIDEO, filed("a/b.yaml", "x: 1"))
    assert evidence.declares(configuration, filed("a/b.yaml", STATEMENT))
    assert not evidence.declares(configuration, filed("a/b.yaml", "delai: 5"))
    assert not evidence.declares(VIDEO, filed("a/b.png", b"personne"))


def test_refusals_are_only_those_rules() -> None:
    assert {"preuve.vide", "preuve.type", "preuve.illisible", "preuve.perimee"} <= REFUSALS
    assert not {"preuve.ancienne", "preuve.doublon", "preuve.video.courte", "preuve.ins-reelle"} & REFUSALS

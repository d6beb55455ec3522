"""French typography and the taming of text."""

from __future__ import annotations

import pytest

from conformance.reporting import text


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2026-11-22T14:05:09.120Z", "22\u00a0novembre 2026 à 14\u00a0h\u00a005 (UTC)"),
        ("2026-03-01T01:30:00+02:00", "28\u00a0février 2026 à 23\u00a0h\u00a030 (UTC)"),
        ("2026-08-01T00:00:00Z", "1er\u00a0août 2026 à 0\u00a0h\u00a000 (UTC)"),
        ("hier", "hier"),
        (None, "—"),
    ],
)
def test_moment(iso: str | None, words: str) -> None:
    assert text.moment(iso) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 5, "0"), (5, 5, "100"), (9999, 10000, "99,9"), (1, 10000, "0,1"), (1, 3, "33,3"), (1, 2, "50,0")],
)
def test_a_share_never_rounds_to_all_or_nothing(part: int, whole: int, words: str) -> None:
    assert text.percent(part, whole) == f"{words}\u202f%"


def test_a_share_of_nothing_is_a_dash() -> None:
    assert text.percent(0, 0) == "—"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.34, "340 ms"), (12.4, "12,4 s"), (192, "3 min 12 s"), (3720, "1 h 02 min"), (None, "—")]
)
def test_duration(seconds: float | None, words: str) -> None:
    assert text.duration(seconds).replace("\u00a0", " ") == words


def test_prose() -> None:
    assert text.prose("l'outil dit : « oui » ; vraiment ?") == (
        "l’outil dit\u00a0: «\u202foui\u202f»\u202f; vraiment\u202f?"
    )


def test_visible_keeps_lines_and_shows_the_rest() -> None:
    assert text.visible("a\r\nb\u202e\x00") == "a\nb⟨U+202E⟩⟨U+0000⟩"


def test_a_css_string_cannot_be_left() -> None:
    inside = text.css_string('"; } </style> é')[1:-1]
    assert not set(inside) - set("0123456789ABCDEF\\style")


def test_anchors_are_unique() -> None:
    make = text.anchors()
    assert [make("INS/va1.28"), make("INS va1 28"), make("é"), make("漢")] == ["INS-va1-28", "INS-va1-28--2", "e", "x"]

"""RPPS numbers of accounts: a green and a red example of each check."""

from __future__ import annotations

from conformance.checks import numbers

FOUND = {"id": "1", "rpps": "89990000013", "avertissement": None}
MISSING = {"id": "1", "rpps": None, "avertissement": "introuvable"}


def test_a_number_is_the_one_published() -> None:
    assert list(numbers.associated(FOUND, "89990000013", "à sa création")) == []
    (fault,) = numbers.associated(MISSING, "89990000013", "à sa création")
    assert (fault.expected, fault.observed) == ("89990000013", "aucun numéro")
    (fault,) = numbers.associated(FOUND, "89990000021", "à sa création")
    assert "à sa création" in fault.message


def test_a_number_that_misses_is_told() -> None:
    assert list(numbers.warned(MISSING, "le numéro est introuvable")) == []
    for silent in ({}, {"avertissement": None}, {"avertissement": "  "}):
        (fault,) = numbers.warned(silent, "le numéro est introuvable")
        assert "introuvable" in fault.message


def test_a_number_that_is_found_leaves_no_warning() -> None:
    assert list(numbers.unwarned(FOUND)) == []
    (fault,) = numbers.unwarned({**FOUND, "avertissement": "introuvable"})
    assert fault.observed == "introuvable"


def test_a_number_is_not_invented() -> None:
    assert list(numbers.invented(MISSING)) == []
    (fault,) = numbers.invented(FOUND)
    assert fault.observed == "89990000013"


def test_a_search_then_a_check_are_traced() -> None:
    line = {"compte": "1", "nature": "RPPS", "date": "2026-01-05T09:30:00+01:00"}
    assert list(numbers.searches_traced([line, line], "1")) == []
    for lines in (
        [],
        [line],
        [line, {**line, "compte": "2"}],
        [line, {**line, "date": None}],
        [line, {**line, "nature": "X"}],
    ):
        (fault,) = numbers.searches_traced(lines, "1")
        assert "traces" in fault.message

from __future__ import annotations

import pytest

from conformance.model.verdict import Verdict, worst

E, N, A, V, X, C = Verdict  # in the order of gravity


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], V),
        ([C], C),
        ([C, C], C),
        ([C, N], N),
        ([N, E], E),
        ([C, V], V),
        ([V, A], A),
        ([A, N], N),
        ([X], X),
        ([X, X], X),
        ([X, C], C),
        ([X, N], N),
        ([C, A, V, X], A),
    ],
)
def test_a_whole_is_its_gravest_applicable_part(parts, whole):
    assert worst(parts) is whole
    assert worst(reversed(parts)) is whole


def test_nothing_but_conform_parts_makes_a_conform_whole():
    for verdict in Verdict:
        assert (worst([C, verdict]) is C) == (verdict in (C, X))


def test_every_verdict_has_words_and_a_sign():
    assert len({verdict.label for verdict in Verdict}) == len({verdict.symbol for verdict in Verdict}) == 6

"""The counts of a dashboard, recounted between two exports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.checks import activity
from conformance.checks.activity import DONE, FAILED, Attempt
from conformance.model.finding import Finding

Says = Callable[..., Finding]


def line(channel: str, outcome: str = DONE, count: int = 1, **changes: Any) -> dict[str, Any]:
    known = {"mois": "2026-01", "structure": "1999900019", "type": "11502-2", "ins_qualifiee": True, "masques": 0}
    return {**known, "canal": channel, "issue": outcome, "nombre": count, **changes}


def test_what_grew_is_what_took_place(says: Says) -> None:
    before, after = [line("dmp", count=3)], [line("dmp", count=4), line("mss-patient", FAILED)]
    attempts = [Attempt("dmp", DONE, True, "11502-2"), Attempt("mss-patient", FAILED, True, "11502-2")]
    assert list(activity.counted(before, after, attempts, by_type=True)) == []
    finding = says(activity.counted(before, after, attempts[:1]), "tbb.compte", "envois aux patients, ECHEC")
    assert (finding.expected, finding.observed) == ("0", "1")
    says(activity.counted(before, before, attempts), "tbb.compte", "dépôts au DMP, REUSSITE")


def test_types_are_told_apart_only_when_asked(says: Says) -> None:
    after = [line("dmp", type="AUTRE")]
    attempts = [Attempt("dmp", DONE, True, "11502-2")]
    assert list(activity.counted([], after, attempts)) == []
    says(activity.counted([], after, attempts, by_type=True), "tbb.compte", "type AUTRE")


def test_masked_documents_months_and_structures(says: Says) -> None:
    assert list(activity.masked([], [line("dmp", masques=1)], 1)) == []
    says(activity.masked([], [line("dmp")], 1), "tbb.compte", "documents masqués")
    assert list(activity.dated([line("dmp")])) == []
    says(activity.dated([line("dmp", mois="janvier")]), "tbb.compte", "n’a pas de mois")
    says(activity.dated([line("dmp", structure=None)]), "tbb.compte", "rattachée à une structure")


def test_an_export_that_means_nothing_counts_nothing(says: Says) -> None:
    says(activity.counted([], [{"nombre": "dix"}], [Attempt("dmp", DONE, True, "x")]), "tbb.compte", "dépôts au DMP")

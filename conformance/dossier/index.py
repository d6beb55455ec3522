"""The index of a dossier as a workbook, in the columns of the official Convergence export, then ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.dossier.reading import Kept, Reading
from conformance.dossier.status import Status
from conformance.model.plan import Plan, Planned
from conformance.model.requirement import Proof
from conformance.model.verdict import Verdict
from conformance.reporting import convergence


@dataclass(frozen=True, slots=True)
class Judged:
    """What a recorded run said of a scenario: its verdict, how, why, when."""

    verdict: Verdict
    mode: str
    reason: str
    date: str


def rows(status: Status, judged: Mapping[str, Judged]) -> Iterator[tuple[Any, ...]]:
    """One row a requirement × scenario × proof, in the profile’s order; a scenario without proof has one row.

    ``judged`` is by scenario; what a run has not judged is told from the dossier alone.
    """
    readings = {item.scenario.id: reading for item, reading in status.readings}
    for order, item in enumerate(status.plan.items, start=1):
        reading = readings.get(item.scenario.id)
        official = _official(status.plan, item)
        for proof in item.scenario.proofs or (None,):
            kept = _kept(reading, proof)
            asked = ("", "") if proof is None else (proof.id, proof.title)
            yield (*official, *asked, "", "", order, *_said(item, reading, kept, judged))


def _official(plan: Plan, item: Planned) -> tuple[str, ...]:
    requirement = item.requirement
    option = None if requirement.option is None else plan.profile.options.get(requirement.option)
    return (
        f"Vague {plan.profile.wave}",
        requirement.id,
        requirement.section_title,
        requirement.title,
        requirement.summary,
        requirement.reason,
        "Général" if option is None else option.title,
        item.scenario.id,
        item.scenario.title,
    )


def _kept(reading: Reading | None, proof: Proof | None) -> Kept | None:
    if reading is None:
        return None
    return next((kept for kept in reading.proofs if proof is None or kept.proof.id == proof.id), None)


def _said(
    item: Planned, reading: Reading | None, kept: Kept | None, judged: Mapping[str, Judged]
) -> tuple[str, str, str, str, str, str]:
    if reading is None or kept is None:
        return (Verdict.NON_APPLICABLE.label, "aucun", "", "", item.excluded or "", "")
    files = "\n".join(kept.pieces)
    digests = "\n".join(kept.pieces.values())
    run = judged.get(item.scenario.id)
    if run is not None:
        return (run.verdict.label, run.mode, files, digests, run.reason, run.date)
    refused = [
        f"{one.filed.name} : {finding.message}" for one in kept.looked if not one.acceptable for finding in one.findings
    ]
    return (reading.verdict.label, reading.mode, files, digests, "\n".join([reading.reason, *refused]), _date(kept))


def _date(kept: Kept) -> str:
    if kept.review is not None and kept.holds:
        return kept.review.at
    return max((one.filed.modified.isoformat() for one in kept.looked), default="")


def workbook(status: Status, judged: Mapping[str, Judged]) -> bytes:
    """The index as an xlsx file: the same bytes for the same dossier."""
    return convergence.workbook(rows(status, judged))

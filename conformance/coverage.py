"""The coverage statement: what was really verified, and how, so that « 100 % » never hides « 35 % verified »."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.model.plan import Planned
from conformance.model.verdict import Verdict
from conformance.recorder import Result


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many of each verdict, all six named."""
    known = Counter(verdicts)
    return {verdict.value: known[verdict] for verdict in Verdict}


def _share(result: Result) -> str:
    """Which part of the coverage statement a scenario belongs to."""
    if result.verdict is Verdict.NON_APPLICABLE:
        return "not_applicable"
    if result.verdict in (Verdict.NON_VERIFIE, Verdict.ERREUR_BANC):
        return "not_verified"
    return {"preuve": "evidence", "attestation": "attestation"}.get(result.mode, "automatic")


_SHARES = ("automatic", "evidence", "attestation", "not_verified", "not_applicable")


def coverage(asked: list[Planned], settled: Mapping[str, Result]) -> dict[str, Any]:
    """How each scenario of the profile was verified, as a whole and by section; informative ones are left out."""
    listed = [item for item in asked if not item.informative]
    sections: dict[str, list[Planned]] = {}
    for item in listed:
        sections.setdefault(item.requirement.section, []).append(item)
    return _shares(listed, settled) | {
        "sections": [
            {"section": section, "title": items[0].requirement.section_title}
            | _shares(items, settled)
            | {"verdicts": counts(settled[item.scenario.id].verdict for item in items)}
            for section, items in sections.items()
        ]
    }


def _shares(items: list[Planned], settled: Mapping[str, Result]) -> dict[str, int]:
    known = Counter(_share(settled[item.scenario.id]) for item in items)
    return {"total": len(items)} | {share: known[share] for share in _SHARES}

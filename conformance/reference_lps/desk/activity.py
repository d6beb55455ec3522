"""What the dashboard counts: each attempt to deposit or to send a document, and how it ended."""

from __future__ import annotations

from collections import Counter
from typing import Any

from conformance.reference_lps import audit
from conformance.reference_lps.inputs import Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.types import Draft

JOURNAL = "activite"
DMP = "dmp"


def count(lps: Lps, channel: str, draft: Draft, *, qualified: bool, done: bool) -> None:
    """Keep an attempt that left the software; what was refused before is none."""
    if channel == "mss-patient" and "tbb-forgets-patients" in lps.defects:
        return
    line = {
        "mois": audit.now()[:7],
        "canal": channel,
        "type": "AUTRE" if "tbb-without-types" in lps.defects else draft.type_code,
        "ins_qualifiee": qualified or "tbb-ignores-ins" in lps.defects,
        "issue": "REUSSITE" if done or "tbb-failures-as-sent" in lps.defects else "ECHEC",
        "masque": draft.masked_from_professionals and "tbb-without-masking" not in lps.defects,
    }
    lps.store.append(JOURNAL, line)


def export(lps: Lps, _call: Call) -> dict[str, Any]:
    """The counts by month, structure, professional, channel, type, INS and outcome, with how many were masked."""
    totals: Counter[tuple[Any, ...]] = Counter()
    masked: Counter[tuple[Any, ...]] = Counter()
    keys = ("mois", "canal", "type", "ins_qualifiee", "issue")
    for line in lps.store.lines(JOURNAL):
        key = tuple(line[name] for name in keys)
        totals[key] += 1
        masked[key] += line["masque"]
    where = {"structure": str(lps.bench.raw["organisation"]["id_structure"]), "rpps": lps.bench.professional.rpps}
    lines = [{**where, **dict(zip(keys, key, strict=True))} for key in totals]
    return {
        "lignes": [
            {**line, "nombre": totals[key], "masques": masked[key]} for line, key in zip(lines, totals, strict=True)
        ]
    }

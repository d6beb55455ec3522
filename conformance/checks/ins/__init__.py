"""The national health identity (INS): the public face of its checks.

Traits and matricule of an artefact: ``traits``; comparisons: ``compare``; leaks: ``leak``; the
software's own record: ``record``.
"""

from __future__ import annotations

from conformance.checks.ins.compare import EXPECTED, carried, same_identity
from conformance.checks.ins.leak import no_matricule
from conformance.checks.ins.record import alerted, carries, status_is, unchanged, without_matricule
from conformance.checks.ins.traits import (
    LABELS,
    STRICT,
    TRAITS,
    Carried,
    InsId,
    complete,
    consistent,
    identity_of,
    ins_ids,
    matricule_rules,
    traits,
    written,
)

__all__ = [
    "EXPECTED",
    "LABELS",
    "STRICT",
    "TRAITS",
    "Carried",
    "InsId",
    "alerted",
    "carried",
    "carries",
    "complete",
    "consistent",
    "identity_of",
    "ins_ids",
    "matricule_rules",
    "no_matricule",
    "same_identity",
    "status_is",
    "traits",
    "unchanged",
    "without_matricule",
    "written",
]

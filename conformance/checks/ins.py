"""The national health identity (INS): the public face of its checks.

Traits and matricule of an artefact: ``ins_traits``; comparisons: ``ins_compare``; leaks: ``ins_leak``; the
software's own record: ``ins_record``.
"""

from __future__ import annotations

from conformance.checks.ins_compare import EXPECTED, carried, same_identity
from conformance.checks.ins_leak import no_matricule
from conformance.checks.ins_record import alerted, carries, status_is, unchanged, without_matricule
from conformance.checks.ins_traits import (
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

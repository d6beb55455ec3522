"""Defects of the reference LPS in the counts of its dashboard."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "tbb-forgets-patients": "Ne compte pas les envois aux patients.",
    "tbb-ignores-ins": "Compte tout comme si l’INS était qualifiée.",
    "tbb-failures-as-sent": "Compte les échecs comme des envois.",
    "tbb-without-types": "Confond les types de documents dans ses comptes.",
    "tbb-without-masking": "Ne détaille pas les documents masqués.",
}

"""XDS metadata: reading them and judging them, in an XDM archive as in a deposit to the DMP.

One name to import for the suites; the values stand in ``xds_model``, the judgement in ``xds_lot`` (the lot as
a whole), ``xds_rules`` (the metadata by themselves) and ``xds_cda`` (their agreement with the CDA and the
VIHF).
"""

from __future__ import annotations

from conformance.checks.xds_cda import agrees_with_cda, agrees_with_vihf, single_patient, utc
from conformance.checks.xds_deposit import Deposit, deposit
from conformance.checks.xds_lot import contents, deletes, fingerprint, replaces, schema, structure
from conformance.checks.xds_model import (
    Association,
    Author,
    Code,
    Entry,
    Submission,
    read,
    submission,
)
from conformance.checks.xds_rules import LEVELS, cardinalities, codings, confidentiality, syntax

__all__ = [
    "LEVELS",
    "Association",
    "Author",
    "Code",
    "Deposit",
    "Entry",
    "Submission",
    "agrees_with_cda",
    "agrees_with_vihf",
    "cardinalities",
    "codings",
    "confidentiality",
    "contents",
    "deletes",
    "deposit",
    "fingerprint",
    "read",
    "replaces",
    "schema",
    "single_patient",
    "structure",
    "submission",
    "syntax",
    "utc",
]

"""XDS metadata: reading them and judging them, in an XDM archive as in a deposit to the DMP.

One name to import for the suites; the values stand in ``model``, the judgement in ``lot`` (the lot as
a whole), ``rules`` (the metadata by themselves) and ``cda`` (their agreement with the CDA and the
VIHF).
"""

from __future__ import annotations

from conformance.checks.xds.cda import agrees_with_cda, agrees_with_vihf, single_patient, utc
from conformance.checks.xds.deposit import Deposit, deposit
from conformance.checks.xds.lot import contents, deletes, fingerprint, replaces, revises, schema, structure
from conformance.checks.xds.model import Association, Author, Code, Entry, Submission, read, submission
from conformance.checks.xds.rules import LEVELS, cardinalities, codings, confidentiality, syntax

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
    "revises",
    "schema",
    "single_patient",
    "structure",
    "submission",
    "syntax",
    "utc",
]

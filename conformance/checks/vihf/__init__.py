"""Judgement of the VIHF: by it the software tells the DMP who acts, for whom and on which patient."""

from conformance.checks.vihf.form import attributes, shape
from conformance.checks.vihf.model import (
    CONFIDENTIALITY,
    PATIENT,
    ROLE,
    USER,
    Certificate,
    Role,
    Signature,
    Vihf,
    of,
    read,
)
from conformance.checks.vihf.signature import signature
from conformance.checks.vihf.who import mode_is, patient, roles, secret_connection, subject_is

__all__ = [
    "CONFIDENTIALITY",
    "PATIENT",
    "ROLE",
    "USER",
    "Certificate",
    "Role",
    "Signature",
    "Vihf",
    "attributes",
    "mode_is",
    "of",
    "patient",
    "read",
    "roles",
    "secret_connection",
    "shape",
    "signature",
    "subject_is",
]

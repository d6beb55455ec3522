"""A document that the platform took out of an MSSanté mail and hands over by MDM: it is filed with the patient it is about.

Source: CI-SIS, transmission au LPS de documents CDA provenant d’un courriel MSSanté, version 1.1 (errors 902 and 904).
"""

from __future__ import annotations

import re

from conformance.reference_lps import lab, transport
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.types import Patient

from . import lab as received
from . import platform


def comes_from_mail(message: bytes) -> bool:
    """Whether the message is one of those the platform makes of a mail (MSH-21)."""
    return transport.FROM_MAIL.encode() in re.split(b"[\r\n]", message, maxsplit=1)[0]


def file(lps: Lps, message: bytes, patient: Patient) -> tuple[str, str]:
    """File the document; gives the code and the reason of the acknowledgement."""
    handed = platform.read(message)
    try:
        report = lab.read(handed.cda if handed else b"", lps.defects)
    except lab.ReportError as refused:
        return "AE", str(refused)
    other = report.matricule != patient.matricule and "mdm-files-anyone" not in lps.defects
    if report.matricule is None or other:
        return "AE", "904 : l’INS du document n’est pas celle de l’usager que le message désigne."
    if "mdm-not-filed" not in lps.defects:
        received.keep(lps, "flux HL7", report, patient)
    return "AA", ""

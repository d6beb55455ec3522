"""A child's certificate of health leaves by itself for the service of the department where the child lives."""

from __future__ import annotations

from conformance.reference_lps.child.certificates import department
from conformance.reference_lps.inputs import Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.types import Sent

from . import mail


def send(lps: Lps, call: Call, box: str) -> list[tuple[str, Sent]]:
    """What became of the mails that the validation of a document sends to such services; none for another document."""
    record = lps.document(call.target)
    if "certificat" not in record.draft.content or "cse-certificate-unsent" in lps.defects:
        return []
    wanted = department(record.draft.content["adresse"]["code_postal"])
    found = _addresses(lps, wanted[:2] if "cse-department-two-digits" in lps.defects else wanted)
    if not found:
        return [("", Sent("ECHEC", f"L’annuaire PMI ne connaît pas le département {wanted}."))]
    return [(address, mail.carry(lps, call, mail.TO_PROFESSIONAL, address, box)) for address in found]


def _addresses(lps: Lps, wanted: str) -> list[str]:
    directory = lps.bench.raw.get("annuaire_pmi", [])
    if "cse-certificate-to-first-service" in lps.defects:
        directory = directory[:1]
    elif "cse-certificate-to-every-service" not in lps.defects:
        directory = [one for one in directory if one["departement"] == wanted]
    return [str(one["adresse"]) for one in directory]

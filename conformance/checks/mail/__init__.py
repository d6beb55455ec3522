"""Judgement of the mails that the software sends (Référentiel socle MSSanté #2, chapters 2.1 to 2.4).

One name to import for the suites; what is judged stands in ``subject``, ``headers``,
``marks`` and ``content``.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.mail.content import applicative, attachments, body, file_names, replacement
from conformance.checks.mail.headers import (
    PATIENT_DOMAIN,
    dsn_request,
    message_id,
    patient_address,
    reply_to,
    sender_label,
    sent_to,
    single_patient,
    threading,
    unique_ids,
)
from conformance.checks.mail.marks import cda_codes, deletion, end_of_exchange, ins_flag, mdn_request, product_reference
from conformance.checks.mail.parts import Mail, MailError, Part, at, of, read
from conformance.checks.mail.reading import reading_notice
from conformance.checks.mail.subject import XDM_PREFIX, subject
from conformance.model.finding import Finding, Severity

__all__ = [
    "PATIENT_DOMAIN",
    "XDM_PREFIX",
    "Mail",
    "MailError",
    "Part",
    "applicative",
    "attachments",
    "body",
    "cda_codes",
    "deletion",
    "dsn_request",
    "end_of_exchange",
    "file_names",
    "ins_flag",
    "mdn_request",
    "message_id",
    "of",
    "patient_address",
    "product_reference",
    "read",
    "reading_notice",
    "replacement",
    "reply_to",
    "sender_label",
    "sent_to",
    "single_patient",
    "structure",
    "subject",
    "threading",
    "unique_ids",
]


def structure(mail: Mail) -> Iterator[Finding]:
    """Every irregularity of the MIME structure that reading had to forgive, as warnings. Source: RFC 2045."""
    for problem in mail.problems:
        yield Finding(
            "mail.structure",
            f"Le courriel est mal formé\u00a0: {problem}.",
            Severity.WARNING,
            at(mail),
            fix="Composer le courriel avec une bibliothèque MIME, sans assembler les parties à la main.",
            source="RFC 2045",
        )

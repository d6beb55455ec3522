"""Judgement of the journals that the software exports, against the calls and mails that the bench saw.

A line is a JSON object of the Pilote LPS API (``/journaux/…``). One name to import for the suites; the journal of the calls
to INSi is judged in ``insi``, those of people's acts in ``acts``, that of HL7 v2 messages in ``hl7``.
Source: guide d’implémentation de l’INS, rules 4, 16, 31, 37, 39, 48 and 53.
"""

from __future__ import annotations

from conformance.checks.logs.acts import accesses, exchanges, modifications
from conformance.checks.logs.hl7 import received_message
from conformance.checks.logs.insi import callers, insi_calls, returned, traced
from conformance.checks.logs.line import Line, lines_of, moment

__all__ = [
    "Line",
    "accesses",
    "callers",
    "exchanges",
    "insi_calls",
    "lines_of",
    "modifications",
    "moment",
    "received_message",
    "returned",
    "traced",
]

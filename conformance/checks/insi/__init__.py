"""Judgement of the calls to the INSi téléservice: made or not, well formed, by the right mode.

Works on the exchanges of the insi channel. The rules of the request are those of the service as its clients
show them (guide SEL-MP-043); the primary document was not read.
"""

from conformance.checks.insi.calls import called, mode_is, not_called, only, unique_messages, verified
from conformance.checks.insi.form import request, traits_sent
from conformance.checks.insi.model import CARD, RECOVERY, VERIFICATION, Answer, Request, answer
from conformance.checks.insi.model import request as read_request

__all__ = [
    "CARD",
    "RECOVERY",
    "VERIFICATION",
    "Answer",
    "Request",
    "answer",
    "called",
    "mode_is",
    "not_called",
    "only",
    "read_request",
    "request",
    "traits_sent",
    "unique_messages",
    "verified",
]

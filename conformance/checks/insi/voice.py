"""How the checks of the calls to INSi word what they find."""

from __future__ import annotations

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange

INS_GUIDE = "Guide d’implémentation de l’INS"
say = Voice("insi", "INSi, guide d’intégration SEL-MP-043")


def subject(call: Exchange, shown: str) -> str:
    """What was seen, with the subject of the certificate that the caller presented, if any."""
    client = call.tls.client if call.tls else None
    return f"{shown} ({client})" if client else shown

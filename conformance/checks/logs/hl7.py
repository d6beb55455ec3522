"""The log of HL7 v2 messages that a software exports, and the trace of a reception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.hl7v2.flow import control_id
from conformance.checks.logs.line import moment
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location

_SOURCE = "REM de la plateforme d’intermédiation, réception d’un message HL7 v2 porteur d’INS"


def received_message(lines: Sequence[Mapping[str, Any]], sent: Exchange) -> Iterator[Finding]:
    """One line tells the reception of the message: its identifier (MSH-10) and when."""
    wanted = control_id(sent.request.body)
    found = [(rank, line) for rank, line in enumerate(lines, 1) if str(line.get("identifiant") or "") == wanted]
    if not found:
        yield Finding(
            "logs.hl7.missing",
            "La réception du message HL7 v2 n’est pas tracée.",
            where=Location("journal HL7"),
            expected=f"une ligne pour le message {wanted}",
            observed=f"{len(lines)} lignes, aucune pour ce message",
            fix="Tracer chaque message reçu : date, type, identifiant (MSH-10), émetteur, acquittement.",
            source=_SOURCE,
        )
    for rank, line in found[:1]:
        if moment(line.get("date")) is None:
            yield Finding(
                "logs.hl7.date",
                "La trace de la réception ne dit pas quand.",
                where=Location("journal HL7", line=rank),
                expected="une date et une heure",
                observed=str(line.get("date") or "absente"),
                fix="Écrire la date et l’heure au format ISO 8601.",
                source=_SOURCE,
            )

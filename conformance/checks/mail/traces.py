"""Judgement of the journal that the software keeps of its mailboxes (MSS/CONF.17 and CONF.18).

A line is a JSON object of the Pilote LPS API (``/journaux/messagerie``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from conformance.checks.logs.line import moment
from conformance.model.finding import Finding, Location

Line = Mapping[str, Any]
TOLERANCE = timedelta(minutes=5)
FIELDS = {
    "utilisateur": "l’identifiant de qui a agi",
    "date": "la date et l’heure",
    "action": "ce qui a été fait",
    "requete": "ce qui a été demandé au serveur",
    "reponse": "ce que le serveur a répondu",
}


def traced(lines: Sequence[Line], message_id: str) -> Iterator[Finding]:
    """The sending of that message is in the journal. Source: MSS/CONF.17."""
    if _of(lines, message_id) is None:
        yield _said(
            "missing",
            "L’envoi vu par l’opérateur n’est pas tracé dans le journal de la messagerie.",
            f"une ligne qui cite {message_id}",
            f"{len(lines)} ligne(s), aucune ne le cite",
            "Tracer chaque traitement fait sur une boîte\u00a0: envoi, lecture, suppression.",
            "MSS/CONF.17",
        )


def complete(lines: Sequence[Line], message_id: str, answer: str, at: str) -> Iterator[Finding]:
    """The line of that message tells the five things; ``answer`` is the operator's reply, ``at`` its time.

    Source: MSS/CONF.18.
    """
    found = _of(lines, message_id)
    if found is None:
        yield from traced(lines, message_id)
        return
    number, line = found
    for name, meaning in FIELDS.items():
        if not str(line.get(name) or "").strip():
            yield _said("field", f"La trace ne dit pas {meaning}.", name, "absent", _FIX, "MSS/CONF.18", number)
    code, told = answer[:3], str(line.get("reponse") or "")
    if told and code not in told:
        yield _said(
            "answer", "La trace ne dit pas la réponse de l’opérateur.", answer, told, _FIX, "MSS/CONF.18", number
        )
    then, seen = moment(line.get("date")), moment(at)
    if then is not None and seen is not None and abs(then - seen) > TOLERANCE:
        yield _said(
            "date", "La trace n’est pas datée de l’échange.", at, str(line["date"]), _FIX, "MSS/CONF.18", number
        )


def failure(lines: Sequence[Line], code: str) -> Iterator[Finding]:
    """A refusal of the operator is traced too, with its code. Source: MSS/CONF.18."""
    if not any(code in str(line.get("reponse") or "") for line in lines):
        yield _said(
            "failure",
            f"L’échec répondu par l’opérateur (code {code}) n’est pas tracé.",
            f"une ligne dont la réponse est {code}",
            f"{len(lines)} ligne(s) sans ce code",
            "Tracer aussi les demandes que le serveur refuse.",
            "MSS/CONF.18",
        )


_FIX = "Écrire dans chaque trace l’utilisateur, la date, l’action, la demande faite au serveur et sa réponse."


def _of(lines: Sequence[Line], message_id: str) -> tuple[int, Line] | None:
    numbered = enumerate(lines, 1)
    return next(((n, line) for n, line in numbered if message_id in str(line.get("requete") or "")), None)


def _said(
    rule: str, message: str, expected: str, observed: str, fix: str, source: str, number: int | None = None
) -> Finding:
    where = Location("journal de la messagerie", line=number)
    return Finding(
        f"mail.trace.{rule}", message, where=where, expected=expected, observed=observed, fix=fix, source=source
    )

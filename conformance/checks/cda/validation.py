"""Who validated a document and when: what the header says, and what the printed page says of it (REM, CRI/va1.01)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks import times
from conformance.checks.cda.tools import PROFESSIONALS, fault
from conformance.checks.pdf.text import text, unreadable
from conformance.model.finding import Finding, Location
from conformance.model.identity import plain
from conformance.validation.gate import Document

_SOURCE = "REM, CRI/va1.01 ; CI-SIS, legalAuthenticator"
_SIGNER = "legalAuthenticator/assignedEntity/id"


def dated_to_the_minute(document: Document) -> Iterator[Finding]:
    """The signature has a date and an hour, and a signatory of the national directory."""
    when = document.first("legalAuthenticator/time")
    stamp = times.read(None if when is None else when.get("value"))
    if stamp is None or stamp.digits < 12:
        yield fault(
            document,
            "cda.validation.time",
            "La date de validation manque, ou n’a pas d’heure.",
            when,
            expected="AAAAMMJJhhmm au moins",
            observed="absente" if when is None else when.get("value") or "vide",
            source=_SOURCE,
        )
    if national_id(document) is None:
        yield fault(
            document,
            "cda.validation.rpps",
            "Le validateur n’a pas d’identifiant national.",
            document.first(_SIGNER),
            expected=f'root="{PROFESSIONALS}" et un identifiant',
            source=_SOURCE,
        )


def national_id(document: Document) -> str | None:
    """The national identifier of the signatory (``8`` and the RPPS number); None when there is none."""
    found = [one.get("extension") for one in document.all(_SIGNER) if one.get("root") == PROFESSIONALS]
    return next(filter(None, found), None)


def printed(document: Document, name: str, content: bytes) -> Iterator[Finding]:
    """The page says « validé », the day, the hour and the RPPS number of the header's signatory."""
    if (found := unreadable(name, content)) is not None:
        yield found
        return
    shown = " ".join(plain(text(content) or "").split())
    for label, expected, pattern in _marks(document):
        if not re.search(pattern, shown):
            yield Finding(
                "pdf.validation",
                f"{label} n’apparaît pas dans le texte du compte rendu.",
                where=Location(name),
                expected=expected,
                observed="absent",
                fix="Imprimer le statut validé, la date et l’heure de la validation, et le numéro RPPS du validateur.",
                source=_SOURCE,
            )


def _marks(document: Document) -> Iterator[tuple[str, str, str]]:
    yield "Le statut « validé »", "validé", r"\bVALIDE"
    when = document.first("legalAuthenticator/time")
    stamp = "" if when is None else when.get("value") or ""
    if re.fullmatch(r"\d{12}.*", stamp):
        year, month, day, hour, minute = stamp[:4], stamp[4:6], stamp[6:8], stamp[8:10], stamp[10:12]
        yield "La date de la validation", f"{day}/{month}/{year}", rf"{day}\s?[/. -]\s?{month}\s?[/. -]\s?{year}"
        yield "L’heure de la validation", f"{hour}:{minute}", rf"(?<!\d){int(hour):02d}\s?[H:]\s?{minute}(?!\d)"
    if identifier := national_id(document):
        rpps = identifier[1:] if len(identifier) == 12 and identifier.startswith("8") else identifier
        yield "Le numéro RPPS du validateur", rpps, rf"(?<!\d){' ?'.join(rpps)}(?!\d)"

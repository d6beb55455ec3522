"""Judgement of the notice by which a platform tells whether the documents of a mail were taken in.

Source: CI-SIS, transmission au LPS de documents CDA provenant d’un courriel MSSanté. The draft of the requirement leaves the form to
be defined: what is about the form alone is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email import policy
from email.parser import BytesParser

from conformance.checks.mail.parts import Mail, at, inside, say
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_SOURCE = "CI-SIS, transmission au LPS de documents CDA provenant d’un courriel MSSanté ; RFC 8098"
_FIX = "Composer un multipart/report (report-type=disposition-notification) qui dise le sort des documents."
_NOTICE = "message/disposition-notification"


def returned(notices: Sequence[Exchange], asker: str) -> Iterator[Finding]:
    """One notice went back to who asked for it."""
    if len(notices) != 1:
        yield Finding(
            "mss.integration",
            "L’accusé d’intégration demandé n’est pas rendu à qui l’a demandé.",
            where=Location("courriels envoyés"),
            expected=f"un accusé pour {asker}",
            observed=", ".join(one.request.start for one in notices) or "aucun courriel",
            fix="Rendre un accusé dès que le logiciel destinataire a acquitté les documents.",
            source=_SOURCE,
        )


def integration_notice(mail: Mail, asked: Mail, *, done: bool) -> Iterator[Finding]:
    """The notice is a report (RFC 8098) that says what became of the documents of that mail."""
    told = [part for part in mail.root.walk() if part.kind == _NOTICE]
    if mail.root.kind != "multipart/report" or not told:
        yield say("mdn.structure", "Le courriel rendu n’a pas la structure d’un accusé.", at(mail), _SOURCE,
                  f"multipart/report avec une partie {_NOTICE}", mail.root.kind, _FIX, Severity.WARNING)  # fmt: skip
        return
    fields = BytesParser(policy=policy.compat32).parsebytes(told[0].content, headersonly=True)
    outcome = str(fields.get("Disposition") or "").rpartition(";")[2].strip().lower()
    if outcome.startswith("processed/error") is done or not outcome.startswith("processed"):
        wanted = "processed" if done else "processed/Error: code^libellé"
        yield say("mdn.sort", "L’accusé ne dit pas ce que le logiciel destinataire a fait des documents.",
                  inside(mail, told[0]), _SOURCE, wanted, outcome or "absent", _FIX)  # fmt: skip
    original, wanted = str(fields.get("Original-Message-ID") or "").strip(), (asked.header("Message-ID") or "").strip()
    if original != wanted:
        yield say("mdn.champ", "L’accusé ne désigne pas le courriel reçu.", inside(mail, told[0]), _SOURCE,
                  f"Original-Message-ID = {wanted}", original or "absent", _FIX, Severity.WARNING)  # fmt: skip

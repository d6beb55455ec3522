"""Judgement of the notice of reading (MDN) that the software returns. Source: RFC 8098, ECO.3.1.6."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.parser import BytesParser

from conformance.checks.mail.parts import Mail, Part, at, inside, say
from conformance.model.finding import Finding

_SOURCE = "ECO.3.1.6\u00a0; RFC 8098, 3"
_FIX = "Composer un multipart/report (report-type=disposition-notification) selon la RFC 8098."
_NOTICE = "message/disposition-notification"


def reading_notice(mail: Mail, asked: Mail) -> Iterator[Finding]:
    """The notice is for who asked, has the structure of RFC 8098 and names the mail that was read."""
    wanted = [address for _, address in asked.addresses("Disposition-Notification-To")]
    found = [address for _, address in mail.addresses("To")]
    if found != wanted:
        yield say("mdn.to", "L’accusé de lecture n’est pas adressé à qui l’a demandé.", at(mail, "To"), _SOURCE,
                  ", ".join(wanted), ", ".join(found) or "personne", _FIX)  # fmt: skip
    told = [part for part in mail.root.walk() if part.kind == _NOTICE]
    if mail.root.kind != "multipart/report" or not told:
        yield say("mdn.structure", "Le courriel rendu n’a pas la structure d’un accusé de lecture.", at(mail), _SOURCE,
                  f"multipart/report avec une partie {_NOTICE}", mail.root.kind, _FIX)  # fmt: skip
        return
    yield from _fields(mail, told[0], asked)


def _fields(mail: Mail, part: Part, asked: Mail) -> Iterator[Finding]:
    told = BytesParser(policy=policy.compat32).parsebytes(part.content, headersonly=True)
    reader = next((address for _, address in mail.addresses("From")), "")
    final = str(told.get("Final-Recipient") or "").rpartition(";")[2].strip().lower()
    disposition = str(told.get("Disposition") or "").lower()
    original, wanted = str(told.get("Original-Message-ID") or "").strip(), (asked.header("Message-ID") or "").strip()
    for name, right, expected, observed in (
        ("Final-Recipient", final == reader, reader, final),
        ("Disposition", disposition.rpartition(";")[2].strip() == "displayed", "…; displayed", disposition),
        ("Original-Message-ID", original == wanted, wanted, original),
    ):
        if not right:
            yield say("mdn.champ", f"Le champ {name} de l’accusé de lecture est absent ou faux.", inside(mail, part),
                      _SOURCE, expected, observed or "absent", _FIX)  # fmt: skip

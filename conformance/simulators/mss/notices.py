"""The notices that an operator writes: delivered, undelivered (RFC 3464), read (RFC 8098)."""

from __future__ import annotations

import email
import email.policy
import email.utils
import uuid
from dataclasses import dataclass
from email.message import EmailMessage, Message, MIMEPart
from typing import Any

from conformance.simulators.mss.record import fields

UNDELIVERED = "Undelivered Mail Returned to Sender"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was not delivered: its RFC 3463 status, the reply code, the sentence for the sender."""

    status: str
    code: int
    told: str


CLOSED = Failure("5.2.1", 550, "La boîte du destinataire est fermée.")
UNKNOWN = Failure("5.1.1", 550, "Le destinataire est inconnu.")
TOO_NESTED = Failure("5.6.0", 554, "Les parties du message sont trop nombreuses ou trop imbriquées.")
TOO_BIG = Failure("5.3.4", 552, "Le message dépasse la taille admise de 25 Mo.")


def header(content: bytes, name: str) -> str:
    """The first header of that name in a mail, undecoded; empty when absent."""
    return next((value for key, value in fields(content) if key.lower() == name.lower()), "")


def address_in(content: bytes, name: str) -> str:
    """The address that a header gives, in lower case; empty without one."""
    try:
        return email.utils.parseaddr(header(content, name))[1].lower()
    except RecursionError:  # thousands of nested comments: no address worth reading
        return ""


def undelivered(operator: str, sender: str, recipient: str, content: bytes, why: Failure) -> bytes:
    """The mail that comes back to ``sender``, with the headers of the one that was not delivered."""
    return _delivery(operator, sender, recipient, content, UNDELIVERED, "failed", why)


def delivered(operator: str, sender: str, recipient: str, content: bytes) -> bytes:
    """The notice that a mail reached its recipient's box (DSN)."""
    done = Failure("2.0.0", 250, "Le message a été remis au destinataire.")
    return _delivery(operator, sender, recipient, content, "Successful Mail Delivery Report", "delivered", done)


def read(reader: str, asker: str, content: bytes) -> bytes:
    """The notice that ``reader`` read a mail (MDN), for ``asker``."""
    notice = _notice(reader, asker, f"Lu : {header(content, 'Subject')}", "disposition-notification", content)
    told = [
        ("Final-Recipient", f"rfc822;{reader}"),
        ("Original-Message-ID", header(content, "Message-ID")),
        ("Disposition", "automatic-action/MDN-sent-automatically; displayed"),
    ]
    return _with_report(notice, "Votre message a été lu.", "disposition-notification", [told])


def _delivery(
    operator: str, sender: str, recipient: str, content: bytes, subject: str, action: str, why: Failure
) -> bytes:
    notice = _notice(f"MAILER-DAEMON@{operator}", sender, subject, "delivery-status", content)
    whole = [("Reporting-MTA", f"dns;{operator}"), ("Arrival-Date", email.utils.formatdate())]
    one = [
        ("Original-Recipient", f"rfc822;{recipient}"),
        ("Final-Recipient", f"rfc822;{recipient}"),
        ("Action", action),
        ("Status", why.status),
        ("Diagnostic-Code", f"smtp;{why.code} {why.status}"),
    ]
    return _with_report(notice, f"{recipient} : {why.told}", "delivery-status", [whole, one], content)


def _notice(sender: str, recipient: str, subject: str, kind: str, about: bytes) -> EmailMessage:
    notice = EmailMessage(policy=email.policy.SMTP)
    notice["From"], notice["To"] = sender, recipient
    notice["Subject"] = _line(subject)[:200]
    notice["Date"] = email.utils.formatdate()
    notice["Message-ID"] = f"<{uuid.uuid4()}@{sender.rpartition('@')[2]}>"
    answered = header(about, "Message-ID")
    if (
        answered.startswith("<")
        and answered.endswith(">")
        and answered.isascii()
        and answered.isprintable()
        and " " not in answered
    ):
        notice["In-Reply-To"] = notice["References"] = answered
    notice["Auto-Submitted"] = "auto-replied"
    notice["Content-Type"] = f"multipart/report; report-type={kind}"
    return notice


def _with_report(
    notice: EmailMessage,
    sentence: str,
    kind: str,
    groups: list[list[tuple[str, str]]],
    returned: bytes | None = None,
) -> bytes:
    told: Any = MIMEPart(policy=email.policy.SMTP)
    told.set_content(sentence + "\n")
    report: Any = Message(policy=email.policy.compat32)
    report["Content-Type"] = f"message/{kind}"
    blocks = [_block(group) for group in groups]
    # The library writes the blocks of a delivery status itself, and takes a text for the other kind.
    report.set_payload(blocks if len(blocks) > 1 else blocks[0].as_string())
    notice.attach(told)
    notice.attach(report)
    if returned is not None:
        headers: Any = Message(policy=email.policy.compat32)
        headers["Content-Type"] = "text/rfc822-headers"
        headers.set_payload("\n".join(f"{name}: {_line(value)}" for name, value in list(fields(returned))[:100]) + "\n")
        notice.attach(headers)
    return notice.as_bytes()


def _block(group: list[tuple[str, str]]) -> Message:
    block = Message(policy=email.policy.compat32)
    for name, value in group:
        block[name] = _line(value)
    return block


def _line(value: str) -> str:
    """What may stand in a header, whatever it came from."""
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in value[:900])

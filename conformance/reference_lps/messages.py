"""Writing the mails: headers, bodies and attachments asked for by the Référentiel socle MSSanté #2 (ECO.2.1 to ECO.2.4)."""

from __future__ import annotations

import email
import email.policy
import email.utils
import html as markup
import re
import uuid
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, Message, MIMEPart
from email.policy import EmailPolicy
from typing import Any

from .mime import opened
from .types import Bench, Draft, Patient, Produced
from .vocabulary import (
    PRODUCT_REFERENCE,
    author_label,
    capitals,
    clean,
    document_type,
    french_date,
    moment,
    one_line,
    unaccented,
)
from .xdm import archive

APPLICATIVE = "applicative"
_PATIENT_DOMAIN = "@patient.mssante.fr"
_IDENTIFIER = re.compile(r"<[!-;=?-~]+>")
_IDENTIFIER_HEADERS = ("message-id", "in-reply-to", "references")


class _MailPolicy(EmailPolicy):
    """SMTP policy that folds identifiers between themselves: the standard one hides the long ones in encoded words."""

    def fold(self, name: str, value: str) -> str:
        if name.lower() in _IDENTIFIER_HEADERS:
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _IDENTIFIER_HEADERS:
            return self.fold(name, value).encode("ascii")
        return bytes(super().fold_binary(name, value))


# Seven bits: an operator is not bound to announce 8BITMIME.
_POLICY = _MailPolicy(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True)
class Wishes:
    """What the author of a free mail wants: both forms, a delivery notice, a reading notice, no answer from a patient."""

    html: bool = False
    dsn: bool = False
    mdn: bool = False
    no_reply: bool = False


@dataclass(frozen=True)
class Sender:
    """The box that writes: its address, its displayed label, and where the answers go when it is an applicative one."""

    address: str
    label: str
    applicative: bool
    reply_to: str

    @classmethod
    def of(cls, bench: Bench, box: str, reply_to: str | None, defects: frozenset[str]) -> Sender:
        """Box ``box`` of the bench; ``reply_to`` is the address set by the user, empty for the default of the box."""
        raw: dict[str, Any] = bench.raw["mss"]["boites"][box]
        chosen = reply_to or raw.get("adresse_retour", "")
        if "mss-fixed-reply-to" in defects:
            chosen = raw.get("adresse_retour", "")
        label = one_line(str(raw.get("libelle", "")))
        return cls(str(raw["adresse"]), label, box == APPLICATIVE, one_line(str(chosen)))


def document_message(
    sender: Sender,
    recipient: str,
    produced: Produced,
    draft: Draft,
    patient: Patient,
    *,
    bench: Bench,
    defects: frozenset[str],
    former_id: str | None,
    no_reply: bool = False,
) -> EmailMessage:
    """Mail of one document of one patient: XDM archive and the same PDF/A-1 beside it."""
    kind = document_type(draft.type_code)
    message = _opened(sender, recipient, _subject(draft, patient, defects), defects)
    message["X-MSS-CODECDA"] = kind.label if "mss-codecda-as-label" in defects else kind.code
    message["X-MSS-INS"] = "O" if patient.matricule or "mss-ins-always-yes" in defects else "N"
    _close(message, recipient, no_reply, defects)
    former = _IDENTIFIER.findall(former_id or "")
    if draft.replaces is not None and former:
        message["In-Reply-To"] = former[-1]
        message["References"] = former[-1]
    _write(message, sender, _document_body(draft, patient, bench, defects), html=True, defects=defects)
    if not ("mss-patient-without-xdm" in defects and recipient.endswith(_PATIENT_DOMAIN)):
        content = archive(produced, draft, patient, bench, defects)
        message.add_attachment(content, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    if "mss-peer-without-pdf" not in defects or recipient.endswith(_PATIENT_DOMAIN):
        message.add_attachment(produced.pdf, maintype="application", subtype="pdf", filename=produced.pdf_name)
    return message


def free_message(
    sender: Sender, recipient: str, subject: str, text: str, wishes: Wishes, *, defects: frozenset[str]
) -> EmailMessage:
    """Mail without document."""
    message = _opened(sender, recipient, subject, defects)
    if wishes.dsn and "mss-no-dsn-request" not in defects:
        message["Return-Receipt-To"] = sender.address
    if wishes.mdn and "mss-no-mdn-request" not in defects:
        message["Disposition-Notification-To"] = sender.address
    _close(message, recipient, wishes.no_reply, defects)
    _write(message, sender, clean(text), html=wishes.html, defects=defects)
    return message


def deletion_message(
    sender: Sender, recipient: str, title: str, former_id: str, defects: frozenset[str]
) -> EmailMessage:
    """The preset mail that tells a recipient that a document received is deleted; it belongs to the same thread."""
    silent = "mss-deletion-without-title" in defects
    subject = "Votre document" if silent else f"Suppression du document «\u00a0{title}\u00a0»"
    message = _opened(sender, recipient, subject, defects)
    if former := _IDENTIFIER.findall(former_id):
        message["In-Reply-To"] = message["References"] = former[-1]
    told = f"Le document «\u00a0{title}\u00a0» qui vous a été envoyé est supprimé\u00a0: n’en tenez plus compte."
    if silent:
        told = "Un document est modifié."
    _write(message, sender, f"Bonjour,\n\n{told}", html=True, defects=defects)
    return message


def _close(message: EmailMessage, recipient: str, no_reply: bool, defects: frozenset[str]) -> None:
    """``X-MSS-MES: FIN`` keeps a patient from answering (ECO.2.2.8)."""
    if recipient.endswith(_PATIENT_DOMAIN) and no_reply and "mss-open-thread" not in defects:
        message["X-MSS-MES"] = "FIN"


def reply_message(sender: Sender, source: bytes, text: str, defects: frozenset[str]) -> EmailMessage:
    """Answer to a received mail; ValueError when it tells neither whom to answer nor to what."""
    received = opened(source)
    recipient = email.utils.parseaddr(_header(received, "Reply-To") or _header(received, "From"))[1]
    subject = one_line(_header(received, "Subject"))
    message = _opened(sender, recipient, subject if subject.lower().startswith("re:") else f"Re: {subject}", defects)
    answered = _IDENTIFIER.findall(_header(received, "Message-ID"))
    if not answered:
        raise ValueError("Le message reçu n’a pas de Message-ID\u00a0: la réponse ne pourrait pas lui être rattachée.")
    if "mss-reply-without-references" not in defects:
        thread = _IDENTIFIER.findall(_header(received, "References"))
        message["In-Reply-To"] = answered[0]
        message["References"] = " ".join([*thread, answered[0]])
    _write(message, sender, clean(text), html=False, defects=defects)
    return message


def reading_notice(sender: Sender, source: bytes, defects: frozenset[str]) -> EmailMessage:
    """The notice of reading (RFC 8098) that the mail ``source`` asked for; ValueError when it did not."""
    received = opened(source)
    asker = email.utils.parseaddr(_header(received, "Disposition-Notification-To"))[1]
    message = _opened(sender, asker, f"Lu : {one_line(_header(received, 'Subject'))}", defects)
    answered = _IDENTIFIER.findall(_header(received, "Message-ID"))
    fields = [f"Final-Recipient: rfc822;{sender.address}"]
    if answered and "mss-mdn-without-original" not in defects:
        message["In-Reply-To"] = message["References"] = answered[0]
        fields.append(f"Original-Message-ID: {answered[0]}")
    fields.append("Disposition: manual-action/MDN-sent-manually; displayed")
    message.set_content("Votre message a été ouvert par son destinataire.\n", charset="utf-8")
    if "mss-mdn-as-text" in defects:
        return message
    message.make_mixed()
    told: Any = MIMEPart(policy=_POLICY)
    told.set_content(("\r\n".join(fields) + "\r\n").encode("ascii"), "message", "disposition-notification", cte="7bit")
    message.attach(told)
    message.set_type("multipart/report")
    message.set_param("report-type", "disposition-notification")
    return message


def integration_notice(sender: Sender, source: bytes, done: bool, defects: frozenset[str]) -> EmailMessage:
    """The notice (RFC 8098) that the documents of the mail ``source`` were taken in, or were not.

    Source: CI-SIS, transmission au LPS de documents CDA provenant d’un courriel MSSanté (structure of the MDN).
    """
    received = email.message_from_bytes(source, policy=email.policy.compat32)
    asker = email.utils.parseaddr(_header(received, "Disposition-Notification-To"))[1]
    subject = one_line(_header(received, "Subject"))
    message = _opened(sender, asker, subject if done else f"[KO Intégration système !][906] {subject}", defects)
    outcome = "processed" if done else "processed/Error: 906^Autre"
    fields = [f"Final-Recipient: rfc822;{sender.address}", f"Original-Recipient: rfc822;{sender.address}"]
    if answered := _IDENTIFIER.findall(_header(received, "Message-ID")):
        message["In-Reply-To"] = message["References"] = answered[0]
        fields.append(f"Original-Message-ID: {answered[0]}")
    fields.append(f"Disposition: automatic-action/MDN-sent-automatically; {outcome}")
    said = "intégrés" if done else "refusés par le logiciel destinataire (906, autre)"
    message.set_content(f"Les documents de votre message ont été {said}.\n", charset="utf-8")
    message.make_mixed()
    told: Any = MIMEPart(policy=_POLICY)
    told.set_content(("\r\n".join(fields) + "\r\n").encode("ascii"), "message", "disposition-notification", cte="7bit")
    message.attach(told)
    original: Any = MIMEPart(policy=_POLICY)
    original.set_content(source, "message", "rfc822", cte="base64")
    message.attach(original)
    message.set_type("multipart/report")
    message.set_param("report-type", "disposition-notification")
    return message


def _opened(sender: Sender, recipient: str, subject: str, defects: frozenset[str]) -> EmailMessage:
    """Headers that every mail bears."""
    if not re.fullmatch(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", recipient):
        raise ValueError("L’adresse du destinataire n’est pas une adresse électronique.")
    message = EmailMessage(policy=_POLICY)
    label = "" if "mss-raw-from" in defects else sender.label
    message["From"] = Address(label, addr_spec=sender.address)
    message["To"] = recipient
    message["Subject"] = one_line(subject)
    message["Date"] = email.utils.localtime()
    if "mss-bad-message-id" in defects:
        message["Message-ID"] = f"<{uuid.uuid4()}>"
    else:
        message["Message-ID"] = f"<{uuid.uuid4()}@{sender.address.rpartition('@')[2]}>"
    if sender.applicative and sender.reply_to:
        message["Reply-To"] = sender.reply_to
    if "mss-without-product-reference" not in defects:
        message["X-MSS-NIL"] = PRODUCT_REFERENCE
    return message


def _subject(draft: Draft, patient: Patient, defects: frozenset[str]) -> str:
    """``XDM/1.0/DDM+<libellé> <NOM> <prénom> <JJ/MM/AAAA>`` (ECO.2.1.3), the label cut to 40 characters."""
    label = document_type(draft.type_code).label[:40].strip()
    first_name = unaccented(one_line(patient.premier_prenom))
    born = french_date(patient.date_naissance)
    if "mss-subject-without-prefix" in defects:
        return f"{label} {capitals(patient.nom_naissance)} {first_name} {born}"
    return f"XDM/1.0/DDM+{label} {capitals(patient.nom_naissance)} {first_name} {born}"


def _document_body(draft: Draft, patient: Patient, bench: Bench, defects: frozenset[str]) -> str:
    title, day = one_line(draft.title), moment(draft.written_at).strftime("%d/%m/%Y")
    who = one_line(f"{patient.premier_prenom} {patient.nom_naissance}")
    paragraphs = [
        "Bonjour,",
        f"Vous trouverez en pièce jointe le document «\u00a0{title}\u00a0» du {day} concernant {who}.",
    ]
    if draft.replaces is not None and "mss-replacement-without-mention" not in defects:
        paragraphs.append("Ce document annule et remplace la version qui vous a été envoyée précédemment.")
    signature = f"{author_label(bench)}\n{one_line(str(bench.raw['organisation']['nom']))}"
    return "\n\n".join([*paragraphs, signature])


def _write(message: EmailMessage, sender: Sender, text: str, *, html: bool, defects: frozenset[str]) -> None:
    """Body in UTF-8: plain text, or the plain then the HTML form of the same words."""
    if sender.applicative and "mss-applicative-without-mention" not in defects:
        text += (
            "\n\nCe message a été généré automatiquement depuis une boîte qui n’est pas relevée. "
            f"Pour nous écrire\u00a0: {sender.reply_to}"
        )
    page = _page(text)
    if html and "mss-html-only" in defects:
        message.set_content(page, subtype="html", charset="utf-8")
        return
    message.set_content(text + "\n", charset="utf-8")
    if html:
        message.add_alternative(page, subtype="html", charset="utf-8")


def _page(text: str) -> str:
    blocks = [markup.escape(block).replace("\n", "<br>\n") for block in text.split("\n\n") if block.strip()]
    body = "\n".join(f"<p>{block}</p>" for block in blocks)
    return f'<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _header(message: Message, name: str) -> str:
    """A received header, decoded as far as its author lets it be."""
    raw = str(message.get(name, ""))
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return raw

"""What the mail scenarios share: the mail that an answer speaks of, and what a mail with documents must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance import require
from conformance.checks import ins, mail, pdf, xdm
from conformance.drivers.services import MssService
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.outcomes import legible
from conformance.validation.gate import Document, open_document

PEER = "confrere@autre.mssante.test"


def reading(exchange: Exchange) -> mail.Mail:
    """The mail that an exchange carried."""
    return mail.read(exchange.request.body, f"courriel {exchange.number}")


def sent_mail(mss: MssService, answer: Mapping[str, Any]) -> mail.Mail:
    """The mail that an answer of the software says it sent. Raises NotRun when the operator did not get it."""
    return reading(mss.mail(message_id=str(answer.get("message_id"))))


def archive(one: mail.Mail) -> xdm.Archive:
    """The IHE_XDM archive of a mail whose attachments were judged."""
    return legible(xdm.read(one.archives[0].content, f"{one.source} › IHE_XDM.ZIP"))


def documents(one: mail.Mail) -> Iterator[Document]:
    """The CDA documents of the archive."""
    for name, content in xdm.documents(archive(one)):
        yield legible(open_document(name, content))


def sound(one: mail.Mail, person: Identity) -> None:
    """The mail carries that person's documents: archive, same documents in PDF/A-1, subject, names, identity."""
    require(mail.attachments(one), mail.subject(one, identity=person), mail.file_names(one, person))
    attached = [(part.filename or "sans nom", part.content) for part in one.pdfs]
    require(xdm.judge(archive(one), attached), *(pdf.archivable(name, content) for name, content in attached))
    for document in documents(one):
        require(ins.same_identity(ins.identity_of(document), person, complete=True))

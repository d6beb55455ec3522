"""Les accusés : ce que l’opérateur et les correspondants rendent, ce que le logiciel en montre et rend à son tour."""

from __future__ import annotations

from email.message import EmailMessage

from conformance import require, verifies
from conformance.checks import mail
from conformance.checks import mailbox as boxes
from conformance.drivers.mailbox import PERSONAL, Mailbox
from conformance.drivers.services import MssService
from conformance.drivers.software import Software
from conformance.outcomes import NotRun
from conformance.suites.mss.posted import PEER, reading

NOBODY = "inconnu@operateur.mssante.test"
DELIVERED, UNDELIVERED, SENT = "REMIS", "NON_REMIS", "ENVOYE"


@verifies("MSS/va1.14.01")
def test_the_receipt_is_shown_with_what_was_sent(software: Software, mss: MssService, mailbox: Mailbox) -> None:
    """L’avis de remise, et celui de non-remise, se voient sur le message envoyé ; sans avis, rien n’est dit remis."""
    box = mailbox.usual
    identifiers = {}
    for recipient, receipt in ((PEER, True), (NOBODY, True), ("consoeur@autre.mssante.test", False)):
        sent = software.write_mail(recipient, box=box, dsn=receipt)
        exchange = mss.mail(message_id=sent.get("message_id"))
        if receipt and list(mail.dsn_request(reading(exchange))):
            raise NotRun("préalable non rempli : l’accusé de réception n’est pas demandé, aucun ne peut revenir")
        identifiers[recipient] = str(sent["message_id"])
    mailbox.read(box)
    listed = software.do("lire_envois").get("envois")
    shown = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    for identifier, wanted in zip(identifiers.values(), (DELIVERED, UNDELIVERED, SENT), strict=True):
        require(boxes.arrival(shown, identifier, wanted))


@verifies("MSS/UX.34.01")
def test_the_notice_of_reading_is_returned(software: Software, mss: MssService, mailbox: Mailbox) -> None:
    """Le message reçu demande un accusé de lecture : il est rendu, une fois lu, à qui l’a demandé."""
    mailbox.log_in()
    asked = asking(mailbox.address(PERSONAL))
    mailbox.deliver(PERSONAL, asked.as_bytes())
    received = mailbox.read(PERSONAL).get("courriels")
    found = [one for one in received or () if one.get("message_id") == asked["Message-ID"]]
    if not found:
        raise NotRun("préalable non rempli : le message remis n’est pas dans les courriels relevés")
    before = len(mss.mails())
    software.do("lire_courriel", id=found[0]["id"], accuse=True)
    notices = mss.mails_after(before)
    require(boxes.returned(notices, PEER))
    for notice in notices:
        require(mail.reading_notice(reading(notice), mail.read(asked.as_bytes(), "courriel reçu")))


def asking(box: str) -> EmailMessage:
    """A mail whose author wants to know when it is read, invented."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Dr_Alix_MODELE <{PEER}>", box, "Avis demandé"
    message["Date"], message["Message-ID"] = "Mon, 05 Jan 2026 09:00:00 +0000", "<avis-mdn@autre.mssante.test>"
    message["Disposition-Notification-To"] = PEER
    message.set_content("Bonjour, que pensez-vous de ce dossier ?")
    return message

"""Forme des courriels : identifiants, expéditeur, corps, réponse, accusés, boîte applicative."""

from __future__ import annotations

import base64
from email.message import EmailMessage

from conformance import require, verifies
from conformance.checks import annuaire, mail
from conformance.drivers.directory import Directory
from conformance.drivers.services import MssService
from conformance.drivers.software import Software
from conformance.suites.mss.posted import PEER, sent_mail

RETURN_BOX = "accueil@operateur.mssante.test"


@verifies("MSS/CONF.20.01")
def test_the_address_comes_from_the_directory(software: Software, mss: MssService, directory: Directory) -> None:
    """Pendant la rédaction, l’adresse du destinataire est cherchée dans l’Annuaire Santé, et le message part à celle-là."""
    one, boxless = directory.listed(), directory.listed(mailbox=None)
    directory.offered()
    found = directory.addresses(nom=one.nom, prenom=one.prenom)
    require(annuaire.addresses(found, [one.mailbox or ""]))
    require(annuaire.addresses(directory.addresses(nom=boxless.nom, prenom=boxless.prenom), []))
    sent = sent_mail(mss, software.write_mail(str(found["adresses"][0]["adresse"])))
    require(mail.sent_to(sent, one.mailbox or ""))


@verifies("MSS/va1.12.01")
def test_a_new_mail_bears_its_identifier(software: Software, mss: MssService) -> None:
    """Un nouveau courriel porte un Message-ID bien formé, différent de celui des autres."""
    mails = [sent_mail(mss, software.write_mail(PEER)) for _ in range(2)]
    require(*(mail.message_id(one) for one in mails), mail.unique_ids(mails))


@verifies("MSS/va1.08.01")
def test_a_reply_refers_to_what_it_answers(software: Software, mss: MssService) -> None:
    """Une réponse porte son propre identifiant et cite celui du courriel auquel elle répond."""
    received = incoming()
    source = base64.b64encode(received.as_bytes()).decode()
    answer = software.do("repondre_message", source=source, texte="Bien reçu.", boite="personnelle")
    require(mail.threading(sent_mail(mss, answer), mail.read(received.as_bytes(), "courriel reçu")))


def incoming() -> EmailMessage:
    """A mail from a colleague, invented."""
    received = EmailMessage()
    received["From"] = f"Dr_Alix_MODELE <{PEER}>"
    received["To"] = "camille.exemple@operateur.mssante.test"
    received["Subject"] = "Demande d’avis"
    received["Date"] = "Mon, 05 Jan 2026 09:00:00 +0000"
    received["Message-ID"] = "<5d0c7a52-avis@autre.mssante.test>"
    received["References"] = "<0b61-premier@autre.mssante.test>"
    received.set_content("Bonjour, que pensez-vous de ce dossier ?")
    return received


@verifies("MSS/va1.11.01")
def test_the_body_exists_in_plain_text(software: Software, mss: MssService) -> None:
    """Un corps HTML est accompagné d’un texte simple de même contenu, en UTF-8."""
    one = sent_mail(mss, software.write_mail(PEER, html=True))
    require(mail.structure(one), mail.body(one))


@verifies("MSS/va1.15.01")
def test_a_delivery_receipt_can_be_asked_for(software: Software, mss: MssService) -> None:
    """L’accusé de réception de type DSN est demandé dans l’en-tête prévu, pour la boîte qui envoie."""
    require(mail.dsn_request(sent_mail(mss, software.write_mail(PEER, dsn=True))))


@verifies("MSS/va1.16.01")
def test_the_sender_is_named(software: Software, mss: MssService) -> None:
    """L’expéditeur est nommé à côté de son adresse."""
    require(mail.sender_label(sent_mail(mss, software.write_mail(PEER))))


@verifies("MSS/va1.09.01")
def test_an_applicative_box_says_so(software: Software, mss: MssService) -> None:
    """Un courriel de boîte applicative dit qu’il est automatique et à qui répondre."""
    software.do("regler", adresse_retour="secretariat@operateur.mssante.test")
    one = sent_mail(mss, software.write_mail(PEER, box="applicative"))
    require(mail.applicative(one, "secretariat@operateur.mssante.test"))
    require(mail.reply_to(one, "secretariat@operateur.mssante.test"))


@verifies("MSS/va1.18.01")
def test_the_return_address_can_be_set(software: Software, mss: MssService) -> None:
    """L’adresse de retour est celle qui a été paramétrée."""
    with software.setting("adresse_retour", RETURN_BOX, "secretariat@operateur.mssante.test"):
        one = sent_mail(mss, software.write_mail(PEER, box="applicative"))
    require(mail.reply_to(one, RETURN_BOX))

"""Les boîtes MSSanté du logiciel : configurées, ouvertes, tenues, fermées ; l’opérateur voit chaque session IMAP."""

from __future__ import annotations

from email.message import EmailMessage

from conformance import require, verifies
from conformance.checks import mailbox as boxes
from conformance.checks import tls
from conformance.drivers.mailbox import (
    APPLICATIVE,
    AUTOCONFIG,
    LOGIN,
    NOBODY_LISTENS,
    PERSONAL,
    SESSION,
    SHARED,
    Mailbox,
)
from conformance.drivers.people import People
from conformance.drivers.services import MssService, PscService
from conformance.drivers.software import Software
from conformance.model.evidence import Exchange
from conformance.outcomes import NotRun
from conformance.suites.mss.posted import PEER

BROKEN = ("authentification-refusee", "coupure")


def note(box: str, subject: str) -> bytes:
    """A mail from a colleague, invented."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Dr_Alix_MODELE <{PEER}>", box, subject
    message["Date"], message["Message-ID"] = "Mon, 05 Jan 2026 09:00:00 +0000", f"<{subject}@autre.mssante.test>"
    message.set_content("Bonjour, que pensez-vous de ce dossier ?")
    return message.as_bytes()


@verifies("MSS/CONF.04.01")
def test_a_box_is_set_up_from_its_address(software: Software, mss: MssService, mailbox: Mailbox) -> None:
    """De la seule adresse, le logiciel lit le fichier de l’opérateur et ouvre la boîte aux réglages qu’il y trouve."""
    mailbox.log_in()
    answer = software.do("configurer_boite", adresse=mailbox.address(PERSONAL))
    require(boxes.configured(answer, mailbox.exchanges(AUTOCONFIG), mailbox.openings(PERSONAL)))
    require(boxes.ciphered_first(mailbox.openings(PERSONAL)))
    before = len(mailbox.openings(PERSONAL))
    mailbox.announce(NOBODY_LISTENS)
    answer = software.do("configurer_boite", adresse=mailbox.address(PERSONAL))
    mss.silence()
    require(boxes.not_configured(answer, mailbox.openings(PERSONAL)[before:]))


@verifies("MSS/CONF.06.01")
def test_a_box_is_read_after_starttls(mss: MssService, mailbox: Mailbox) -> None:
    """La boîte est relevée en IMAP, et rien ne s’y dit avant STARTTLS."""
    box = mailbox.ready()
    mailbox.deliver(box, note(mailbox.address(box), "releve"))
    mailbox.read(box)
    mailbox.opening(box)
    mss.silence()
    require(boxes.ciphered_first(mailbox.exchanges(LOGIN, SESSION)))


@verifies("MSS/CONF.07.01")
def test_both_services_are_opened_by_the_token(software: Software, mss: MssService, mailbox: Mailbox) -> None:
    """SMTP et IMAP sont ouverts par XOAUTH2, STARTTLS d’abord, avec le jeton de l’utilisateur connecté."""
    mailbox.log_in()
    sent = mss.mail(message_id=software.write_mail(PEER).get("message_id"))
    mailbox.read(PERSONAL)
    opening = mailbox.opening(PERSONAL)
    require(tls.starttls_first([sent]), boxes.ciphered_first([opening]))
    require(boxes.by_token(sent), boxes.by_token(opening))


@verifies("MSS/CONF.08.01")
def test_a_broken_operator_breaks_nothing_else(
    software: Software, mss: MssService, mailbox: Mailbox, people: People
) -> None:
    """L’opérateur refuse, puis raccroche : l’échec est dit, le reste du logiciel répond, la messagerie reprend ensuite."""
    mailbox.log_in()
    mailbox.read(PERSONAL)
    software.create(people.one())
    for fault in BROKEN:
        mss.fail(fault)
        mailbox.cut()
        require(boxes.failure_told(mailbox.collect(PERSONAL)))
        require(boxes.still_works("creer_patient", tried(software, people)))
    mss.clear()
    mailbox.read(PERSONAL)


def tried(software: Software, people: People) -> int | None:
    """The status of the creation of a patient; None when the software does not even answer."""
    try:
        return software.ask("creer_patient", **people.one().traits).status
    except NotRun:
        return None


@verifies("MSS/CONF.09")
def test_the_token_goes_with_the_command(mailbox: Mailbox) -> None:
    """Devant un serveur qui annonce SASL-IR, le jeton accompagne la commande d’authentification."""
    mailbox.log_in()
    mailbox.read(PERSONAL)
    opening = mailbox.opening(PERSONAL)
    require(boxes.by_token(opening), boxes.at_once(opening))


@verifies("MSS/CONF.10.01")
def test_the_box_closes_with_the_login(psc: PscService, mailbox: Mailbox) -> None:
    """La boîte se ferme quand l’utilisateur se déconnecte, et quand son jeton de rafraîchissement ne vaut plus rien."""
    session = mailbox.log_in()
    mailbox.read(PERSONAL)
    opening = mailbox.opening(PERSONAL)
    mailbox.log_out(session)
    require(boxes.ended(opening, mailbox.endings(opening), "l’utilisateur s’est déconnecté"))
    psc.live(access_s=2)
    session = mailbox.log_in()
    mailbox.read(PERSONAL)
    opening = mailbox.opening(PERSONAL)
    mailbox.still(session)
    mailbox.end_provider_sessions()
    require(boxes.ended(opening, mailbox.endings(opening), "le jeton de rafraîchissement n’est plus valide"))


@verifies("MSS/CONF.11.01")
def test_a_box_cut_by_the_operator_is_opened_again(psc: PscService, mailbox: Mailbox) -> None:
    """L’opérateur ferme la session : le logiciel la rouvre de lui-même, sans solliciter l’utilisateur."""
    session = mailbox.log_in()
    mailbox.read(PERSONAL)
    cut, before, asked = mailbox.opening(PERSONAL), len(mailbox.openings(PERSONAL)), len(psc.exchanges("authorize"))
    mailbox.still(session)
    mailbox.cut()
    require(boxes.reopened(cut, mailbox.more_openings(PERSONAL, before)))
    require(boxes.not_asked_again(psc.exchanges("authorize")[asked:]))


@verifies("MSS/CONF.12.01")
def test_the_applicative_box_is_opened_by_certificate(software: Software, mss: MssService, mailbox: Mailbox) -> None:
    """La boîte applicative est ouverte par le certificat de la structure, en SMTP puis en IMAP."""
    sent = mss.mail(message_id=software.write_mail(PEER, box=APPLICATIVE).get("message_id"))
    require(tls.client_certificate(sent))
    mailbox.collect(APPLICATIVE)
    mss.silence()
    openings, tried = mailbox.openings(APPLICATIVE), mailbox.exchanges(SESSION)
    if not openings and not tried:
        mailbox.opening(APPLICATIVE)
    require(boxes.by_certificate(openings, tried))


@verifies("MSS/UX.36")
def test_several_boxes_are_open_together(mss: MssService, mailbox: Mailbox) -> None:
    """Deux boîtes sont ouvertes en même temps par le même utilisateur, et chacune a été relevée."""
    mailbox.log_in()
    openings: dict[str, Exchange] = {}
    for box in (PERSONAL, SHARED):
        mailbox.read(box)
        openings[box] = mailbox.opening(box)
    mss.silence()
    require(boxes.together(openings, mailbox.exchanges(SESSION)))

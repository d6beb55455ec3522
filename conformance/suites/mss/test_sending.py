"""Documents envoyés d’eux-mêmes ou à la demande, partiels, corrigés, supprimés."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance import require, verifies
from conformance.checks import behaviour, mail, tls
from conformance.checks.cda import status
from conformance.drivers.people import People
from conformance.drivers.services import MssService
from conformance.drivers.software import LETTER, MAIN, Software
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.outcomes import legible
from conformance.suites.mss.posted import PEER, documents, reading, sent_mail, sound
from conformance.validation.gate import open_document

VALIDATOR = "rang_validateur"
"""The bench's name of the RPPS-rang certificate of the professional at the keyboard."""
OTHER = "consoeur@autre.mssante.test"


@verifies("MSS/va1.21.01")
def test_a_report_leaves_by_itself(software: Software, mss: MssService, people: People) -> None:
    """Le compte rendu validé part de lui-même vers le correspondant, avec l’archive IHE_XDM et le PDF/A-1."""
    person = people.one()
    sound(reading(left_by_itself(software, mss, people, person)), person)


@verifies("MSS/va1.29.01")
def test_a_report_leaves_from_the_applicative_box(software: Software, mss: MssService, people: People) -> None:
    """L’envoi automatique est fait par la boîte applicative, ouverte par le certificat de la structure."""
    person = people.one()
    exchange = left_by_itself(software, mss, people, person)
    require(tls.client_certificate(exchange), mail.attachments(reading(exchange)))


@verifies("MSS/va1.30.01")
def test_a_report_leaves_from_the_box_of_who_validated(software: Software, mss: MssService, people: People) -> None:
    """L’envoi automatique est fait par la boîte nominative, ouverte par le certificat RPPS-rang du validateur."""
    with software.setting("boite_automatique", "nominative", "applicative"):
        exchange = left_by_itself(software, mss, people, people.one())
    require(tls.ranked(exchange, VALIDATOR))


def left_by_itself(software: Software, mss: MssService, people: People, person: Identity) -> Exchange:
    """The mail that the validation of a document sends to its correspondent, the channel being known to work."""
    mss.mail(message_id=software.write_mail(PEER).get("message_id"))
    before = len(mss.mails())
    validated(software, software.qualified(person), [PEER])
    found = mss.mails_after(before)
    require(behaviour.left_by_itself(found, PEER))
    return next(one for one in found if PEER in one.keys)


def validated(software: Software, patient: str, correspondents: Sequence[str]) -> str:
    """Write a report, then validate it with these correspondents; the software's id for it."""
    made = software.do(
        "ecrire_document", patient=patient, type=software.type_of(LETTER), titre="Compte rendu", texte="Texte d’essai."
    )
    software.do("valider_document", id=made["id"], correspondants=list(correspondents))
    return str(made["id"])


@verifies("MSS/va1.33.01", "MSS/va1.31.01 (envoi-manuel)")
def test_a_report_is_sent_on_demand(software: Software, mss: MssService, people: People) -> None:
    """À la demande du professionnel, le compte rendu part vers le correspondant, archive IHE_XDM et PDF/A-1 joints."""
    person = people.one()
    document = software.write(software.qualified(person), LETTER)
    sound(sent_mail(mss, software.send(document, "mss-professionnel", PEER)), person)


@verifies("MSS/va1.34.01")
def test_a_report_is_sent_to_the_patient_on_demand(software: Software, mss: MssService, people: People) -> None:
    """À la demande du professionnel, le compte rendu du séjour part vers le patient, à l’adresse tirée de son INS."""
    person = people.one()
    document = software.write(software.qualified(person), LETTER)
    one = sent_mail(mss, software.send(document, "mss-patient"))
    require(mail.patient_address(one, person))
    sound(one, person)


@verifies("MSS/va1.35.01", "MSS/va1.13.01")
def test_a_corrected_report_says_so(software: Software, mss: MssService, people: People) -> None:
    """La version corrigée porte la mention de remplacement, et son CDA désigne la version qu’elle remplace."""
    patient = software.qualified(people.one())
    first = software.write(patient, LETTER)
    software.send(first, "mss-professionnel", PEER)
    second = software.write(patient, LETTER, text="Texte corrigé.", remplace=first)
    one = sent_mail(mss, software.send(second, "mss-professionnel", PEER))
    before, after = (legible(open_document(made.name, made.content)) for made in map(software.cda, (first, second)))
    require(mail.replacement(one), behaviour.replaces_version(after, before))


@verifies("MSS/va1.32.01")
def test_a_partial_report_then_the_complete_one(software: Software, mss: MssService, people: People) -> None:
    """Le compte rendu partiel part à la demande, puis le complet : chacun dit où en est l’examen, le second remplace."""
    person = people.one()
    patient = software.qualified(person)
    partial = software.write(patient, LETTER, text="Résultats partiels.", partiel=True)
    first = sent_mail(mss, software.send(partial, "mss-professionnel", PEER))
    whole = software.write(patient, LETTER, text="Résultats complets.", remplace=partial)
    second = sent_mail(mss, software.send(whole, "mss-professionnel", PEER))
    for one in (first, second):
        sound(one, person)
    (before, *_), (after, *_) = (list(documents(one)) for one in (first, second))
    require(status.document_status(before, "active"), status.document_status(after, "completed"))
    require(behaviour.replaces_version(after, before))


@verifies("MSS/va1.37.01", "MSS/va1.30")
def test_recipients_are_told_of_a_deletion(software: Software, mss: MssService, people: People) -> None:
    """Les destinataires d’un document supprimé en sont avertis, chacun par un message, et eux seuls."""
    document = software.write(software.qualified(people.one()), MAIN)
    carried = {
        address: sent_mail(mss, software.send(document, "mss-professionnel", address)) for address in (PEER, OTHER)
    }
    before = len(mss.mails())
    software.do("supprimer_document", id=document)
    mss.silence()
    notices = [reading(exchange) for exchange in mss.mails()[before:]]
    require(told(notices, carried), *(mail.deletion(one, carried[addressee(one)]) for one in notices if known(one)))


def told(notices: Sequence[mail.Mail], carried: dict[str, mail.Mail]) -> Any:
    """Each former recipient has one notice."""
    return behaviour.told_once([addressee(one) for one in notices], list(carried))


def addressee(one: mail.Mail) -> str:
    """Whom a notice is written to."""
    return next((address for _, address in one.addresses("To")), "")


def known(one: mail.Mail) -> bool:
    """Whether a notice is written to a former recipient."""
    return addressee(one) in (PEER, OTHER)

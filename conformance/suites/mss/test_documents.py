"""Documents envoyés par MSSanté : au patient, au confrère, refusés, remplacés."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, mail
from conformance.drivers.people import People
from conformance.drivers.services import MssService
from conformance.drivers.software import LETTER, MAIN, Software
from conformance.outcomes import legible
from conformance.suites.mss.posted import PEER, sent_mail, sound
from conformance.validation.gate import open_document


@verifies("MSS/va1.01.01")
def test_a_document_reaches_the_patient(software: Software, mss: MssService, people: People) -> None:
    """Le patient reçoit le document : archive IHE_XDM et PDF/A-1, pour lui seul."""
    reaches_patient(software, mss, people, MAIN)


@verifies("MSS/va1.17.01")
def test_a_letter_reaches_the_patient(software: Software, mss: MssService, people: People) -> None:
    """Le patient reçoit la lettre : archive IHE_XDM et PDF/A-1, pour lui seul."""
    reaches_patient(software, mss, people, LETTER)


def reaches_patient(software: Software, mss: MssService, people: People, part: str) -> None:
    """A document of a qualified identity arrives at the patient's box with a sound archive and its PDF."""
    person = people.one()
    sent = software.send(software.write(software.qualified(person), part), "mss-patient")
    sound(sent_mail(mss, sent), person)


@verifies("MSS/va1.19.01")
def test_the_patient_address_is_built_from_the_ins(software: Software, mss: MssService, people: People) -> None:
    """L’adresse du patient est son matricule INS, clé comprise."""
    person = people.one()
    sent = software.send(software.write(software.qualified(person), MAIN), "mss-patient")
    one = sent_mail(mss, sent)
    require(mail.patient_address(one, person), mail.single_patient(one))


@verifies("MSS/va1.19.02")
def test_nothing_leaves_for_an_unqualified_patient(software: Software, mss: MssService, people: People) -> None:
    """Rien n’est envoyé au patient dont l’identité n’est pas qualifiée."""
    control(software, mss, people)
    document = software.write(software.recovered(people.one()), MAIN)
    nothing_leaves(software, mss, document, "mss-patient")


@verifies("MSS/va1.20.01")
def test_the_refusal_of_patient_mail_is_kept(software: Software, mss: MssService, people: People) -> None:
    """Rien n’est envoyé au patient qui l’a refusé."""
    control(software, mss, people)
    patient = software.qualified(people.one())
    software.do("enregistrer_consentements", id=patient, mss_patient=False)
    nothing_leaves(software, mss, software.write(patient, MAIN), "mss-patient")


@verifies("MSS/va1.22.01")
def test_the_refusal_of_professional_mail_is_kept(software: Software, mss: MssService, people: People) -> None:
    """Rien n’est envoyé au confrère quand le patient l’a refusé."""
    patient, other = software.qualified(people.one()), software.qualified(people.one())
    sent = software.send(software.write(other, LETTER), "mss-professionnel", PEER)
    mss.mail(message_id=sent.get("message_id"))
    software.do("enregistrer_consentements", id=patient, mss_professionnel=False)
    nothing_leaves(software, mss, software.write(patient, LETTER), "mss-professionnel", PEER)


def control(software: Software, mss: MssService, people: People) -> None:
    """The same request does send for a patient who accepts and is qualified: a silence that follows is a refusal."""
    sent = software.send(software.write(software.qualified(people.one()), MAIN), "mss-patient")
    mss.mail(message_id=sent.get("message_id"))


def nothing_leaves(
    software: Software, mss: MssService, document: str, channel: str, recipient: str | None = None
) -> None:
    """Asking for the document to be sent puts no mail on the wire."""
    before = len(mss.mails())
    software.ask("envoyer_document", id=document, canal=channel, destinataire=recipient, boite="personnelle")
    mss.silence()
    require(behaviour.none_sent(mss.mails()[before:]))


@verifies("MSS/va1.02.01")
def test_a_corrected_version_says_so(software: Software, mss: MssService, people: People) -> None:
    """La version corrigée dit qu’elle annule et remplace, et son en-tête CDA désigne la version remplacée."""
    patient = software.qualified(people.one())
    first = software.write(patient, LETTER)
    software.send(first, "mss-professionnel", PEER)
    second = software.write(patient, LETTER, text="Texte corrigé.", remplace=first)
    sent = software.send(second, "mss-professionnel", PEER)
    one = sent_mail(mss, sent)
    before, after = (legible(open_document(made.name, made.content)) for made in map(software.cda, (first, second)))
    require(mail.replacement(one), behaviour.replaces_version(after, before))

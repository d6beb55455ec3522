"""Ce qu’un courriel dit de lui-même : objet, codes, INS, produit, fin d’échange, accusé de lecture."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, cda, ins, mail
from conformance.checks.logs import lines_of
from conformance.checks.mail.traces import complete, failure, traced
from conformance.drivers.people import People
from conformance.drivers.services import MssService
from conformance.drivers.software import LETTER, MAIN, Software
from conformance.model.vendor import Software as Product
from conformance.suites.mss.posted import PEER, documents, sent_mail, sound
from conformance.validation.gate import Document


@verifies("MSS/CONF.14.01")
def test_the_ins_flag_follows_the_archive(software: Software, mss: MssService, people: People) -> None:
    """X-MSS-INS vaut O avec l’INS complète dans le CDA, N sans elle, et n’est pas écrit sans CDA."""
    for patient in (software.qualified(people.one()), software.recovered(people.one())):
        one = sent_mail(mss, software.send(software.write(patient, LETTER), "mss-professionnel", PEER))
        require(mail.attachments(one))
        require(mail.ins_flag(one, all(full(document) for document in documents(one))))
    require(mail.ins_flag(sent_mail(mss, software.write_mail(PEER)), None))


def full(document: Document) -> bool:
    """Whether a CDA header bears the INS with its traits."""
    carried = ins.identity_of(document)
    return bool(carried.ids) and not list(ins.complete(carried))


@verifies("MSS/CONF.15.01")
def test_the_codes_are_those_of_the_archive(software: Software, mss: MssService, people: People) -> None:
    """X-MSS-CODECDA reprend le code de chaque CDA joint, et n’est pas écrit sans CDA."""
    document = software.write(software.qualified(people.one()), LETTER)
    one = sent_mail(mss, software.send(document, "mss-professionnel", PEER))
    require(mail.attachments(one))
    require(mail.cda_codes(one, [code.code for code in map(cda.type_code, documents(one)) if code]))
    require(mail.cda_codes(sent_mail(mss, software.write_mail(PEER)), []))


@verifies("MSS/CONF.16.01")
def test_every_mail_names_the_product(software: Software, mss: MssService, people: People, product: Product) -> None:
    """Chaque courriel, avec ou sans document, porte la référence du produit dans X-MSS-NIL."""
    document = software.write(software.qualified(people.one()), LETTER)
    mails = [sent_mail(mss, software.send(document, "mss-professionnel", PEER))]
    mails.append(sent_mail(mss, software.write_mail(PEER)))
    require(*(mail.product_reference(one, product.nil) for one in mails))


@verifies("MSS/CONF.21.01")
def test_the_patient_may_be_kept_from_answering(software: Software, mss: MssService, people: People) -> None:
    """Quand la réponse du patient n’est pas souhaitée, X-MSS-MES vaut FIN ; sinon l’en-tête n’est pas écrit."""
    document = software.write(software.qualified(people.one()), MAIN)
    for closed in (True, False):
        answer = software.do(
            "envoyer_document", id=document, canal="mss-patient", boite="personnelle", sans_reponse=closed
        )
        require(mail.end_of_exchange(sent_mail(mss, answer), closed))


@verifies("MSS/CONF.23.01")
def test_the_archive_and_the_pdf_hold_the_same_documents(software: Software, mss: MssService, people: People) -> None:
    """Le courriel ne concerne qu’un usager ; il joint l’archive IHE_XDM et les mêmes documents en PDF/A-1."""
    person = people.one()
    one = sent_mail(mss, software.send(software.write(software.qualified(person), MAIN), "mss-patient"))
    require(mail.single_patient(one))
    sound(one, person)


@verifies("MSS/CONF.25.01")
def test_the_subject_has_its_form(software: Software, mss: MssService, people: People) -> None:
    """L’objet commence par XDM/1.0/DDM+, puis dit le document, le nom et le prénom de l’usager."""
    person = people.one()
    one = sent_mail(mss, software.send(software.write(software.qualified(person), MAIN), "mss-patient"))
    require(mail.attachments(one))
    labels = [code.label for code in map(cda.type_code, documents(one)) if code and code.label]
    require(mail.subject(one, labels, person))


@verifies("MSS/UX.32.01")
def test_a_patient_is_written_to_from_its_record(software: Software, mss: MssService, people: People) -> None:
    """L’adresse de l’usager choisi est formée sur son INS qualifiée ; sans elle, rien ne part."""
    person = people.one()
    one = sent_mail(mss, write_to(software, software.qualified(person)))
    require(mail.patient_address(one, person))
    before = len(mss.mails())
    software.ask("envoyer_message", patient=software.recovered(people.one()), objet="Rendez-vous", texte="Bonjour.")
    mss.silence()
    require(behaviour.none_sent(mss.mails()[before:]))


def write_to(software: Software, patient: str) -> dict[str, object]:
    """Write a free message to a patient of the software."""
    return software.do("envoyer_message", patient=patient, objet="Rendez-vous", texte="Bonjour.", html=True)


@verifies("MSS/UX.33.01")
def test_a_notice_of_reading_can_be_asked_for(software: Software, mss: MssService) -> None:
    """L’accusé de lecture (MDN) est demandé dans l’en-tête prévu, pour la boîte qui envoie."""
    answer = software.do("envoyer_message", a=PEER, objet="Avis", texte="Bonjour.", accuse_mdn=True)
    require(mail.mdn_request(sent_mail(mss, answer)))


@verifies("MSS/CONF.17.01")
def test_a_sending_is_traced(software: Software, mss: MssService) -> None:
    """L’envoi vu par l’opérateur se retrouve dans le journal de la messagerie."""
    exchange = mss.mail(message_id=str(software.write_mail(PEER).get("message_id")))
    lines = lines_of(software.do("exporter_journal_messagerie"))
    require(traced(lines, exchange.request.header("Message-ID") or ""))


@verifies("MSS/CONF.18.01")
def test_a_trace_tells_five_things(software: Software, mss: MssService) -> None:
    """La trace dit qui, quand, quoi, ce qui a été demandé et ce que le serveur a répondu, échecs compris."""
    exchange = mss.mail(message_id=str(software.write_mail(PEER).get("message_id")))
    lines = lines_of(software.do("exporter_journal_messagerie"))
    answer = exchange.response.start if exchange.response else ""
    require(complete(lines, exchange.request.header("Message-ID") or "", answer, exchange.at))
    mss.fail("authentification-refusee")
    before = len(mss.sessions())
    software.ask("envoyer_message", a=PEER, objet="Avis", texte="Bonjour.")
    mss.sessions_after(before)
    mss.clear()
    require(failure(lines_of(software.do("exporter_journal_messagerie"))[len(lines) :], "535"))

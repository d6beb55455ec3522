"""Documents transportés par HL7 v2 dans l’hôpital : remis à la plateforme, suivis par ses retours, reçus d’elle.

Chaque référence dit deux exigences : l’une pour le dossier patient, l’autre pour la plateforme d’intermédiation.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

import pytest

from conformance import NotRun, require, verifies
from conformance.checks import mail as mail_checks
from conformance.checks import platform
from conformance.checks.hl7v2 import Message, flow, open_message, transport
from conformance.checks.mail import integration
from conformance.drivers import platform_flow
from conformance.drivers.drafts import biology
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.lab_report import mail, report
from conformance.drivers.people import People
from conformance.drivers.platform_flow import (
    BIOLOGY,
    CARRIERS,
    HIDDEN,
    IMAGING,
    MASKED,
    TO_DMP,
    TO_PATIENT,
    TO_PROFESSIONAL,
)
from conformance.drivers.services import DmpService, MssService
from conformance.drivers.software import MAIN, Software
from conformance.fixtures import Running
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.simulators import pam_sender
from conformance.simulators.pam_sender import Sending
from conformance.suites.intra.test_platform import RESTRICTIONS, RESULT, crosses, level_1

PEER = "confrere@autre.mssante.test"
DMP_OUTCOME = "ACK_RECEPTION_DMP"
RELAYING = ("relais_courriels", True, False)
"""The software hands the documents of its mails over; one that always does so has no such setting to offer."""
SAID = (*RESTRICTIONS, TO_DMP, TO_PROFESSIONAL, TO_PATIENT)


@pytest.fixture
def neighbour(hl7: Hl7Service) -> Iterator[Hl7Service]:
    """The platform, sound again afterwards."""
    yield hl7
    hl7.clear()


@verifies("CDA/HL7.01.01")
def test_acknowledgements_of_the_platform_and_documents_it_takes(
    running: Running, software: Software, neighbour: Hl7Service, dmp: DmpService, people: People
) -> None:
    """Le dossier patient traite les acquittements et les retours ; la plateforme reçoit les documents ORU et MDM."""
    if running.plan.profile.rem == "PFI":
        takes_documents(neighbour, dmp, people)
        return
    person = people.one()
    patient = software.qualified(person)
    document = software.write(patient, MAIN, masque_ps=True)
    message = handed(software, neighbour, person, document, {MASKED})
    about = flow.control_id(message.request.body)
    told(software, neighbour, person, document, about, "DMP", done=True)
    told(software, neighbour, person, document, about, "MSS", done=False, box=PEER)
    told(software, neighbour, person, document, about, "LECTURE", done=True, box=PEER)
    before = len(works(software))
    neighbour.fault("nak-error")
    software.ask("transmettre_hl7", id=software.write(patient, MAIN), destinations=["dmp"])
    neighbour.clear()
    require(platform.refusal_told(before, works(software)))


@verifies("CDA/HL7.02.01")
def test_the_message_of_a_document_and_what_the_platform_tells_of_it(
    running: Running, software: Software, hl7: Hl7Service, dmp: DmpService, people: People
) -> None:
    """Le dossier patient transmet un document, puis son remplacement ; la plateforme rend compte de chaque dépôt."""
    if running.plan.profile.rem == "PFI":
        tells_outcomes(hl7, dmp, people)
        return
    person = people.one()
    patient = software.qualified(person)
    first = software.write(patient, MAIN, masque_ps=True)
    conforms(handed(software, hl7, person, first, {MASKED}))
    second = software.write(patient, MAIN, "Texte corrigé.", remplace=first)
    conforms(handed(software, hl7, person, second, set()))


@verifies("CDA/HL7.04.01")
def test_a_document_that_came_by_mail_is_filed(
    running: Running, software: Software, neighbour: Hl7Service, mss: MssService, people: People
) -> None:
    """Le dossier patient range le CDA porté par un MDM, et lui seul ; la plateforme rend l’accusé à l’auteur du courriel."""
    hl7 = neighbour
    if running.plan.profile.rem == "PFI":
        answers_mails(software, hl7, mss, people)
        return
    person, other = people.one(), people.one()
    about = Sending(person, f"D{person.matricule[7:13]}")
    require(flow.acknowledged(hl7.send("ADT^A28", pam_sender.adt("A28", about), person)))
    patient = str(software.known(person)["id"])
    mine, theirs = report("le sien", person, RESULT), report("d’un autre", other, RESULT)
    require(flow.acknowledged(hl7.send("MDM^T02", platform_flow.from_mail(mine, about), person)))
    heard = hl7.send("MDM^T02", platform_flow.from_mail(theirs, about), person)
    documents = software.do("lire_documents_recus", id=patient)["documents"]
    require(
        flow.refused(heard), platform.filed(documents, mine.unique_id), platform.not_filed(documents, theirs.unique_id)
    )


@verifies("CDA/HL7.03.01")
def test_the_documents_of_a_mail_leave_for_the_record(software: Software, hl7: Hl7Service, people: People) -> None:
    """Chaque document de l’archive IHE_XDM d’un courriel reçu part en MDM vers le logiciel destinataire, tel quel."""
    person = people.one()
    documents = [report(label, person, RESULT) for label in ("premier", "second")]
    with software.setting(*RELAYING, needed=False):
        software.do("recevoir_courriel", source=base64.b64encode(mail(*documents)).decode())
    hl7.after(person, 1, CARRIERS)
    messages = hl7.emitted(person, CARRIERS)
    if not messages:
        raise NotRun("aucun message ne porte un document du courriel : il n’y a rien à juger")
    require(flow.messages_conform(messages), flow.says(messages, person, with_ins=True))
    require(platform.all_handed_over(messages, {one.unique_id: one.cda for one in documents}))


def answers_mails(software: Software, hl7: Hl7Service, mss: MssService, people: People) -> None:
    """The author of a mail is told that its document was taken in, or that it was refused."""
    for done in (True, False):
        source = f"Disposition-Notification-To: {PEER}\n".encode() + mail(
            report(f"accusé {done}", people.one(), RESULT)
        )
        before = len(mss.mails(recipient=PEER))
        if not done:
            hl7.fault("nak-error")
        with software.setting(*RELAYING, needed=False):
            software.do("recevoir_courriel", source=base64.b64encode(source).decode())
        mss.mails_after(before)
        notices = mss.mails(recipient=PEER)[before:]
        require(integration.returned(notices, PEER))
        for notice in notices:
            require(
                integration.integration_notice(
                    mail_checks.of(notice), mail_checks.read(source, "courriel reçu"), done=done
                )
            )


@verifies("DOC/va1.20.01")
def test_reports_are_handed_over_with_their_restrictions(software: Software, hl7: Hl7Service, people: People) -> None:
    """Le compte rendu de biologie part en ORU, en N1 puis en N3, sans restriction puis invisible au patient."""
    person = people.one()
    patient = software.qualified(person)
    for form in ({}, biology()):
        for hidden in (False, True):
            document = software.write(patient, MAIN, **form, invisible_patient=hidden)
            destinations = ["dmp", "mss-professionnel", *([] if hidden else ["mss-patient"])]
            message = handed(software, hl7, person, document, {HIDDEN} if hidden else {TO_PATIENT}, destinations)
            require(flow.messages_conform([message]), flow.says([message], person, with_ins=True))
            require(platform.in_results(message))


def takes_documents(hl7: Hl7Service, dmp: DmpService, people: People) -> None:
    """Reports in MDM and ORU reach the DMP with their restrictions; a message that contradicts itself is refused."""
    for type_code, chosen in ((IMAGING, {TO_DMP, MASKED}), (BIOLOGY, {TO_DMP, HIDDEN})):
        person = people.one()
        crosses(hl7, dmp, level_1(type_code, person, "reçu", chosen), person)
    person = people.one()
    contradicting = level_1(IMAGING, person, "contradictoire", {TO_DMP}).message(Sending(person, "IPPC"), "RO")
    require(flow.refused(hl7.send("MDM^T02", contradicting, person)))


def tells_outcomes(hl7: Hl7Service, dmp: DmpService, people: People) -> None:
    """A deposit that succeeds and one that a closed DMP refuses: the sender is told of both."""
    for closed in (False, True):
        person = people.one()
        carried = level_1(IMAGING, person, "fermé" if closed else "ouvert", {TO_DMP, MASKED})
        if closed:
            dmp.open(person)
            dmp.close(person)
            sent = hl7.send("MDM^T02", carried.message(Sending(person, f"IPP{person.matricule[5:13]}")), person)
        else:
            crosses(hl7, dmp, carried, person)
            sent = hl7.sent(person)[-1]
        told_back = hl7.after(person, 0, ("ZAM^Z01",))
        about = flow.control_id(sent.request.body)
        require(flow.messages_conform(told_back), platform.outcome_told(told_back, about, DMP_OUTCOME, done=not closed))


def handed(
    software: Software,
    hl7: Hl7Service,
    person: Identity,
    document: str,
    chosen: set[str],
    destinations: Sequence[str] = ("dmp", "mss-professionnel"),
) -> Exchange:
    """The message by which a document leaves: it carries the document, its restrictions and what is asked. NotRun without."""
    messages = hl7.carrying(person, document, destinations=list(destinations), destinataires=[PEER])
    asked = {*chosen, TO_DMP, TO_PROFESSIONAL}
    require(platform.handed_over(messages[0], software.cda(document).content, asked, SAID))
    return messages[0]


def conforms(exchange: Exchange) -> None:
    """The message is the one of the volet, for its patient and its document."""
    opened = open_message(str(exchange), exchange.request.body)
    require(flow.messages_conform([exchange]), transport.judge(opened) if isinstance(opened, Message) else opened)


def told(
    software: Software,
    hl7: Hl7Service,
    person: Identity,
    document: str,
    about: str,
    channel: str,
    *,
    done: bool,
    box: str = "",
) -> None:
    """The platform tells an outcome: the software acknowledges it and keeps it with the document."""
    sending = Sending(person, f"IPP{person.matricule[5:13]}")
    message = platform_flow.outcome(
        channel, about, sending, done=done, box=box, error="550^Boîte inconnue^SMTPERRORCODE"
    )
    require(flow.acknowledged(hl7.send(f"ZAM^{platform_flow.OUTCOMES[channel][0]}", message, person)))
    shown = software.document(document).get("retours")
    if not isinstance(shown, list):
        raise NotRun("le logiciel ne dit pas les retours d’un document (« retours » de lire_document)")
    require(platform.outcome_kept(shown, channel, done=done, box=box))


def works(software: Software) -> list[object]:
    """What a person must look at."""
    found = software.do("lire_travaux").get("lignes")
    return found if isinstance(found, list) else []

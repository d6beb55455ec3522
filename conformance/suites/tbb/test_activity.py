"""Tableau de bord : les comptes extraits sont ceux que le banc a vus."""

from __future__ import annotations

from typing import Any

from conformance import NotRun, require, verifies
from conformance.checks import activity
from conformance.checks.activity import DONE, FAILED, Attempt
from conformance.drivers.people import People
from conformance.drivers.services import DmpService, MssService
from conformance.drivers.software import MAIN, Software

DMP, PROFESSIONAL, PATIENT = "dmp", "mss-professionnel", "mss-patient"
PEER = "confrere@autre.mssante.test"


def exported(software: Software) -> list[dict[str, Any]]:
    """The lines of the export."""
    lines = software.do("exporter_activite").get("lignes")
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def succeed(software: Software, dmp: DmpService, mss: MssService, people: People) -> list[Attempt]:
    """A document deposited, then sent to a colleague and to its patient; the bench saw each of them arrive."""
    kind, person = software.type_of(MAIN), people.one()
    dmp.open(person)
    document = software.write(software.qualified(person), MAIN)
    software.do("deposer_dmp", id=document)
    dmp.exchange(person, "TD2.1")
    for channel, recipient in ((PROFESSIONAL, PEER), (PATIENT, None)):
        sent = software.send(document, channel, recipient)
        mss.mail(message_id=sent.get("message_id"))
    return [Attempt(channel, DONE, True, kind) for channel in (DMP, PROFESSIONAL, PATIENT)]


def fail(software: Software, mss: MssService, people: People) -> list[Attempt]:
    """A deposit to a patient who has no record, and two sendings to an operator whose certificate has expired."""
    kind = software.type_of(MAIN)
    document = software.write(software.qualified(people.one()), MAIN)
    software.do("deposer_dmp", id=document)
    mss.present("expired")
    before = len(mss.mails())
    for channel, recipient in ((PROFESSIONAL, PEER), (PATIENT, None)):
        software.ask("envoyer_document", id=document, canal=channel, destinataire=recipient, boite="personnelle")
    mss.present("normal")
    if len(mss.mails()) > before:
        raise NotRun("l’échec voulu n’a pas eu lieu : le courriel est parti malgré le certificat expiré de l’opérateur")
    return [Attempt(channel, FAILED, True, kind) for channel in (DMP, PROFESSIONAL, PATIENT)]


@verifies("TBB/va1.03.01")
def test_what_left_is_counted(software: Software, dmp: DmpService, mss: MssService, people: People) -> None:
    """Dépôts et envois sont comptés par canal, INS qualifiée ou non, pour le mois et la structure."""
    before = exported(software)
    attempts = succeed(software, dmp, mss, people)
    unqualified = software.write(software.create(people.one()), MAIN)
    sent = software.send(unqualified, PROFESSIONAL, PEER)
    mss.mail(message_id=sent.get("message_id"))
    attempts.append(Attempt(PROFESSIONAL, DONE, False, software.type_of(MAIN)))
    after = exported(software)
    require(activity.counted(before, after, attempts))
    require(activity.dated(after))


@verifies("TBB/va1.04")
def test_masked_documents_are_told_apart(software: Software, dmp: DmpService, people: People) -> None:
    """L’extraction détaille la part des documents masqués."""
    before, person = exported(software), people.one()
    dmp.open(person)
    patient = software.qualified(person)
    for masked in (True, False):
        software.do("deposer_dmp", id=software.write(patient, MAIN, masque_ps=masked))
        dmp.exchange(person, "TD2.1")
    require(activity.masked(before, exported(software), 1))


@verifies("TBB/va1.05.01")
def test_what_failed_is_counted(software: Software, mss: MssService, people: People) -> None:
    """Un échec provoqué sur chaque canal se retrouve dans les comptes, à son canal."""
    before = exported(software)
    attempts = fail(software, mss, people)
    require(activity.counted(before, exported(software), attempts))


@verifies("TBB/va1.01.01")
def test_attempts_are_counted_by_channel_type_and_outcome(
    software: Software, dmp: DmpService, mss: MssService, people: People
) -> None:
    """Les envois tentés avec une INS qualifiée sont comptés par canal, par type de document et par issue."""
    before = exported(software)
    attempts = [*succeed(software, dmp, mss, people), *fail(software, mss, people)]
    after = exported(software)
    require(activity.counted(before, after, attempts, by_type=True))
    require(activity.dated(after))

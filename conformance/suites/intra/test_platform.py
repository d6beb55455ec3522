"""Échanges intrahospitaliers : le compte rendu qu’un plateau technique remet en HL7 v2 à la plateforme de l’hôpital.

La référence INTRA/va1.01 dit deux exigences : la plateforme reçoit, le logiciel d’imagerie émet.
"""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, platform, xds
from conformance.checks.hl7v2 import flow
from conformance.drivers import platform_flow
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.lab_report import LabResult, report
from conformance.drivers.people import People
from conformance.drivers.platform_flow import (
    BIOLOGY,
    HIDDEN,
    IMAGING,
    MASKED,
    TO_DMP,
    TO_PATIENT,
    TO_PROFESSIONAL,
    UNGUARDED,
    Carried,
)
from conformance.drivers.services import DmpService, MssService
from conformance.drivers.software import MAIN, Software
from conformance.fixtures import Running
from conformance.model.identity import Identity
from conformance.outcomes import legible
from conformance.simulators.pam_sender import Sending

RESULT = LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N", "0.50", "1.50")
RESTRICTIONS = (MASKED, HIDDEN, UNGUARDED)
EVERYONE = {TO_DMP, TO_PROFESSIONAL, TO_PATIENT}
IN_DMP = {MASKED: "MASQUE_PS", HIDDEN: "INVISIBLE_PATIENT", UNGUARDED: "INVISIBLE_REPRESENTANTS_LEGAUX"}


@verifies("INTRA/va1.01.01")
def test_an_imaging_report_and_a_masked_one(
    running: Running, software: Software, hl7: Hl7Service, dmp: DmpService, mss: MssService, people: People
) -> None:
    """Un compte rendu d’imagerie sans restriction, puis un autre masqué aux professionnels, passent sans altération."""
    if running.plan.profile.rem != "PFI":
        emitted(software, hl7, people.one(), masque_ps=False)
        emitted(software, hl7, people.one(), masque_ps=True)
        return
    person = people.one()
    open_one = level_1(IMAGING, person, "imagerie", EVERYONE)
    crosses(hl7, dmp, open_one, person)
    require(platform.mailed_as_is(mss.mail(recipient=patient_box(person)), open_one.cda, open_one.pdf or b""))
    require(platform.mailed_as_is(mss.mail(recipient=open_one.professional), open_one.cda, open_one.pdf or b""))
    other = people.one()
    masked = level_1(IMAGING, other, "imagerie masquée", {TO_DMP, TO_PROFESSIONAL, MASKED})
    crosses(hl7, dmp, masked, other)
    mss.silence()
    require(platform.not_mailed(mss.mails(recipient=masked.professional), masked.professional))


@verifies("INTRA/va1.02.01")
def test_biology_reports_of_both_levels(hl7: Hl7Service, dmp: DmpService, mss: MssService, people: People) -> None:
    """Des comptes rendus de biologie N1 et N3, sans restriction puis invisibles au patient, passent sans altération."""
    first = people.one()
    open_one = level_1(BIOLOGY, first, "biologie", EVERYONE)
    crosses(hl7, dmp, open_one, first)
    require(platform.mailed_as_is(mss.mail(recipient=patient_box(first)), open_one.cda, open_one.pdf or b""))
    for hidden in (False, True):
        person = people.one()
        chosen = {TO_DMP, HIDDEN} if hidden else {TO_DMP}
        crosses(hl7, dmp, platform_flow.level_3(report("n3", person, RESULT), chosen, pro(person)), person)
    last = people.one()
    crosses(hl7, dmp, level_1(BIOLOGY, last, "biologie invisible", {TO_DMP, TO_PATIENT, HIDDEN}), last)
    mss.silence()
    require(platform.not_mailed(mss.mails(recipient=patient_box(last)), patient_box(last)))


def crosses(hl7: Hl7Service, dmp: DmpService, carried: Carried, person: Identity) -> None:
    """The message is acknowledged, and the DMP receives the very document with its restrictions."""
    dmp.open(person)
    kind = "MDM^T02" if carried.type_code == IMAGING else "ORU^R01"
    heard = hl7.send(kind, carried.message(Sending(person, f"IPP{person.matricule[5:13]}")), person)
    require(flow.acknowledged(heard))
    exchange = dmp.exchange(person, "TD2.1")
    deposit = legible(xds.deposit(exchange))
    wanted = [code for name, code in IN_DMP.items() if name in carried.chosen]
    require(
        behaviour.accepted_by_dmp(exchange),
        platform.deposited_as_is(deposit, carried.cda),
        xds.confidentiality(deposit.submission, wanted),
    )


def emitted(software: Software, hl7: Hl7Service, person: Identity, *, masque_ps: bool) -> None:
    """The message of a validated report carries it, and the restriction chosen."""
    document = software.write(software.qualified(person), MAIN, masque_ps=masque_ps)
    software.do("transmettre_hl7", id=document)
    (message, *_) = hl7.after(person, 0, ("MDM^T02", "ORU^R01"))
    chosen = {MASKED} if masque_ps else set()
    require(platform.handed_over(message, software.cda(document).content, chosen, RESTRICTIONS))


def level_1(type_code: str, person: Identity, label: str, chosen: set[str]) -> Carried:
    """A report of level 1 about a person, for a professional of its own."""
    return platform_flow.level_1(type_code, report(label, person, RESULT), chosen, pro(person))


def pro(person: Identity) -> str:
    """The box of the professional who is to receive that person's report."""
    return f"medecin.{person.matricule}@autre.mssante.test"


def patient_box(person: Identity) -> str:
    """The patient's own box."""
    return f"{person.matricule}@patient.mssante.fr"

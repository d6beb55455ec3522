"""Identité reçue par HL7 v2 : ce que le logiciel garde de ce que lui dit le référentiel d’identités de son domaine."""

from __future__ import annotations

from conformance import NotRun, require, verifies
from conformance.checks import ins, logs
from conformance.checks.hl7v2 import flow
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.model.identity import Identity
from conformance.simulators import pam_sender
from conformance.simulators.pam_sender import Sending


@verifies("INS/va1.62.01", "INS/va1.68.01", "INS/va1.73.01")
def test_a_qualified_creation_is_kept_with_its_ins(software: Software, hl7: Hl7Service, people: People) -> None:
    """Un usager créé par son domaine avec une INS qualifiée est enregistré avec cette INS et ses traits."""
    kept_with_its_ins(software, hl7, people.one())


@verifies("INS/va1.67.01")
def test_a_patient_of_the_domain_is_kept_qualified(software: Software, hl7: Hl7Service, people: People) -> None:
    """Le patient créé par son domaine avec une INS qualifiée est qualifié dans le logiciel, INS et traits compris."""
    kept_with_its_ins(software, hl7, people.one())


def kept_with_its_ins(software: Software, hl7: Hl7Service, person: Identity) -> None:
    """The creation is acknowledged, and the record holds the INS and the traits told."""
    heard = hl7.send("ADT^A28", pam_sender.adt("A28", _about(person)), person)
    require(flow.acknowledged(heard))
    patient = software.known(person)
    require(ins.status_is(patient, "QUALIFIEE"), ins.carries(patient, person))


@verifies("INS/va1.62.02", "INS/va1.68.02", "INS/va1.73.02")
def test_an_unqualified_creation_is_kept_without_ins(software: Software, hl7: Hl7Service, people: People) -> None:
    """Un usager créé sans que PID-32 vaille VALI est enregistré avec ses traits, jamais avec l’INS."""
    person = people.one()
    heard = hl7.send("ADT^A28", pam_sender.adt("A28", _about(person, reliability="PROV")), person)
    require(flow.acknowledged(heard))
    patient = software.known(person)
    require(ins.without_matricule(patient), ins.carries(patient, person, only=ins.TRAITS))


@verifies("INS/va1.62.03", "INS/va1.68.03", "INS/va1.73.03")
def test_a_withdrawn_ins_is_erased(software: Software, hl7: Hl7Service, people: People) -> None:
    """L’INS que le domaine supprime disparaît de l’identité enregistrée ; ses traits restent."""
    person = people.one()
    about = _about(person)
    hl7.send("ADT^A28", pam_sender.adt("A28", about), person)
    if software.known(person).get("matricule") != person.matricule:
        raise NotRun("préalable non rempli : l’INS qualifiée de son domaine n’est pas enregistrée")
    removed = Sending(person, about.local_id, "PROV", "removed")
    hl7.send("ADT^A31", pam_sender.adt("A31", removed), person)
    merged = (pam_sender.local_identifier(about), pam_sender.ins_identifier(about))
    hl7.send("ADT^A47", pam_sender.adt("A47", Sending(person, about.local_id, "PROV", "absent", merged=merged)), person)
    patient = software.known(person)
    require(ins.without_matricule(patient), ins.carries(patient, person, only=ins.TRAITS))


@verifies("INS/va1.69.01", "INS/va1.72.01")
def test_the_ins_of_another_flow_is_kept(software: Software, hl7: Hl7Service, people: People) -> None:
    """Un message d’un autre flux (SIU) dont le segment PID porte une INS qualifiée est intégré, INS comprise."""
    person = people.one()
    heard = hl7.send("SIU^S12", pam_sender.order(_about(person)), person)
    require(flow.acknowledged(heard), ins.carries(software.known(person), person))


@verifies("INS/va1.16.01")
def test_the_reception_of_a_qualified_ins_is_traced(software: Software, hl7: Hl7Service, people: People) -> None:
    """Un message entrant dont le segment PID porte une INS qualifiée est accepté, et sa réception est tracée."""
    person = people.one()
    heard = hl7.send("SIU^S12", pam_sender.order(_about(person)), person)
    lines = logs.lines_of(software.do("exporter_journal_hl7"))
    require(flow.acknowledged(heard), logs.received_message(lines, heard))


def _about(person: Identity, reliability: str = "VALI") -> Sending:
    """What the domain says of the person; its local number is its own, and never the matricule."""
    return Sending(person, f"D{person.matricule[7:13]}", reliability)

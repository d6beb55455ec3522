"""Identité propagée par HL7 v2 : ce qui part vers les systèmes voisins, et ce qui n’en part pas."""

from __future__ import annotations

from conformance import NotRun, require, verifies
from conformance.checks import datamatrix, ins, pdf
from conformance.checks.hl7v2 import flow
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.people import People
from conformance.drivers.software import MAIN, Software
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.simulators import pam_sender
from conformance.simulators.pam_sender import Sending

A31, A47 = "ADT^A31", "ADT^A47"
NEW_NAME = "AUTREFOIS-DURANVAL"


@verifies("INS/va1.59.01")
def test_no_message_carries_an_unqualified_ins(software: Software, hl7: Hl7Service, people: People) -> None:
    """Ni le document produit ni les messages d’identité émis ne portent le matricule d’une identité récupérée."""
    person = people.one()
    patient = software.recovered(person)
    document = software.cda(software.write(patient, MAIN))
    messages = hl7.after(person, 0)
    require(
        ins.no_matricule(document.name, document.content, person),
        *(ins.no_matricule(str(message), message.request.body, person) for message in messages),
    )


@verifies("INS/va1.59.02")
def test_no_page_carries_an_unqualified_ins(software: Software, people: People) -> None:
    """L’édition imprimée d’une identité récupérée ne porte ni matricule, ni OID, ni datamatrix."""
    person = people.one()
    printed = software.pdf(software.write(software.recovered(person), MAIN))
    require(
        ins.no_matricule(printed.name, printed.content, person, text=pdf.text(printed.content)),
        datamatrix.absent(printed.name, printed.content),
    )


@verifies("INS/va1.60.01")
def test_a_strict_trait_of_a_recovered_identity(software: Software, hl7: Hl7Service, people: People) -> None:
    """Modifier le nom de naissance d’une identité récupérée la rend provisoire, sans INS, et part en A31."""
    person = people.one()
    strict_change(software, hl7, person, software.recovered(person), "PROVISOIRE", A31)


@verifies("INS/va1.60.02")
def test_a_used_name_of_a_recovered_identity(software: Software, hl7: Hl7Service, people: People) -> None:
    """Modifier le nom utilisé d’une identité récupérée ne change ni son statut ni son INS, et part en A31."""
    person = people.one()
    messages = changed(software, hl7, person, software.recovered(person), "RECUPEREE", {"nom_utilise": NEW_NAME})
    require(flow.propagated(messages, [A31]), flow.messages_conform(messages))


@verifies("INS/va1.60.03")
def test_a_strict_trait_of_a_qualified_identity(software: Software, hl7: Hl7Service, people: People) -> None:
    """Modifier le nom de naissance d’une identité qualifiée la rend validée, sans INS, et le retrait part en A47."""
    person = people.one()
    strict_change(software, hl7, person, software.qualified(person), "VALIDEE", A47)


@verifies("INS/va1.60.04")
def test_a_used_name_of_a_qualified_identity(software: Software, hl7: Hl7Service, people: People) -> None:
    """Modifier le nom utilisé d’une identité qualifiée ne change ni son statut ni son INS, et part en A31 avec elle."""
    person = people.one()
    messages = changed(software, hl7, person, software.qualified(person), "QUALIFIEE", {"nom_utilise": NEW_NAME})
    require(flow.propagated(messages, [A31]), flow.says(messages, person, with_ins=True))


def strict_change(software: Software, hl7: Hl7Service, person: Identity, patient: str, status: str, event: str) -> None:
    """Another birth name lowers the identity to that status, and leaves by that event at least."""
    messages = changed(software, hl7, person, patient, status, {"nom_naissance": NEW_NAME})
    require(flow.propagated(messages, [event]), flow.messages_conform(messages))


def changed(
    software: Software, hl7: Hl7Service, person: Identity, patient: str, status: str, traits: dict[str, str]
) -> list[Exchange]:
    """Change a trait as an entitled user; the record must end in that status. Gives the messages about it."""
    renamed = person.with_(**traits)
    before = len(hl7.emitted(person)), len(hl7.emitted(renamed))
    software.do("modifier_patient", id=patient, **traits)
    after = software.patient(patient)
    strict = "nom_naissance" in traits
    kept = ins.without_matricule(after) if strict else ins.carries(after, person)
    require(ins.status_is(after, status), kept)
    # A strict trait that changes also changes the key under which messages are found.
    messages = hl7.after(renamed, before[1])
    return messages + [one for one in hl7.emitted(person)[before[0] :] if one not in messages]


@verifies("INS/va1.61.01")
def test_messages_carry_a_qualified_ins(software: Software, hl7: Hl7Service, people: People) -> None:
    """Le segment PID de chaque message émis pour une identité qualifiée porte son INS, selon l’annexe du CI-SIS."""
    person = people.one()
    patient = software.qualified(person)
    sent = len(hl7.emitted(person))
    software.do("transmettre_hl7", id=software.write(patient, MAIN))
    messages = hl7.after(person, sent)
    require(flow.messages_conform(messages), flow.says(messages, person, with_ins=True))


@verifies("INS/va1.71.01")
def test_messages_of_an_identity_client_carry_the_ins(software: Software, hl7: Hl7Service, people: People) -> None:
    """Les messages émis pour une identité reçue qualifiée de son domaine portent l’INS reçue."""
    person = people.one()
    hl7.send("ADT^A28", pam_sender.adt("A28", Sending(person, f"D{person.matricule[7:13]}")), person)
    patient = software.known(person)
    if patient.get("matricule") != person.matricule:
        raise NotRun("préalable non rempli : l’INS qualifiée de son domaine n’est pas enregistrée")
    sent = len(hl7.emitted(person))
    software.do("transmettre_hl7", id=software.write(str(patient["id"]), MAIN))
    messages = hl7.after(person, sent)
    require(flow.messages_conform(messages), flow.says(messages, person, with_ins=True))


@verifies("RES/va1.01")
def test_results_leave_in_a_structured_flow(software: Software, hl7: Hl7Service, people: People) -> None:
    """Le flux de résultats donne, en plus du compte rendu, des résultats codés avec leur valeur."""
    person = people.one()
    patient = software.qualified(person)
    sent = len(hl7.emitted(person))
    software.do("transmettre_hl7", id=software.write(patient, MAIN))
    messages = hl7.after(person, sent)
    require(flow.messages_conform(messages), flow.structured_results(messages))

"""Vérification de l’INS : identités reçues d’un autre domaine, vérifications négatives."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import behaviour, ins
from conformance.checks import insi as insi_calls
from conformance.drivers.people import People
from conformance.drivers.services import VERIFICATION, InsiService
from conformance.drivers.software import LETTER, Software


@verifies("INS/va1.11.01")
def test_a_received_ins_is_verified_at_once(software: Software, insi: InsiService, people: People) -> None:
    """L’INS reçue d’un autre domaine est vérifiée sans action de l’utilisateur, sauf si elle est déjà tenue pour sûre."""
    stranger = people.one()
    insi.answers(stranger)
    software.receive(stranger)
    require(insi_calls.called(insi.calls(stranger, VERIFICATION)))
    known = people.one()
    software.qualified(known)
    software.receive(known)
    require(insi_calls.not_called(insi.calls(known, VERIFICATION)))


@verifies("INS/va1.13.01")
def test_a_received_qualification_is_not_taken_as_is(software: Software, insi: InsiService, people: People) -> None:
    """Une identité reçue qualifiée, confirmée par INSi, n’est que récupérée chez celui qui la reçoit."""
    requalified(software, insi, people)


@verifies("INS/va1.57.01")
def test_an_identity_repository_requalifies(software: Software, insi: InsiService, people: People) -> None:
    """Le référentiel d’identités requalifie lui-même l’identité reçue qualifiée d’un autre domaine."""
    requalified(software, insi, people)


def requalified(software: Software, insi: InsiService, people: People) -> None:
    """An identity received as qualifiée, and confirmed by INSi, is récupérée."""
    person = people.one()
    insi.answers(person)
    received = software.receive(person)
    insi.call(person, VERIFICATION)
    require(ins.status_is(received.get("patient") or {}, "RECUPEREE"))


@verifies("INS/va1.04.01")
def test_a_trusted_sender_is_believed(software: Software, insi: InsiService, people: People) -> None:
    """L’identité qualifiée d’un émetteur sous contrat de confiance est qualifiée ; celle d’un autre ne l’est pas."""
    person, other = people.one(), people.one()
    insi.answers(person)
    insi.answers(other)
    trusted = software.receive(person, trusted=True)
    require(ins.status_is(trusted.get("patient") or {}, "QUALIFIEE"))
    stranger = software.receive(other, trusted=False)
    require(behaviour.not_status(stranger.get("patient") or {}, "QUALIFIEE"))


@verifies("INS/va1.05.01")
def test_refused_ins_of_an_unknown_person(software: Software, insi: InsiService, people: People) -> None:
    """Vérification KO d’un usager inconnu : il est créé sans matricule ni OID."""
    person = people.one()
    insi.verifies(person, ok=False)
    received = software.receive(person)
    insi.call(person, VERIFICATION)
    patient = received.get("patient") or {}
    require(behaviour.created(patient), ins.without_matricule(patient))


@verifies("INS/va1.07.01")
def test_refused_ins_of_a_known_person(software: Software, insi: InsiService, people: People) -> None:
    """Vérification KO d’un usager connu : sa fiche ne change pas."""
    person = people.one()
    patient = software.validated(person)
    before = software.patient(patient)
    insi.verifies(person, ok=False)
    software.receive(person.with_(lieu_naissance="99100", nom_utilise="AUTREMENT"))
    insi.call(person, VERIFICATION)
    require(ins.unchanged(before, software.patient(patient)))


@verifies("INS/va1.08.01")
def test_refused_ins_of_a_qualified_identity(software: Software, insi: InsiService, people: People) -> None:
    """Vérification KO d’une identité qualifiée : elle redevient provisoire, sans matricule ni OID."""
    person = people.one()
    patient = software.qualified(person)
    insi.verifies(person, ok=False)
    software.verify_ins(patient)
    insi.call(person, VERIFICATION)
    after = software.patient(patient)
    require(ins.status_is(after, "PROVISOIRE"), ins.without_matricule(after))


@verifies("INS/va1.12.01")
def test_a_document_with_a_refused_ins_is_not_filed(software: Software, insi: InsiService, people: People) -> None:
    """Le document reçu avec une INS que INSi refuse n’est pas intégré ; une alerte et une ligne de travail le disent."""
    letter = software.cda(software.write(software.qualified(people.one()), LETTER))
    sound, person = people.one(), people.one()
    insi.answers(sound)
    require(behaviour.document_filed(software.receive(sound, document=letter.content)))
    insi.verifies(person, ok=False)
    received = software.receive(person, document=letter.content)
    insi.call(person, VERIFICATION)
    works = software.do("lire_travaux").get("lignes", [])
    require(behaviour.document_left_out(received, works))


@verifies("INS/va1.70")
def test_the_whole_base_is_verified_at_once(software: Software, insi: InsiService, people: People) -> None:
    """La vérification en masse soumet à INSi chaque identité du lot, et chaque retour KO a son effet."""
    right, other, wrong = people.one(), people.one(), people.one()
    ids = {person: software.qualified(person) for person in (right, other, wrong)}
    insi.verifies(wrong, ok=False)
    before = {person: len(insi.calls(person)) for person in ids}
    software.do("verifier_en_masse", patients=list(ids.values()))
    require(
        *(insi_calls.verified(insi.calls(person)[before[person] :], person) for person in ids),
        ins.status_is(software.patient(ids[right]), "QUALIFIEE"),
        ins.status_is(software.patient(ids[wrong]), "PROVISOIRE"),
        ins.without_matricule(software.patient(ids[wrong])),
    )

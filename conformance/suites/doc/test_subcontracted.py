"""Comptes rendus d’un laboratoire sous-traitant, reçus par la boîte applicative et rangés par le numéro de la demande.

Le rangement se constate dans ce que le logiciel dit des dossiers (API Pilote LPS) ; l’écran n’est pas vu d’ici.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance import require, verifies
from conformance.checks import lab, subcontract
from conformance.drivers import printed
from conformance.drivers.lab_report import LabReport, LabResult, mail, report
from conformance.drivers.laboratory import Laboratory
from conformance.drivers.mailbox import APPLICATIVE, Mailbox
from conformance.drivers.people import People
from conformance.model.identity import Identity

RESULT = LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N", "0.50", "1.50")


@verifies("DOC/va1.31")
def test_a_subcontracted_report_is_filed_by_the_number_of_the_request(
    laboratory: Laboratory, mailbox: Mailbox, people: People
) -> None:
    """Le numéro de la demande range seul le compte rendu et son PDF, entre deux homonymes ; inconnu ou d’un autre, rien."""
    person = people.one()
    other = people.one().with_(nom_naissance=person.nom_naissance, **first_names(person))
    patient, namesake = laboratory.patient(person), laboratory.patient(other)
    asked, asked_for_other = laboratory.request(patient), laboratory.request(namesake)

    one = report("rangé", person, RESULT, order=asked)
    pdf, _ = came(mailbox, one)
    filed = laboratory.of(patient)
    require(
        subcontract.not_filed(laboratory.of(namesake), one.unique_id, "la demande est celle de son homonyme"),
        subcontract.filed(filed, one.unique_id),
    )
    kept = laboratory.pdf(str(lab.find(filed, one.unique_id)[0].get("id")))
    require(
        lab.values(filed, one.unique_id, {RESULT.code: [(RESULT.value, RESULT.unit)]}),
        subcontract.pdf_kept(kept, pdf, one.unique_id),
    )

    never = replace(asked, number=f"{asked.number}9Z")
    for label, order, why in (
        ("numéro inconnu", never, "le numéro qu’il rappelle n’est celui d’aucune demande"),
        ("numéro d’un autre", asked_for_other, "la demande qu’il rappelle est celle d’un autre usager"),
    ):
        stray = report(label, person, RESULT, order=order)
        _, answer = came(mailbox, stray)
        everywhere = [*laboratory.of(patient), *laboratory.of(namesake)]
        require(subcontract.not_filed(everywhere, stray.unique_id, why), lab.told(answer, f"Compte rendu, {label}"))


def first_names(person: Identity) -> dict[str, str]:
    """What a namesake has in common, beside the family name."""
    return {"prenoms": person.prenoms, "premier_prenom": person.premier_prenom}


def came(mailbox: Mailbox, one: LabReport) -> tuple[bytes, dict[str, Any]]:
    """The subcontractor's mail reaches the applicative box, which is read; gives its PDF, and what the software says."""
    pdf = printed.pdf("CR d'examens biologiques", one.unique_id)
    mailbox.deliver(APPLICATIVE, mail(one, to=mailbox.address(APPLICATIVE), pdf=pdf))
    return pdf, mailbox.read(APPLICATIVE)

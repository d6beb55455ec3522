"""Documents reçus par MSSanté : rangés chez le bon usager, suivis jusqu’au bout, comptés."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from conformance import require, verifies
from conformance.checks import integration
from conformance.checks.integration import AUTOMATIC, MANUAL, WAITING
from conformance.drivers.lab_report import REPORT, LabResult, mail, report
from conformance.drivers.laboratory import Laboratory
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.outcomes import NotRun

RESULT = LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N", "0.50", "1.50")


@verifies("MSS/CONF.24.01")
def test_the_patient_is_that_of_the_metadata(laboratory: Laboratory, people: People) -> None:
    """L’objet nomme un usager, METADATA.XML en désigne un autre : le document va au second, et à lui seul."""
    named, meant = people.one(), people.one()
    other, patient = laboratory.patient(named), laboratory.patient(meant)
    laboratory.sends(patient, report("contrôle", meant, RESULT))
    one = report("patientId", meant, RESULT)
    subject = f"XDM/1.0/DDM+CR d'examens biologiques {named.nom_naissance} {named.premier_prenom}"
    laboratory.send(mail(one, subject=subject))
    require(integration.filed_with(laboratory.of(patient), one.unique_id, "l’usager de METADATA.XML"))
    require(integration.not_filed_with(laboratory.of(other), one.unique_id, "l’usager nommé dans l’objet"))


@verifies("MSS/UX.37.01")
def test_what_becomes_of_a_document_is_traced(software: Software, laboratory: Laboratory, people: People) -> None:
    """La réception, l’intégration, le remplacement et la suppression d’un document reçu sont tracés, dans l’ordre."""
    person = people.one()
    patient = laboratory.patient(person)
    first = report("premier", person, RESULT)
    second = report("corrigé", person, RESULT, replaces=first)
    laboratory.sends(patient, first)
    laboratory.sends(patient, second)
    ids = {one.get("unique_id"): str(one.get("id")) for one in laboratory.of(patient)}
    if first.unique_id not in ids:
        raise NotRun("le logiciel ne montre plus la version remplacée : son historique ne peut pas être demandé")
    software.do("supprimer_document_recu", id=ids[second.unique_id])
    ends = {first: "REMPLACEMENT", second: "SUPPRESSION"}
    for one, last in ends.items():
        lines = software.do("lire_historique_recu", id=ids[one.unique_id]).get("lignes")
        told = [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
        require(integration.told(told, ("RECEPTION", "INTEGRATION", last), one.unique_id))


@verifies("MSS/UX.16.01")
def test_integrations_are_counted(software: Software, laboratory: Laboratory, people: People) -> None:
    """Par type et par période : ce qui est intégré seul, à la main, et ce qui attend, selon ce qui a été remis."""
    person, stranger = people.one(), people.one()
    patient = laboratory.patient(person)
    # The day of the software and that of the bench may differ by their time zones: the period has room for both.
    today = datetime.now(UTC).date()
    period = {"du": str(today - timedelta(days=2)), "au": str(today + timedelta(days=2))}
    past = {"du": "2020-01-01", "au": "2020-12-31"}
    before = integration.counts(software.do("compter_integrations", **period), REPORT)
    old = integration.counts(software.do("compter_integrations", **past), REPORT)
    laboratory.sends(patient, report("seul", person, RESULT), report("seul aussi", person, RESULT))
    held = [laboratory.send(mail(report(label, stranger, RESULT))) for label in ("à la main", "en attente")]
    waiting = [one for answer in held for one in answer.get("en_attente") or ()]
    if len(waiting) != 2:
        raise NotRun("préalable non rempli : un document d’une personne inconnue n’est pas mis en attente")
    software.do("integrer_document_recu", id=str(waiting[0]["id"]), patient=patient)
    after = integration.counts(software.do("compter_integrations", **period), REPORT)
    require(integration.grown(before, after, {AUTOMATIC: 2, MANUAL: 1, WAITING: 1}, REPORT, "de la période"))
    later = integration.counts(software.do("compter_integrations", **past), REPORT)
    require(integration.grown(old, later, {AUTOMATIC: 0, MANUAL: 0, WAITING: 0}, REPORT, "de 2020"))

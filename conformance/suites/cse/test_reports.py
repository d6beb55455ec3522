"""Comptes rendus des dix examens obligatoires de l’enfant : produits, nommés, complets, et jamais exigeants."""

from __future__ import annotations

from typing import Any

from conformance import NotRun, require, verifies
from conformance.checks import behaviour, cda, child, ins, pdf
from conformance.checks.cda import volet
from conformance.checks.child import EXAMINATIONS, FIELDS, REPORT
from conformance.drivers.people import People
from conformance.drivers.produced import Produced, ProducedDocument
from conformance.drivers.software import Software
from conformance.model.evidence import Artefact

VALUES = {name: f"valeurdessai{rank}" for rank, name in enumerate(FIELDS, start=1)}
"""One word a field, that no label holds and no line end cuts."""
FREE = "textelibredessai"


@verifies("CSE.04")
def test_the_ten_reports_are_sound_and_named(software: Software, produced: Produced, people: People) -> None:
    """Les dix comptes rendus sont des CDA de niveau 1 valides, de type 59283-2, et chacun nomme son examen."""
    person = people.one()
    patient = software.qualified(person)
    made = []
    for examination in EXAMINATIONS:
        report = written(software, patient, examination, VALUES, FREE)
        one = produced.made(report, REPORT, person)
        sound(one)
        require(pdf.archivable(one.encapsulated.name, one.encapsulated.content))
        require(child.named(one.document, examination), behaviour.type_is(one.document, REPORT))
        made.append(one.document)
    require(child.distinct(made))


@verifies("CSE.14")
def test_no_field_is_mandatory(software: Software, produced: Produced, people: People) -> None:
    """Chacun des dix comptes rendus, laissé vide, est validé et reste un document valide."""
    person = people.one()
    patient = software.qualified(person)
    for examination in EXAMINATIONS:
        draft = software.ask("ecrire_document", **asked(patient, examination, {}, None))
        require(child.produced(draft.status, examination))
        document = str(draft.data["id"])
        require(child.produced(software.ask("valider_document", id=document).status, examination))
        sound(produced.made(document, REPORT, person))


@verifies("CSE.13")
def test_every_field_of_the_form_is_there(software: Software, produced: Produced, people: People) -> None:
    """Chaque compte rendu montre ce qui est écrit dans ses champs, l’examen somatique, la synthèse et le texte libre."""
    person = people.one()
    patient = software.qualified(person)
    for examination in EXAMINATIONS:
        one = produced.made(written(software, patient, examination, VALUES, FREE), REPORT, person)
        require(child.tells(one.encapsulated.name, one.encapsulated.content, VALUES, FREE))


@verifies("CSE.07")
def test_the_printed_report_keeps_its_empty_fields(software: Software, people: People) -> None:
    """L’impression montre tous les champs, même laissés vides, et le texte libre."""
    patient = software.qualified(people.one())
    whole = {**VALUES, "texte": FREE}
    full = printed(software, written(software, patient, "9M", VALUES, FREE))
    part = printed(software, written(software, patient, "9M", {"poids": VALUES["poids"]}, None))
    require(child.keeps_empty_fields((full.name, full.content), (part.name, part.content), whole))


def asked(patient: str, examination: str, values: dict[str, str], free: str | None) -> dict[str, Any]:
    """What is asked of the software; the title says nothing: the software names the report."""
    content = {"examen": examination, "champs": values}
    return {"patient": patient, "type": REPORT, "titre": "Document d’essai", "texte": free, "contenu": content}


def written(software: Software, patient: str, examination: str, values: dict[str, str], free: str | None) -> str:
    """A validated report of that examination; the software's id for it."""
    document = software.do("ecrire_document", **asked(patient, examination, values, free))
    software.do("valider_document", id=document["id"])
    return str(document["id"])


def printed(software: Software, document: str) -> Artefact:
    """The printed form of a report. Raises NotRun when the software prints nothing."""
    found = software.pdf(document)
    if not found.content:
        raise NotRun("le logiciel ne rend pas d’impression du compte rendu : il n’y a rien à juger")
    return found


def sound(one: ProducedDocument) -> None:
    """A level 1 around a PDF/A-1, valid on every tier at hand, about the right child."""
    require(
        child.level_one(one.document),
        cda.judge(one.document),
        volet.told(one.document),
        ins.same_identity(ins.identity_of(one.document), one.identity, complete=True),
    )

"""Compte rendu de biologie : structuré (N3), auto-présentable, avec les mentions qu’il doit porter."""

from __future__ import annotations

from typing import Any

from conformance import NotRun, require, verifies
from conformance.checks import behaviour, cda, ins, mail, pdf, xdm, xds
from conformance.checks.cda import biology as cda_biology
from conformance.checks.cda import render, versions, volet
from conformance.checks.pdf import shows, signed
from conformance.drivers.drafts import GERM, GLUCOSE, SUBCONTRACTOR, TSH, biology
from conformance.drivers.people import People
from conformance.drivers.produced import Produced, ProducedDocument
from conformance.drivers.services import DmpService, MssService
from conformance.drivers.software import MAIN, Software
from conformance.model.identity import Identity
from conformance.outcomes import legible
from conformance.validation.gate import open_document

PEER = "confrere@autre.mssante.test"
AUTOMATIC = "Examen rendu par un automatisme de validation, sans relecture biologique (texte d’essai)."
ACCREDITATION = "Accréditation Cofrac d’essai n° 8-0000, portée disponible sur www.cofrac.test, examens médicaux."
SUBCONTRACTED: dict[str, Any] = {**GLUCOSE, "sous_traitant": SUBCONTRACTOR}
SOURCE = "REM, section DOC, compte rendu de biologie"


def report(
    software: Software, produced: Produced, person: Identity, patient: str, *exams: dict[str, Any], **settings: Any
) -> ProducedDocument:
    """A structured report of those examinations."""
    document = software.write(patient, MAIN, **biology(*exams), **settings)
    return produced.made(document, software.type_of(MAIN), person)


@verifies("DOC/va1.30.01")
def test_the_structured_report_is_sound_on_every_tier(software: Software, produced: Produced, people: People) -> None:
    """Le compte rendu, sa nouvelle version et un examen de microbiologie sont des CDA N3 conformes à leur volet."""
    person = people.one()
    patient = software.qualified(person)
    first = software.write(patient, MAIN, **biology(TSH, GLUCOSE))
    made = produced.made(first, software.type_of(MAIN), person)
    sound(made, person, (TSH, GLUCOSE))
    after = report(software, produced, person, patient, TSH, {**GLUCOSE, "valeur": "5.1"}, remplace=first)
    sound(after, person, (TSH,))
    require(behaviour.replaces_version(after.document, made.document))
    sound(report(software, produced, person, patient, GERM), person, (GERM,))
    if missing := volet.absent():
        raise NotRun(f"rien ne s’oppose au compte rendu, mais son volet ne peut pas être vérifié. {missing}")


def sound(made: ProducedDocument, person: Identity, exams: tuple[dict[str, Any], ...]) -> None:
    """A structured report: header, identity, results, and every tier of the agency's rules."""
    require(
        cda.judge(made.document),
        behaviour.type_is(made.document, made.type_code),
        volet.structured(made.document),
        ins.same_identity(ins.identity_of(made.document), person, complete=True),
        cda_biology.results(made.document, exams),
        cda_biology.units(made.document),
        volet.told(made.document),
    )


@verifies("DOC/va1.34")
def test_units_are_written_in_ucum(software: Software, produced: Produced, people: People) -> None:
    """Les unités des résultats sont des expressions UCUM."""
    person = people.one()
    made = report(software, produced, person, software.qualified(person))
    require(cda_biology.results(made.document, (TSH, GLUCOSE)), cda_biology.units(made.document))


@verifies("DOC/va1.25.01")
def test_the_report_displays_itself(software: Software, produced: Produced, people: People) -> None:
    """La feuille de style incluse affiche tout le texte structuré, et ce texte se retrouve dans le PDF."""
    person = people.one()
    made = report(software, produced, person, software.qualified(person))
    shown = legible(render.rendered(made.document))
    values = [f"{exam['valeur']} {exam['unite']}" for exam in (TSH, GLUCOSE)]
    require(
        render.displays(made.document, shown, render.narrative(made.document), "Un texte du compte rendu"),
        render.displays(made.document, shown, [*values, person.nom_naissance], "Un résultat ou l’identité"),
        shows.shows(made.pdf.name, made.pdf.content, values, "Un résultat affiché", SOURCE),
    )


@verifies("DOC/va1.18.01")
def test_an_automatic_validation_is_said(software: Software, produced: Produced, people: People) -> None:
    """Le texte réglé paraît quand un examen est validé par un automatisme, et seulement alors."""
    software.do("regler", mention_automatique=AUTOMATIC)
    person = people.one()
    patient = software.qualified(person)
    mentioned(report(software, produced, person, patient, {**TSH, "automatique": True}, GLUCOSE), AUTOMATIC)
    unmentioned(report(software, produced, person, patient), AUTOMATIC)


@verifies("DOC/va1.29.01")
def test_the_accreditation_is_said_when_it_covers_something(
    software: Software, produced: Produced, people: People
) -> None:
    """Les mentions d’accréditation paraissent avec deux examens accrédités, et pas sans examen accrédité."""
    software.do("regler", mention_accreditation=ACCREDITATION)
    person = people.one()
    patient = software.qualified(person)
    covered = [{**exam, "accredite": True} for exam in (TSH, GLUCOSE)]
    mentioned(report(software, produced, person, patient, *covered, GERM), ACCREDITATION)
    unmentioned(report(software, produced, person, patient), ACCREDITATION)


def mentioned(made: ProducedDocument, sentence: str) -> None:
    """The sentence is displayed by the style sheet and printed in the PDF."""
    shown = legible(render.rendered(made.document))
    require(
        render.displays(made.document, shown, [sentence], "La mention"),
        shows.shows(made.pdf.name, made.pdf.content, [sentence], "La mention", SOURCE),
    )


def unmentioned(made: ProducedDocument, sentence: str) -> None:
    """The sentence is nowhere in the narrative nor in the PDF."""
    require(
        render.silent(made.document, sentence),
        shows.hides(made.pdf.name, made.pdf.content, [sentence], "La mention", SOURCE),
    )


@verifies("DOC/va1.22.01")
def test_subcontracted_examinations_are_part_of_the_report(
    software: Software, produced: Produced, people: People
) -> None:
    """Les examens sous-traités sont dans le CDA, avec le nom et les coordonnées du sous-traitant."""
    person = people.one()
    made = report(software, produced, person, software.qualified(person), TSH, SUBCONTRACTED)
    require(
        cda_biology.results(made.document, (TSH, SUBCONTRACTED)),
        cda_biology.subcontracted(made.document, SUBCONTRACTOR),
    )


@verifies("DOC/va1.19.01")
def test_the_subcontractors_report_is_not_sent_apart(
    software: Software, produced: Produced, dmp: DmpService, mss: MssService, people: People
) -> None:
    """Ni lien ni image dans le compte rendu, et rien du sous-traitant au DMP ni par MSSanté."""
    person = people.one()
    dmp.open(person)
    patient = software.qualified(person)
    document = software.write(patient, MAIN, **biology(TSH, SUBCONTRACTED))
    made = produced.made(document, software.type_of(MAIN), person)
    require(cda_biology.no_link_nor_image(made.document))
    software.do("deposer_dmp", id=document)
    for exchange in dmp.exchanges(person, "TD2.1"):
        for content in legible(xds.deposit(exchange)).documents.values():
            judged = open_document(f"dépôt {exchange.number}", content)
            require([] if isinstance(judged, tuple) else cda_biology.not_by(judged, SUBCONTRACTOR))
    sent = software.send(document, "mss-professionnel", PEER)
    one = mail.read(mss.mail(message_id=sent.get("message_id")).request.body, "courriel")
    require(mail.attachments(one))
    archive = one.archives[0]
    for name, content in xdm.documents(legible(xdm.read(archive.content, "IHE_XDM.ZIP"))):
        require(cda_biology.not_by(legible(open_document(name, content)), SUBCONTRACTOR))


@verifies("DOC/va1.36")
def test_the_report_comes_in_one_version_or_in_two(software: Software, produced: Produced, people: People) -> None:
    """Le réglage général décide d’une version unique ou de deux, l’une et l’autre saines et structurées."""
    person = people.one()
    patient = software.qualified(person)
    software.do("regler", exemplaire_patient=False)
    single = software.write(patient, MAIN, **biology())
    require(versions.copied(software.document(single), wanted=False))
    with software.setting("exemplaire_patient", True, False):
        professional = software.write(patient, MAIN, **biology())
    copy = software.document(professional)
    require(versions.copied(copy, wanted=True))
    made = [
        produced.made(one, software.type_of(MAIN), person) for one in (professional, str(copy["exemplaire_patient"]))
    ]
    for version in made:
        require(cda.judge(version.document), volet.structured(version.document))
        require(ins.same_identity(ins.identity_of(version.document), person, complete=True))
        require(cda_biology.results(version.document, (TSH, GLUCOSE)))
    require(versions.differ(made[0].document, made[1].document))


@verifies("DOC/va1.32")
def test_the_report_is_signed(software: Software, produced: Produced, people: People) -> None:
    """Le PDF du compte rendu, seul ou dans un CDA, est signé avec un certificat que délivre une autorité du banc."""
    offered = software.ask("regler", signature_biologie=True).ok
    try:
        alone = software.pdf(software.write(software.qualified(people.one()), MAIN, **biology()))
        inside = [document.encapsulated for document in produced.documents(MAIN)]
    finally:
        software.ask("regler", signature_biologie=False)
    # A software that always signs has no such setting to offer; one that has neither shows nothing to judge.
    if not offered and not signed.is_signed(alone.content):
        raise NotRun("le logiciel ne propose pas de signer (réglage « signature_biologie »), et rien n’est signé")
    for printed in (alone, *inside):
        require(
            signed.signed(printed.name, printed.content, produced.authorities()),
            pdf.archivable(printed.name, printed.content),
        )

"""Volet de synthèse médicale structuré, et la feuille de style qui l’affiche en entier."""

from __future__ import annotations

from typing import Any

from conformance import NotRun, require, verifies
from conformance.checks import behaviour, cda, ins
from conformance.checks.cda import render, volet
from conformance.drivers.people import People
from conformance.drivers.software import Software
from conformance.model.identity import Identity
from conformance.outcomes import legible
from conformance.validation.gate import Document, open_document

SUMMARY = "SYNTH"
CONTENT: dict[str, Any] = {
    "problemes": [{"code": "I10", "libelle": "Hypertension essentielle (primitive)", "date": "2019-08-11"}],
    "traitements": [{"libelle": "Médicament d’essai 5 mg", "posologie": "un comprimé le matin"}],
}
ADDED = {"titre": "Projet de soins (section ajoutée)", "texte": "Marche quotidienne et suivi diététique d’essai."}


def summary(software: Software, person: Identity, **more: Any) -> Document:
    """A structured summary of that person."""
    settings: dict[str, Any] = {"forme": "N3", "contenu": {**CONTENT, **more}}
    made = software.cda(software.write_type(software.qualified(person), SUMMARY, **settings))
    return legible(open_document(made.name, made.content))


@verifies("DOC/va1.14.01")
def test_the_summary_is_sound_on_every_tier(software: Software, people: People) -> None:
    """Le volet de synthèse médicale est un CDA N3 conforme à son volet."""
    person = people.one()
    document = summary(software, person)
    require(
        cda.judge(document),
        behaviour.type_is(document, SUMMARY),
        volet.structured(document),
        ins.same_identity(ins.identity_of(document), person, complete=True),
        volet.told(document),
    )
    if missing := volet.absent():
        raise NotRun(f"rien ne s’oppose au volet de synthèse, mais son volet ne peut pas être vérifié. {missing}")


@verifies("CDA/INT.16.01")
def test_added_sections_are_displayed_too(software: Software, people: People) -> None:
    """La feuille de style jointe affiche les sections du volet comme les sections ajoutées."""
    document = summary(software, people.one(), sections_ajoutees=[ADDED])
    require(render.tells(document, [*ADDED.values(), CONTENT["problemes"][0]["libelle"]]))
    shown = legible(render.rendered(document))
    require(render.displays(document, shown, render.narrative(document), "Un texte du document"))

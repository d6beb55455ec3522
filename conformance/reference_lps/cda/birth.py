"""The body of a child's first certificate, of the eighth day: mother, pregnancy, delivery, newborn.

Source: CI-SIS, volet « Certificats de santé de l’enfant » (CS8, 2025.01). What nobody gave is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import ANS, LOINC, SNOMED, Coded, moment

from .certificate import measures, plan, vaccinations
from .child_entries import UNTOLD, Line, medication, narrative, observed, relative, social, unknown
from .element import E, coded, component, identifier, refer, section, templates
from .models import SIMPLE, SOCIAL

_PREGNANCY = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.3.6.1.4.1.19376.1.5.3.1.4.13.5", "1.2.250.1.213.1.1.3.53")
_PROCEDURE = ("2.16.840.1.113883.10.20.1.29", "1.3.6.1.4.1.19376.1.5.3.1.4.19", "1.2.250.1.213.1.1.3.62")
_FEEDING = {
    "maternelle": Coded("MED-1256", ANS, "Alimentation lait maternel exclusif"),
    "mixte": Coded("MED-1257", ANS, "Alimentation mixte"),
    "artificielle": Coded("MED-1258", ANS, "Alimentation lait artificiel exclusif"),
}
_LABOUR = {
    "spontane": Coded("84457005", SNOMED, "déclenchement spontané du travail"),
    "provoque": Coded("112070001", SNOMED, "déclenchement provoqué du travail"),
    "cesarienne": Coded("11466000", SNOMED, "césarienne"),
}
_METHOD = {
    "voie-basse": Coded("700000006", SNOMED, "voie basse spontanée"),
    "instrumentale": Coded("236974004", SNOMED, "voie basse instrumentale"),
    "cesarienne": Coded("MED-1253", ANS, "Césarienne pendant travail"),
}
_SCREENING = (
    (Coded("GEN-078", ANS, "Dépistage biologique de la trisomie 21"), "BL"),
    (Coded("ORG-079", ANS, "Nombre total d'échographies"), "INT"),
    (Coded("ORG-080", ANS, "Echographie morphologique"), "BL"),
    (Coded("GEN-079", ANS, "Entretien prénatal précoce"), "BL"),
    (Coded("51659-1", LOINC, "Recherche Ag Hbs"), "CD"),
)


def sections(
    draft: Draft, _patient: Patient, _bench: Bench, _pdf: bytes, _defects: frozenset[str]
) -> list[etree._Element]:
    """The eight sections of the volet."""
    mother = draft.content["mere"]
    return [
        _life(draft),
        _cover(),
        _pregnancies(mother),
        _antenatal(),
        _delivery(draft, mother),
        _newborn(draft),
        vaccinations(),
        plan(),
    ]


def _life(draft: Draft) -> etree._Element:
    mother, feeding = draft.content["mere"], _FEEDING[draft.content["naissance"]["alimentation"]]
    lines = [Line("mode-de-vie", "Consommations de la mère, foyer, tuberculose", UNTOLD)]
    lines.append(Line("alimentation", "Alimentation", feeding.label))
    habits = [
        observed(SOCIAL, Coded(code, LOINC, label), "mode-de-vie", unknown("INT"), "", relative(mother))
        for code, label in (("74013-4", "Consommation d'alcool"), ("74011-8", "Consommation tabagique"))
    ]
    others = [
        social(Coded("GEN-092.01.04", ANS, "Autre addiction"), "mode-de-vie", unknown("BL"), relative(mother)),
        social(Coded("85722-7", LOINC, "Nombre d'enfants vivant au foyer"), "mode-de-vie", unknown("INT")),
        social(Coded("67704-7", LOINC, "Type d'alimentation"), "alimentation", coded("value", feeding, kind="CD")),
        social(Coded("MED-183", ANS, "Facteurs de risque familiaux de tuberculose"), "mode-de-vie", unknown("BL")),
    ]
    models = (
        "2.16.840.1.113883.10.20.1.15", "1.3.6.1.4.1.19376.1.5.3.1.3.16", "1.3.6.1.4.1.19376.1.5.3.1.3.16.1",
        "1.2.250.1.213.1.1.2.141",
    )  # fmt: skip
    code = Coded("29762-2", LOINC, "Habitus, Mode de vie")
    return section(models, code, "Mode de vie", narrative(lines), *map(E.entry, (*habits, *others)))


def _cover() -> etree._Element:
    models = ("2.16.840.1.113883.10.20.1.9", "1.3.6.1.4.1.19376.1.5.3.1.1.5.3.7", "1.2.250.1.213.1.1.2.79")
    code = Coded("48768-6", LOINC, "Couvertures sociales")
    return section(models, code, "Couverture sociale", E.text(E.paragraph(UNTOLD)))


def _pregnancies(mother: dict[str, str]) -> etree._Element:
    asked = Coded("11996-6", LOINC, "Gestité (nombre total de grossesses y compris actuelle)")
    entry = observed(_PREGNANCY, asked, "gestite", unknown("INT"), "")
    models = ("1.3.6.1.4.1.19376.1.5.3.1.1.5.3.4", "1.2.250.1.213.1.1.2.77")
    code = Coded("10162-6", LOINC, "Historique des grossesses")
    text = narrative([Line("gestite", "Nombre de grossesses", UNTOLD)])
    return section(models, code, "Grossesses", text, relative(mother), E.entry(entry))


def _antenatal() -> etree._Element:
    battery = E.organizer(
        *templates("1.3.6.1.4.1.19376.1.5.3.1.1.21.3.10", "1.2.250.1.213.1.1.3.98"),
        identifier(),
        _battery_code(),
        E.statusCode(code="completed"),
        E.effectiveTime(E.low(nullFlavor="NA")),
        *(E.component(observed(SIMPLE, code, "prenatal", unknown(kind), "")) for code, kind in _SCREENING),
        classCode="BATTERY",
        moodCode="EVN",
    )
    models = (
        "1.3.6.1.4.1.19376.1.5.3.1.1.21.2.5", "1.3.6.1.4.1.19376.1.5.3.1.1.21.2.5.1", "1.2.250.1.213.1.1.2.173",
    )  # fmt: skip
    code = Coded("57078-8", LOINC, "Examens et surveillance prénataux")
    text = narrative([Line("prenatal", "Examens pendant la grossesse", UNTOLD)])
    return section(models, code, "Examens et surveillance prénataux", text, E.entry(battery))


def _battery_code() -> etree._Element:
    """The one code whose system the models want named."""
    found = coded("code", Coded("XX-ANTENATALTESTINGBATTERY", LOINC, "ANTENATAL TESTING AND SURVEILLANCE BATTERY"))
    found.set("codeSystemName", "LOINC")
    return found


def _delivery(draft: Draft, mother: dict[str, str]) -> etree._Element:
    told, day = draft.content["naissance"], moment(draft.written_at).strftime("%Y%m%d")
    labour, method = _LABOUR[told["travail"]], _METHOD[told["methode"]]
    found = (
        ("travail", Coded("73813-8", LOINC, "Caractéristiques du travail"), coded("value", labour, kind="CD")),
        ("analgesie", Coded("MED-168", ANS, "Analgésie au cours du travail"), unknown("CD")),
        ("methode", Coded("57071-3", LOINC, "Méthode d'accouchement"), coded("value", method, kind="CD")),
    )
    lines = [Line("travail", "Début du travail", labour.label), Line("methode", "Méthode", method.label)]
    events = _events([*lines, Line("analgesie", "Analgésie", UNTOLD)], found, day)
    models = ("1.3.6.1.4.1.19376.1.5.3.1.1.21.2.3", "1.2.250.1.213.1.1.2.123")
    code = Coded("57074-7", LOINC, "Travail et accouchement")
    text = E.text(E.paragraph("Déroulement de l’accouchement."))
    return section(models, code, "Travail et accouchement", text, relative(mother), component(events))


def _events(lines: Sequence[Line], found: Sequence[tuple[str, Coded, etree._Element]], day: str) -> etree._Element:
    models = ("1.3.6.1.4.1.19376.1.5.3.1.1.21.2.9", "1.3.6.1.4.1.19376.1.7.3.1.1.13.7", "1.2.250.1.213.1.1.2.163")
    entries = [E.entry(observed(SIMPLE, code, anchor, told, day)) for anchor, code, told in found]
    code = Coded("42545-4", LOINC, "Evènements observés")
    return section(models, code, "Évènements observés", narrative(lines), *entries)


def _newborn(draft: Draft) -> etree._Element:
    exam = section(
        (
            "1.3.6.1.4.1.19376.1.5.3.1.3.24",
            "1.3.6.1.4.1.19376.1.5.3.1.1.9.15",
            "1.3.6.1.4.1.19376.1.5.3.1.1.9.15.1",
            "1.2.250.1.213.1.1.2.84",
        ),
        Coded("29545-1", LOINC, "Examen physique"),
        "État de l’enfant à la naissance",
        component(measures(draft)),
    )
    given = section(
        ("1.3.6.1.4.1.19376.1.5.3.1.3.21", "1.2.250.1.213.1.1.2.145"),
        Coded("18610-6", LOINC, "Traitements administrés"),
        "Médicaments administrés",
        narrative([Line("medicament", "Médicaments reçus", UNTOLD)]),
        E.entry(medication("medicament")),
    )
    models = ("1.3.6.1.4.1.19376.1.5.3.1.1.21.2.4", "1.2.250.1.213.1.1.2.124")
    code = Coded("57075-4", LOINC, "Informations sur l'accouchement et le nouveau-né")
    text = E.text(E.paragraph("Examens, actes et médicaments du nouveau-né."))
    return section(models, code, "Nouveau-né", text, component(exam), component(_acts(draft)), component(given))


def _acts(draft: Draft) -> etree._Element:
    """The acts that the volet asks about: none of them was done here."""
    day = moment(draft.written_at).strftime("%Y%m%d")
    asked = (Coded("MED-174", ANS, "Gestes techniques spécialisés"), Coded("MED-1304", ANS, "Dépistage de la surdité"))
    lines = [Line(code.code.lower(), code.label, "non réalisé") for code in asked]
    models = ("1.3.6.1.4.1.19376.1.5.3.1.1.13.2.11", "1.2.250.1.213.1.1.2.118")
    entries = [E.entry(_undone(code, day)) for code in asked]
    return section(models, Coded("29554-3", LOINC, "Actes"), "Actes et interventions", narrative(lines), *entries)


def _undone(code: Coded, day: str) -> etree._Element:
    return E.procedure(
        *templates(*_PROCEDURE),
        identifier(),
        coded("code", code),
        refer(code.code.lower(), "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(E.low(value=day)),
        classCode="PROC",
        moodCode="EVN",
        negationInd="true",
    )

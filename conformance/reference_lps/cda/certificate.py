"""The body of a child's certificate of the 9th or of the 24th month, whose sections are the same but for a few entries.

Source: CI-SIS, volet « Certificats de santé de l’enfant » (CS9 and CS24, 2025.01).
"""

from __future__ import annotations

from lxml import etree

from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import ANS, LOINC, SNOMED, Coded, moment

from .child_entries import (
    UNTOLD,
    Line,
    concern,
    medication,
    narrative,
    observed,
    relative,
    social,
    vaccination,
)
from .element import E, coded, identifier, section, stamp, templates, value

_MONTHS = {"CS9": "avant le 9ème mois", "CS24": "depuis le 9ème mois"}
_ACCIDENT = {"CS9": "MED-186", "CS24": "MED-185"}
_ACTIVITY = Coded("ORG-075", ANS, "Activité professionnelle")
_ACTIVITIES = {
    "salariee": Coded("PAT-040", ANS, "Activité salariée"),
    "au-foyer": Coded("PAT-043", ANS, "Au foyer"),
    "autre": Coded("GEN-092.05.05", ANS, "Autre activité"),
}
_SCREENS = Coded("MED-1275", ANS, "Exposition aux écrans")
_EXPOSURES = {
    "jamais": Coded("GEN-311", ANS, "Jamais"),
    "parfois": Coded("GEN-312", ANS, "< 1 fois/semaine"),
    "souvent": Coded("GEN-313", ANS, ">= 1 fois/semaine"),
}
_DISORDER = {
    False: Coded("860642002", SNOMED, "absence de trouble neurodéveloppemental"),
    True: Coded("ORG-197", ANS, "Orientation vers une plateforme de coordination et d'orientation"),
}
_VITAL = (
    ("poids", Coded("29463-7", LOINC, "Poids"), "g"),
    ("taille", Coded("8302-2", LOINC, "Taille"), "cm"),
    ("perimetre_cranien", Coded("8287-5", LOINC, "Périmètre crânien"), "cm"),
)
_SIGN = (
    "2.16.840.1.113883.10.20.1.31", "1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.3.6.1.4.1.19376.1.5.3.1.4.13.2",
    "1.2.250.1.213.1.1.3.50",
)  # fmt: skip
_SIGNS = (
    "2.16.840.1.113883.10.20.1.32", "2.16.840.1.113883.10.20.1.35", "1.3.6.1.4.1.19376.1.5.3.1.4.13.1",
    "1.2.250.1.213.1.1.3.49",
)  # fmt: skip


def sections(
    draft: Draft, _patient: Patient, _bench: Bench, _pdf: bytes, _defects: frozenset[str]
) -> list[etree._Element]:
    """Way of life, history, measures, development, vaccinations, treatments (CS9) and plan of care."""
    treatments = [_treatments()] if draft.content["certificat"] == "CS9" else []
    return [_life(draft), _history(draft), measures(draft), _development(draft), vaccinations(), *treatments, plan()]


def _life(draft: Draft) -> etree._Element:
    kept, mother = draft.content["garde"], draft.content["mere"]
    work, screens = _ACTIVITIES[mother["activite"]], _EXPOSURES[draft.content["ecrans"]]
    lines = [Line("garde", "Enfant gardé", "oui" if kept else "non"), Line("mere", "Activité de la mère", work.label)]
    entries = [
        social(Coded("PAT-058", ANS, "Faites-vous actuellement garder votre enfant ?"), "garde", _boolean(kept)),
        social(_ACTIVITY, "mere", coded("value", work, kind="CD"), relative(mother)),
    ]
    if draft.content["certificat"] == "CS24":
        lines.append(Line("ecrans", _SCREENS.label, screens.label))
        entries.append(social(_SCREENS, "ecrans", coded("value", screens, kind="CD")))
    models = (
        "2.16.840.1.113883.10.20.1.15", "1.3.6.1.4.1.19376.1.5.3.1.3.16", "1.3.6.1.4.1.19376.1.5.3.1.3.16.1",
        "1.2.250.1.213.1.1.2.141",
    )  # fmt: skip
    code = Coded("29762-2", LOINC, "Habitus, Mode de vie")
    return section(models, code, "Mode de vie", narrative(lines), *map(E.entry, entries))


def _history(draft: Draft) -> etree._Element:
    content, kind = draft.content, draft.content["certificat"]
    known = (
        ("premature", Coded("MED-183", ANS, "Prématurité inf. à 33 semaines"), content["premature"]),
        ("accident", Coded(_ACCIDENT[kind], ANS, f"Accident(s) domestique(s) {_MONTHS[kind]}"), content["accident"]),
    )
    lines = [Line(anchor, code.label, "oui" if told else "non") for anchor, code, told in known]
    entry = concern(known, stamp(moment(draft.written_at)))
    models = ("1.3.6.1.4.1.19376.1.5.3.1.3.8", "1.2.250.1.213.1.1.2.134")
    code = Coded("11348-0", LOINC, "Antécédents médicaux")
    return section(models, code, "Antécédents médicaux", narrative(lines), E.entry(entry))


def measures(draft: Draft) -> etree._Element:
    """What was measured of the child."""
    found, day = draft.content["mesures"], moment(draft.written_at).strftime("%Y%m%d")
    lines = [Line(name, code.label, f"{found[name]} {unit}") for name, code, unit in _VITAL]
    signs = E.organizer(
        *templates(*_SIGNS),
        identifier(),
        coded("code", Coded("85353-1", LOINC, "Signes vitaux")),
        E.statusCode(code="completed"),
        E.effectiveTime(value=day),
        *(
            E.component(observed(_SIGN, code, name, value("PQ", value=found[name], unit=unit), day), typeCode="COMP")
            for name, code, unit in _VITAL
        ),
        classCode="CLUSTER",
        moodCode="EVN",
    )
    models = (
        "2.16.840.1.113883.10.20.1.16", "1.3.6.1.4.1.19376.1.5.3.1.3.25", "1.3.6.1.4.1.19376.1.5.3.1.1.5.3.2",
        "1.2.250.1.213.1.1.2.75",
    )  # fmt: skip
    code = Coded("8716-3", LOINC, "Signes vitaux")
    return section(models, code, "Mesures", narrative(lines), E.entry(signs))


def _development(draft: Draft) -> etree._Element:
    day = moment(draft.written_at).strftime("%Y%m%d")
    sought = Coded("MED-1274", ANS, "Repérage troubles du neurodéveloppement")
    found = _DISORDER[draft.content["trouble"]]
    simple = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48")
    entry = observed(simple, sought, "trouble", coded("value", found, kind="CD"), day)
    models = ("1.3.6.1.4.1.19376.1.7.3.1.1.13.4", "1.2.250.1.213.1.1.2.161")
    code = Coded("xx-MCH-PsychoMDev", LOINC, "Développement psychomoteur")
    lines = [Line("trouble", sought.label, found.label)]
    return section(models, code, "Développement psychomoteur", narrative(lines), E.entry(entry, typeCode="DRIV"))


def vaccinations() -> etree._Element:
    """The vaccines of the child, of which nobody told."""
    models = ("2.16.840.1.113883.10.20.1.6", "1.3.6.1.4.1.19376.1.5.3.1.3.23", "1.2.250.1.213.1.1.2.147")
    code = Coded("11369-6", LOINC, "Historique des vaccinations")
    lines = [Line("vaccin", "Vaccins reçus", UNTOLD)]
    return section(models, code, "Vaccinations", narrative(lines), E.entry(vaccination("vaccin")))


def _treatments() -> etree._Element:
    models = ("1.3.6.1.4.1.19376.1.5.3.1.3.21", "1.2.250.1.213.1.1.2.145")
    code = Coded("18610-6", LOINC, "Traitements administrés")
    lines = [Line("medicament", "Médicaments reçus", UNTOLD)]
    return section(models, code, "Médicaments administrés", narrative(lines), E.entry(medication("medicament")))


def plan() -> etree._Element:
    """What is to be done next, of which nobody told."""
    models = ("2.16.840.1.113883.10.20.1.10", "1.3.6.1.4.1.19376.1.5.3.1.3.36", "1.2.250.1.213.1.1.2.158")
    code = Coded("18776-5", LOINC, "Plan de soins")
    return section(models, code, "Plan de soins", E.text(E.paragraph(UNTOLD)))


def _boolean(told: bool) -> etree._Element:
    return value("BL", value="true" if told else "false")

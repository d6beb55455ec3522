"""The body of a medical summary (VSM): problems under way, treatments, points to watch, and what the doctor adds.

Source: CI-SIS, volet « Synthèse médicale » (VSM 1.4, 2022.01).
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import LOINC, SNOMED, Coded, french_date, one_line

from .element import XSI_TYPE, E, cell, coded, component, identifier, refer, section, table, templates
from .models import ADMINISTRATION, CONCERN, PROBLEM, PRODUCT

_ICD10 = "2.16.840.1.113883.6.3"
_FREE = ("titre", "texte")


def read(content: Body) -> dict[str, Any]:
    """The content of a summary as the API gives it; 400 when it cannot be one."""
    problems = [_problem(Body(one, ("code", "libelle", "date"), "Un problème")) for one in _list(content, "problemes")]
    added = [_texts(Body(one, _FREE, "Une section"), _FREE) for one in _list(content, "sections_ajoutees")]
    names = ("libelle", "posologie")
    treatments = [_texts(Body(one, names, "Un traitement"), names) for one in _list(content, "traitements")]
    if not problems:
        raise RefusalError(400, "« problemes » doit être une liste non vide.")
    return {"problemes": problems, "traitements": treatments, "sections_ajoutees": added}


def _list(content: Body, name: str) -> list[Any]:
    found = content.part(name) if content.has(name) else []
    if not isinstance(found, list):
        raise RefusalError(400, f"« {name} » doit être une liste.")
    return found


def _texts(one: Body, names: tuple[str, ...]) -> dict[str, str]:
    return {name: one.text(name) for name in names}


def _problem(one: Body) -> dict[str, str]:
    found = _texts(one, ("code", "libelle", "date"))
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", found["date"]):
        raise RefusalError(400, "« date » doit être une date AAAA-MM-JJ.")
    return found


def sections(
    draft: Draft, _patient: Patient, _bench: Bench, _pdf: bytes, defects: frozenset[str]
) -> list[etree._Element]:
    """The three sections of the volet, then those that the doctor added."""
    problems = _problems(draft.content["problemes"], defects)
    added = [_added(one) for one in draft.content["sections_ajoutees"]]
    return [_synthesis(problems), _watch(draft), _plan(draft.content["traitements"], defects), *added]


def _synthesis(problems: etree._Element) -> etree._Element:
    history = section(
        ("1.2.250.1.213.1.1.2.30",),
        Coded("34117-2", LOINC, "Historique et physique"),
        "Pathologies en cours, antécédents et allergies",
        component(problems),
    )
    return section(
        ("1.2.250.1.213.1.1.2.29",),
        Coded("46612-8", LOINC, "Conclusions de synthèse"),
        "Pathologies en cours, antécédents, allergies et facteurs de risque",
        component(history),
        component(_risks()),
    )


def _risks() -> etree._Element:
    """No risk factor is kept here: the section says so."""
    at_work = section(
        ("1.3.6.1.4.1.19376.1.5.3.1.1.5.3.1", "1.2.250.1.213.1.1.2.74"),
        Coded("10161-8", LOINC, "Facteurs de risques professionnels"),
        "Facteurs de risques professionnels",
        E.text(E.paragraph("Aucun facteur de risque connu.")),
    )
    code = Coded(
        "57207-3", LOINC, "Facteurs de risque présents ou passés affectant l'état de santé et/ou une circonstance"
    )
    return section(("1.2.250.1.213.1.1.2.31",), code, "Facteurs de risque", component(at_work))


def _problems(known: list[dict[str, str]], defects: frozenset[str]) -> etree._Element:
    rows = [
        [cell(french_date(one["date"])), cell(one["libelle"], f"probleme-{rank}")] for rank, one in enumerate(known)
    ]
    entries = [E.entry(_concern(one, rank)) for rank, one in enumerate(known)]
    return section(
        ("2.16.840.1.113883.10.20.1.11", "1.3.6.1.4.1.19376.1.5.3.1.3.6", "1.2.250.1.213.1.1.2.132"),
        Coded("11450-4", LOINC, "Liste des problèmes actifs"),
        "Pathologies en cours",
        table(("Date", "Pathologie"), rows),
        *([] if "vsm-narrative-only" in defects else entries),
    )


def _concern(one: dict[str, str], rank: int) -> etree._Element:
    since, anchor = one["date"].replace("-", ""), f"probleme-{rank}"
    named = coded("value", Coded(one["code"], _ICD10, one["libelle"]), refer(anchor), kind="CD")
    problem = E.observation(
        *templates(*PROBLEM),
        identifier(),
        coded("code", Coded("282291009", SNOMED, "interprétation diagnostique")),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(E.low(value=since)),
        named,
        classCode="OBS",
        moodCode="EVN",
        negationInd="false",
    )
    return E.act(
        *templates(*CONCERN),
        identifier(),
        E.code(nullFlavor="NA"),
        E.statusCode(code="active"),
        E.effectiveTime(E.low(value=since)),
        E.entryRelationship(problem, typeCode="SUBJ", inversionInd="false"),
        classCode="ACT",
        moodCode="EVN",
    )


def _watch(draft: Draft) -> etree._Element:
    lines = [line for line in draft.text.split("\n") if line.strip()]
    return section(
        ("1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.2.250.1.213.1.1.2.150"),
        Coded("30954-2", LOINC, "Résultats d'examens"),
        "Points de vigilance",
        E.text(*(E.paragraph(one_line(line)) for line in lines)),
    )


def _plan(treatments: list[dict[str, str]], defects: frozenset[str]) -> etree._Element:
    known = treatments or [{"libelle": "Aucun traitement au long cours", "posologie": ""}]
    rows = [[cell(one["libelle"], f"traitement-{rank}"), cell(one["posologie"])] for rank, one in enumerate(known)]
    entries = [E.entry(_administration(rank), typeCode="DRIV") for rank in range(len(known))]
    long_term = section(
        ("2.16.840.1.113883.10.20.1.8", "1.3.6.1.4.1.19376.1.5.3.1.3.19", "1.2.250.1.213.1.1.2.143"),
        Coded("10160-0", LOINC, "Traitements"),
        "Traitements",
        table(("Médicament", "Posologie"), rows),
        *([] if "vsm-narrative-only" in defects else entries),
    )
    return section(
        ("1.2.250.1.213.1.1.2.32",),
        Coded("18776-5", LOINC, "Plan de traitement"),
        "Traitement au long cours",
        component(long_term),
    )


def _administration(rank: int) -> etree._Element:
    """A treatment told by the narrative alone: this LPS has no drug database."""
    anchor = f"traitement-{rank}"
    period = E.effectiveTime(E.low(nullFlavor="UNK"), E.high(nullFlavor="UNK"))
    period.set(XSI_TYPE, "IVL_TS")
    drug = E.manufacturedMaterial(E.code(refer(anchor), nullFlavor="UNK"), E.name(nullFlavor="UNK"))
    product = E.manufacturedProduct(*templates(*PRODUCT), drug)
    return E.substanceAdministration(
        *templates(*ADMINISTRATION),
        identifier(),
        coded("code", Coded("DRUG", "2.16.840.1.113883.5.4", "Médicament")),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        period,
        E.consumable(product),
        classCode="SBADM",
        moodCode="EVN",
    )


def _added(one: dict[str, str]) -> etree._Element:
    code = Coded("51899-3", LOINC, "Détails")
    return section((), code, one["titre"], E.text(E.paragraph(one_line(one["texte"]))))

"""The body of an imaging order: why it is asked, what is known of the patient, which act on which region.

Source: CI-SIS, volet « Demande d’actes d’imagerie » (IMG-DA-IMG 2024.01).
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import ANS, LOINC, SNOMED, Coded, moment, one_line

from .element import E, cell, coded, component, identifier, refer, section, stamp, table, templates, value
from .models import SIMPLE

_DICOM = "1.2.840.10008.2.16.4"
_MODALITIES = {
    "MED-1126": Coded("MED-1126", ANS, "Radiographie sans contraste"),
    "CT": Coded("CT", _DICOM, "Scanner/TDM"),
    "MG": Coded("MG", _DICOM, "Mammographie"),
    "MR": Coded("MR", _DICOM, "IRM"),
}
_REGIONS = {
    "361292008": Coded("361292008", SNOMED, "région entière de la cheville"),
    "361291001": Coded("361291001", SNOMED, "région entière du genou"),
    "302551006": Coded("302551006", SNOMED, "thorax entier"),
    "181131000": Coded("181131000", SNOMED, "sein entier"),
}
_KEYS = ("modalite", "region", "justification")
_OBSERVATION = ("2.16.840.1.113883.10.20.6.2.13", "1.2.250.1.213.1.1.3.150")
_REQUEST = (
    "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1", "2.16.840.1.113883.10.20.1.25", "1.2.250.1.213.1.1.3.27",
    "1.2.250.1.213.1.1.3.27.3",
)  # fmt: skip
_PLAN = (
    "2.16.840.1.113883.10.20.1.10", "1.3.6.1.4.1.19376.1.5.3.1.3.36", "1.2.250.1.213.1.1.2.158",
    "1.2.250.1.213.1.1.2.158.3",
)  # fmt: skip
_EDUCATION = ("1.3.6.1.4.1.19376.1.5.3.1.1.9.38", "1.3.6.1.4.1.19376.1.5.3.1.1.9.39", "1.2.250.1.213.1.1.2.107")


def read(content: Body) -> dict[str, Any]:
    """The act that is asked for, as the API gives it; 400 when the LPS does not know it."""
    found = {name: content.text(name) for name in _KEYS}
    for name, known in (("modalite", _MODALITIES), ("region", _REGIONS)):
        if found[name] not in known:
            raise RefusalError(400, f"« {name} » doit valoir {' ou '.join(known)}.")
    return found


def sections(
    draft: Draft, _patient: Patient, _bench: Bench, _pdf: bytes, _defects: frozenset[str]
) -> list[etree._Element]:
    """The three sections that the volet demands."""
    return [_clinical(draft), _told(draft), _plan(draft)]


def _clinical(draft: Draft) -> etree._Element:
    why = section(
        ("1.2.840.10008.9.7", "1.2.250.1.213.1.1.2.211"),
        Coded("55115-0", LOINC, "Demande"),
        "Justification de la demande",
        E.text(E.paragraph(one_line(draft.content["justification"]))),
    )
    code = Coded("55752-0", LOINC, "Informations cliniques")
    models = ("1.2.840.10008.9.2", "1.2.250.1.213.1.1.2.205")
    return section(models, code, "Informations cliniques", E.text(), component(why), component(_history()))


def _history() -> etree._Element:
    """Nobody asks this LPS for what came before: the section says so."""
    known = (("11348-0", "Antécédents médicaux", "medicaux"), ("47519-4", "Antécédents chirurgicaux", "chirurgicaux"))
    rows = [[cell(label), cell("Non renseignés", anchor)] for _, label, anchor in known]
    return section(
        ("2.16.840.1.113883.10.20.22.2.39", "1.2.250.1.213.1.1.2.213"),
        Coded("11329-0", LOINC, "Historique médical"),
        "Antécédents",
        table(("Nature", "Antécédents"), rows),
        *(E.entry(_past(Coded(code, LOINC, label), anchor)) for code, label, anchor in known),
    )


def _past(code: Coded, anchor: str) -> etree._Element:
    told = value("CD")
    told.append(refer(anchor))
    return E.observation(
        *templates(*_OBSERVATION),
        identifier(),
        coded("code", code),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        told,
        E.targetSiteCode(nullFlavor="MSK"),
        classCode="OBS",
        moodCode="EVN",
    )


def _told(draft: Draft) -> etree._Element:
    label = "Le patient a-t-il été informé des risques relatifs à l'examen d'imagerie médicale ?"
    when = stamp(moment(draft.written_at))
    informed = E.observation(
        *templates(*SIMPLE),
        identifier(),
        coded("code", Coded("MED-1130", ANS, label)),
        refer("information", "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(E.low(value=when), E.high(value=when)),
        value("BL", value="true"),
        classCode="OBS",
        moodCode="EVN",
    )
    rows = [[cell("Risques de l’examen", "information"), cell("Le patient en est informé.")]]
    code = Coded("34895-3", LOINC, "Education du patient")
    return section(_EDUCATION, code, "Information du patient", table(("Sujet", "Information"), rows), E.entry(informed))


def _plan(draft: Draft) -> etree._Element:
    modality, region = _MODALITIES[draft.content["modalite"]], _REGIONS[draft.content["region"]]
    rows = [[cell(modality.label, "modalite"), cell(region.label, "region")]]
    asked = E.observation(
        *templates(*_REQUEST),
        identifier(),
        coded("code", modality, refer("modalite")),
        refer("modalite", "text"),
        E.statusCode(code="active"),
        E.effectiveTime(nullFlavor="UNK"),
        coded("targetSiteCode", region, refer("region"), kind="CD"),
        classCode="OBS",
        moodCode="INT",
    )
    code = Coded("18776-5", LOINC, "Plan de soins")
    return section(_PLAN, code, "Acte demandé", table(("Modalité", "Région anatomique"), rows), E.entry(asked))

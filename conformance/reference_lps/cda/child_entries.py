"""Entries that the certificates of a child's health share: observations, way of life, history, vaccination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from conformance.reference_lps.vocabulary import ANS, LOINC, SNOMED, Coded, one_line

from .element import XSI_TYPE, E, cell, coded, identifier, refer, table, templates, value
from .models import ADMINISTRATION, CONCERN, PROBLEM, PRODUCT, SIMPLE, SOCIAL, VACCINATION

UNTOLD = "non renseigné"
_RANK = ("2.16.840.1.113883.10.20.1.46", "1.2.250.1.213.1.1.3.82")
_RELATIVE = ("1.3.6.1.4.1.19376.1.5.3.1.4.15.2", "1.2.250.1.213.1.1.3.60")
_OTHER_CAUSE = Coded("GEN-092.01.13", ANS, "Autre(s) accident(s) domestique(s)")


@dataclass(frozen=True)
class Line:
    """A line of a section's narrative: the entry that says the same refers to ``anchor``."""

    anchor: str
    label: str
    told: str


def narrative(lines: Sequence[Line]) -> etree._Element:
    """What a person reads of a section."""
    return table(("Élément", "Observation"), [[cell(one.label), cell(one.told, one.anchor)] for one in lines])


def observed(
    models: tuple[str, ...], code: Coded, anchor: str, found: etree._Element, day: str, *more: etree._Element
) -> etree._Element:
    """An observation of that day (``YYYYMMDD``; empty when it has none)."""
    return E.observation(
        *templates(*models),
        identifier(),
        coded("code", code),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(value=day) if day else E.effectiveTime(nullFlavor="NA"),
        found,
        *more,
        classCode="OBS",
        moodCode="EVN",
    )


def social(what: Coded, anchor: str, found: etree._Element, *more: etree._Element) -> etree._Element:
    """An element of the way of life that has no code of its own in LOINC: a qualifier says which."""
    one = observed(SOCIAL, Coded("11345-6", LOINC, "Autre élément social"), anchor, found, "", *more)
    code: Any = one.find("{*}code")
    code.append(E.qualifier(coded("value", what)))
    return one


def relative(mother: dict[str, str]) -> etree._Element:
    """The mother as the subject of an observation."""
    who = E.relatedSubject(
        coded("code", Coded("MTH", "2.16.840.1.113883.5.111", "Mère")),
        E.addr(nullFlavor="NASK"),
        E.telecom(nullFlavor="NASK"),
        E.subject(
            E.name(E.family(one_line(mother["nom"])), E.given(one_line(mother["prenom"]))),
            E.birthTime(value=mother["date_naissance"].replace("-", "")),
        ),
        classCode="PRS",
    )
    return E.subject(*templates(*_RELATIVE), who, typeCode="SBJ")


def concern(known: Sequence[tuple[str, Coded, bool]], when: str) -> etree._Element:
    """What was looked for in the history: anchor, problem, whether it was found."""
    return E.act(
        *templates(*CONCERN),
        identifier(),
        E.code(nullFlavor="NA"),
        E.statusCode(code="completed"),
        E.effectiveTime(E.low(value=when), E.high(value=when)),
        *(E.entryRelationship(_problem(*one), typeCode="SUBJ", inversionInd="false") for one in known),
        classCode="ACT",
        moodCode="EVN",
    )


def _problem(anchor: str, what: Coded, told: bool) -> etree._Element:
    """A problem, or its absence; the cause of an accident must be said."""
    cause = observed(SIMPLE, _OTHER_CAUSE, anchor, value("BL", value="true"), "")
    caused = [E.entryRelationship(cause, typeCode="CAUS", inversionInd="true")] if told and anchor == "accident" else []
    return E.observation(
        *templates(*PROBLEM),
        identifier(),
        coded("code", Coded("282291009", SNOMED, "interprétation diagnostique")),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(E.low(nullFlavor="UNK")),
        coded("value", what, refer(anchor), kind="CD"),
        *caused,
        classCode="OBS",
        moodCode="EVN",
        negationInd="false" if told else "true",
    )


def unknown(kind: str) -> etree._Element:
    """A value that nobody gave."""
    return value(kind, nullFlavor="UNK")


def vaccination(anchor: str) -> etree._Element:
    """A vaccine that nobody told of."""
    drug = E.manufacturedMaterial(E.code(refer(anchor), nullFlavor="UNK"), E.name(nullFlavor="UNK"))
    drug.append(E.lotNumberText(nullFlavor="UNK"))
    rank = E.observation(
        *templates(*_RANK),
        coded("code", Coded("30973-2", LOINC, "Rang de la vaccination")),
        E.statusCode(code="completed"),
        unknown("INT"),
        classCode="OBS",
        moodCode="EVN",
    )
    return E.substanceAdministration(
        *templates(*VACCINATION),
        identifier(),
        coded("code", Coded("INITIMMUNIZ", "2.16.840.1.113883.5.4", "1ère série vaccinante")),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(nullFlavor="NAV"),
        E.routeCode(nullFlavor="NA"),
        E.doseQuantity(value="1"),
        E.consumable(E.manufacturedProduct(*templates(*PRODUCT), drug), typeCode="CSM"),
        E.entryRelationship(rank, typeCode="SUBJ"),
        classCode="SBADM",
        moodCode="EVN",
        negationInd="false",
    )


def medication(anchor: str) -> etree._Element:
    """A medicine that nobody told of."""
    period = E.effectiveTime(E.low(nullFlavor="UNK"), E.high(nullFlavor="UNK"))
    period.set(XSI_TYPE, "IVL_TS")
    drug = E.manufacturedMaterial(E.code(refer(anchor), nullFlavor="UNK"), E.name(nullFlavor="UNK"))
    return E.substanceAdministration(
        *templates(*ADMINISTRATION),
        identifier(),
        coded("code", Coded("DRUG", "2.16.840.1.113883.5.4", "Médicament")),
        refer(anchor, "text"),
        E.statusCode(code="completed"),
        period,
        E.consumable(E.manufacturedProduct(*templates(*PRODUCT), drug)),
        classCode="SBADM",
        moodCode="EVN",
        negationInd="false",
    )

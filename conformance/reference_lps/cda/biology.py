"""The body of a biology report of level 3: a section a chapter, the reports of subcontractors, a copy of the PDF.

Source: CI-SIS, volet « Compte rendu d’examens de biologie médicale » (CR-BIO 2024.01), after IHE XD-LAB.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from lxml import etree

from conformance.reference_lps.laboratory import Result, results, sentences
from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import LOINC, PRACTICE_SETTINGS, PROFESSIONALS, STRUCTURES, Coded, moment

from .element import E, cell, coded, identifier, refer, section, stamp, table, templates, value

_CHAPTER = ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70")
_ENTRY = ("1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21")
_RESULT = ("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80")
_ISOLATE = ("1.3.6.1.4.1.19376.1.3.1.5", "1.2.250.1.213.1.1.3.79")
_LABORATORY = "1.3.6.1.4.1.19376.1.3.3.1.7"
_COPY = Coded("55108-5", LOINC, "Copie du document")
_INTERPRETATION = "2.16.840.1.113883.5.83"
_LABELS = {"N": "Normal", "L": "Anormalement bas", "H": "Anormalement haut"}


def sections(
    draft: Draft, _patient: Patient, _bench: Bench, pdf: bytes, defects: frozenset[str]
) -> list[etree._Element]:
    """The chapters in the order of the report, then the copy of the PDF, which says what is not structured."""
    found = results(draft)
    kept = [one for one in found if not (one.subcontractor and "bio-drops-subcontracted" in defects)]
    when = moment(draft.written_at)
    chapters = [
        _chapter(chapter, list(group), draft, when, defects)
        for chapter, group in groupby(kept, key=lambda one: one.chapter)
    ]
    return [*chapters, _copy(pdf)]


def _chapter(
    chapter: Coded, group: list[Result], draft: Draft, when: datetime, defects: frozenset[str]
) -> etree._Element:
    rows = [_row(one, rank) for rank, one in enumerate(group)]
    text = table(("Examen", "Résultat", "Valeurs de référence", "Remarques"), rows)
    for sentence in sentences(draft, defects, only={one.code.code for one in group}):
        text.append(E.paragraph(sentence))
    if "bio-links-subcontracted" in defects and any(one.subcontractor for one in group):
        text.append(E.paragraph(E.linkHtml("Compte rendu du sous-traitant", href="https://sous-traitant.test/cr.pdf")))
    act = E.act(coded("code", chapter), E.statusCode(code="completed"), classCode="ACT", moodCode="EVN")
    for rank, one in enumerate(group):
        act.append(E.entryRelationship(_observed(one, rank, when, defects), typeCode="COMP"))
    entry = E.entry(*templates(*_ENTRY), act, typeCode="DRIV")
    entries = [] if "bio-narrative-only" in defects else [entry]
    return section(_CHAPTER, chapter, chapter.label, text, *entries, identified=False)


def _row(one: Result, rank: int) -> list[etree._Element]:
    limits = f"{one.low} - {one.high}" if one.low and one.high else ""
    value_cell = cell(f"{one.value} {one.unit}".strip(), f"valeur-{one.code.code}-{rank}")
    return [cell(one.shown, _anchor(one, rank)), value_cell, cell(limits), cell(one.remarks)]


def _anchor(one: Result, rank: int) -> str:
    return f"resultat-{one.code.code}-{rank}"


def _observed(one: Result, rank: int, when: datetime, defects: frozenset[str]) -> etree._Element:
    return _isolate(one, rank, when, defects) if one.germ else _result(one, rank, when, defects)


def _result(one: Result, rank: int, when: datetime, defects: frozenset[str]) -> etree._Element:
    code = coded("code", one.code, refer(_anchor(one, rank)))
    found = E.observation(
        *templates(*_RESULT),
        code,
        E.statusCode(code="completed"),
        E.effectiveTime(value=stamp(when)),
        *_values(one, rank, defects),
        classCode="OBS",
        moodCode="EVN",
    )
    if one.subcontractor and "bio-subcontractor-unnamed" not in defects:
        found.append(_performer(one.subcontractor, when))
    if one.low and one.high:
        low, high = (
            E(tag, value=limit, unit=_unit(one, defects)) for tag, limit in (("low", one.low), ("high", one.high))
        )
        limits = value("IVL_PQ")
        limits.extend((low, high))
        normal = E.interpretationCode(code="N", displayName="Normal", codeSystem=_INTERPRETATION)
        range_ = E.observationRange(limits, normal, classCode="OBS", moodCode="EVN.CRT")
        found.append(E.referenceRange(range_, typeCode="REFV"))
    return found


def _values(one: Result, rank: int, defects: frozenset[str]) -> Iterator[etree._Element]:
    if not one.quantity:
        told = value("CD")
        told.append(refer(f"valeur-{one.code.code}-{rank}"))
        yield told
        return
    yield value("PQ", value=one.value, unit=_unit(one, defects))
    if one.interpretation:
        label = _LABELS[one.interpretation]
        yield E.interpretationCode(code=one.interpretation, displayName=label, codeSystem=_INTERPRETATION)


def _unit(one: Result, defects: frozenset[str]) -> str:
    return one.unit.replace("[IU]", "UI") if "bio-unit-not-ucum" in defects else one.unit


def _isolate(one: Result, rank: int, when: datetime, defects: frozenset[str]) -> etree._Element:
    """A germ that was found, and what was measured of it."""
    germ = E.code(refer(_anchor(one, rank)))
    playing = E.specimenPlayingEntity(germ, classCode="MIC")
    specimen = E.specimen(E.specimenRole(playing, classCode="SPEC"), typeCode="SPC")
    return E.organizer(
        *templates(*_ISOLATE),
        E.statusCode(code="completed"),
        E.effectiveTime(value=stamp(when)),
        specimen,
        E.component(_result(one, rank, when, defects), typeCode="COMP"),
        classCode="CLUSTER",
        moodCode="EVN",
    )


def _performer(who: dict[str, Any], when: datetime) -> etree._Element:
    """The laboratory that did the examination: named, with where to reach it."""
    place = E.representedOrganization(
        E.id(root=STRUCTURES, extension=str(who["id_structure"])),
        E.name(str(who["nom"])),
        E.telecom(value=f"tel:{who['telephone']}", use="WP"),
        E.addr(E.streetAddressLine(str(who["adresse"]))),
        coded("standardIndustryClassCode", Coded("AMBULATOIRE", PRACTICE_SETTINGS, "Ambulatoire")),
    )
    entity = E.assignedEntity(
        E.id(root=PROFESSIONALS, extension=str(who["responsable"]["id_national"])),
        E.addr(nullFlavor="NASK"),
        E.telecom(value=f"tel:{who['telephone']}", use="WP"),
        E.assignedPerson(E.name(E.given(who["responsable"]["prenom"]), E.family(who["responsable"]["nom"]))),
        place,
    )
    return E.performer(*templates(_LABORATORY), E.time(E.high(value=stamp(when))), entity, typeCode="PRF")


def _copy(pdf: bytes) -> etree._Element:
    """The printed report, for whoever prefers it."""
    shown = E.observation(
        *templates("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48", "1.2.250.1.213.1.1.3.48.18"),
        identifier(),
        coded("code", Coded("69764-9", LOINC, "Type de document")),
        refer("copie", "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(nullFlavor="NA"),
        coded("value", _COPY, kind="CD"),
        classCode="OBS",
        moodCode="EVN",
    )
    data = E.value(base64.b64encode(pdf).decode("ascii"), mediaType="application/pdf", representation="B64")
    media = E.observationMedia(data, classCode="OBS", moodCode="EVN", ID="copie-pdf")
    organizer = E.organizer(
        *templates("1.2.250.1.213.1.1.3.18"),
        identifier(),
        coded("code", Coded("55107-7", LOINC, "Document attaché")),
        E.statusCode(code="completed"),
        E.component(shown),
        E.component(media),
        classCode="CLUSTER",
        moodCode="EVN",
    )
    image = E.td(E.renderMultiMedia(referencedObject="copie-pdf"), ID="copie")
    text = E.text(E.table(E.tbody(E.tr(image)), border="0"))
    return section(("1.2.250.1.213.1.1.2.243",), _COPY, "Copie du document", text, E.entry(organizer))

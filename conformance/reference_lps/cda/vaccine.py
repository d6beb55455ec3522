"""The body of a vaccination note: one vaccine, filled in from its box or from a line of the patient's history.

Source: CI-SIS, volet « Note de vaccination » (VAC-NOTE 2023.01).
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import LOINC, Coded, french_date, moment

from .element import E, cell, coded, identifier, refer, section, stamp, table, templates, value
from .models import PRODUCT, VACCINATION
from .people import assigned, organisation

_CIS, _CIP, _ATC = "1.2.250.1.213.2.3.1", "1.2.250.1.213.2.3.3", "2.16.840.1.113883.6.73"
# What a drug database says of a box: CIS, name, ATC code and its label.
_DRUGS = {
    "3400932857241": ("68747507", "VACCIN TETANIQUE PASTEUR, suspension injectable", "J07AM", "VACCIN TETANIQUE"),
    "3400936466425": ("61077869", "VACCIN BCG SSI, poudre et solvant", "J07AN", "Vaccin antituberculeux"),
}
_BOX = re.compile(r"01(\d{14})17(\d{6})10([!-z]{1,20})", re.ASCII)
_VACCINATIONS = ("2.16.840.1.113883.10.20.1.6", "1.3.6.1.4.1.19376.1.5.3.1.3.23", "1.2.250.1.213.1.1.2.147")
_RANK = ("2.16.840.1.113883.10.20.1.46", "1.2.250.1.213.1.1.3.82")


def read(content: Body) -> dict[str, Any]:
    """The vaccine of a note: read on its box (GS1: 01, 17, 10), or taken from a line of the history."""
    if content.has("boite"):
        found = _BOX.fullmatch(content.text("boite"))
        if found is None:
            raise RefusalError(400, "« boite » n’est pas le contenu d’un datamatrix de boîte (01, 17, 10).")
        return _known(found.group(1)[1:], found.group(3), content.text("date"))
    line = Body(content.part("ligne"), ("cip", "lot", "date"), "La ligne de l’historique")
    return _known(line.text("cip"), line.text("lot"), line.text("date"))


def _known(cip: str, batch: str, day: str) -> dict[str, Any]:
    if cip not in _DRUGS:
        raise RefusalError(400, "Ce code CIP n’est pas dans la base de médicaments.")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise RefusalError(400, "« date » doit être une date AAAA-MM-JJ.")
    return {"cip": cip, "lot": batch, "date": day}


def sections(
    draft: Draft, _patient: Patient, bench: Bench, _pdf: bytes, defects: frozenset[str]
) -> list[etree._Element]:
    """The one section of the note."""
    cip, batch, day = (draft.content[name] for name in ("cip", "lot", "date"))
    if "vaccine-without-batch" in defects:
        batch = "INCONNU"
    if "vaccine-dated-today" in defects:
        day = moment(draft.written_at).strftime("%Y-%m-%d")
    name = _DRUGS[cip][1]
    rows = [[cell(french_date(day)), cell(name, "vaccin"), cell(batch)]]
    text = table(("Date", "Vaccin", "Lot"), rows)
    entry = E.entry(_administration(cip, batch, day, draft, bench), typeCode="DRIV")
    code = Coded("11369-6", LOINC, "Historique des vaccinations")
    return [section(_VACCINATIONS, code, "Vaccination", text, entry)]


def _administration(cip: str, batch: str, day: str, draft: Draft, bench: Bench) -> etree._Element:
    cis, name, atc, family = _DRUGS[cip]
    drug = coded(
        "code",
        Coded(cis, _CIS, name),
        refer("vaccin"),
        coded("translation", Coded(atc, _ATC, family)),
        coded("translation", Coded(cip, _CIP, name)),
    )
    material = E.manufacturedMaterial(drug, E.name(name), E.lotNumberText(batch))
    product = E.consumable(E.manufacturedProduct(*templates(*PRODUCT), material), typeCode="CSM")
    author, performer = (
        E.author(E.time(value=stamp(moment(draft.written_at))), typeCode="AUT", contextControlCode="OP"),
        E.performer(typeCode="PRF"),
    )
    for holder, tag in ((performer, "assignedEntity"), (author, "assignedAuthor")):
        entity = E(tag)
        holder.append(entity)
        assigned(entity, bench)
        place = E.representedOrganization()
        entity.append(place)
        organisation(place, bench)
    rank = E.observation(
        *templates(*_RANK),
        coded("code", Coded("30973-2", LOINC, "Rang de la vaccination")),
        E.statusCode(code="completed"),
        value("INT", value="1"),
        classCode="OBS",
        moodCode="EVN",
    )
    return E.substanceAdministration(
        *templates(*VACCINATION),
        identifier(),
        coded("code", Coded("IMMUNIZ", "2.16.840.1.113883.5.4", "Vaccination")),
        refer("vaccin", "text"),
        E.statusCode(code="completed"),
        E.effectiveTime(value=day.replace("-", "")),
        product,
        performer,
        author,
        E.entryRelationship(rank, typeCode="SUBJ"),
        classCode="SBADM",
        moodCode="EVN",
        negationInd="false",
    )

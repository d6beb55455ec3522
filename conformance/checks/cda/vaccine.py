"""The vaccine of a vaccination note against the box it was read on, or the line of history it validates.

Source: CI-SIS, volet « Note de vaccination » (VAC-NOTE); REM, VACC/NOTE.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from conformance.checks.cda.tools import fault, text_of
from conformance.model.finding import Finding
from conformance.validation.gate import Document

_ENTRY = "component/structuredBody//substanceAdministration"
_MATERIAL = "consumable/manufacturedProduct/manufacturedMaterial"
CIP, CIS, ATC = "1.2.250.1.213.2.3.3", "1.2.250.1.213.2.3.1", "2.16.840.1.113883.6.73"


def one(document: Document) -> Iterator[Finding]:
    """The note tells of one vaccination."""
    count = len(document.all(_ENTRY))
    if count != 1:
        yield _fault(document, "La note ne décrit pas une vaccination et une seule.", "une vaccination", str(count))


def product(document: Document, cip: str, batch: str) -> Iterator[Finding]:
    """The box (CIP) and the batch are those given; what the CIP tells (name, CIS, ATC) is there."""
    material = document.first(f"{_ENTRY}/{_MATERIAL}")
    codes = {} if material is None else _codes(document, material)
    if codes.get(CIP) != cip:
        yield _fault(document, "Le code CIP de la note n’est pas celui de la boîte.", cip, codes.get(CIP) or "absent")
    found = document.first(f"{_ENTRY}/{_MATERIAL}/lotNumberText")
    read = "" if found is None else text_of(found).strip()
    if read != batch:
        yield _fault(document, "Le numéro de lot de la note n’est pas celui de la boîte.", batch, read or "absent")
    for system, label in ((CIS, "code CIS"), (ATC, "code ATC")):
        if not codes.get(system):
            yield _fault(document, f"Le {label} du vaccin n’est pas rempli.", f"un code dans {system}", "absent")
    name = document.first(f"{_ENTRY}/{_MATERIAL}/name")
    if name is None or not text_of(name).strip():
        yield _fault(document, "Le nom du vaccin n’est pas rempli.", "le nom que donne le code CIP", "absent")


def dated(document: Document, day: str) -> Iterator[Finding]:
    """The vaccination took place that day (``YYYY-MM-DD``)."""
    when = document.first(f"{_ENTRY}/effectiveTime")
    read = "" if when is None else when.get("value", "")
    if read[:8] != day.replace("-", ""):
        yield _fault(document, "La date de la vaccination n’est pas celle de l’historique.", day, read or "absente")


def _codes(document: Document, material: etree._Element) -> dict[str, str]:
    found = [*document.all("code", material), *document.all("code/translation", material)]
    return {one.get("codeSystem", ""): one.get("code", "") for one in found}


def _fault(document: Document, message: str, expected: str, observed: str) -> Finding:
    return fault(
        document,
        "cda.vaccine",
        message,
        document.first(_ENTRY),
        expected=expected,
        observed=observed,
        fix="Remplir la note par ce que la boîte ou la ligne choisie dit, sans ressaisie.",
        source="CI-SIS, volet Note de vaccination ; REM, section VACC",
    )

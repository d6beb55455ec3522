"""Rules of the CDA header about care: the act that the document tells of, and the encounter it took place in.

Source: cardinalities and values of the CI-SIS volet « Structuration minimale de documents de santé ».
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from conformance.checks.cda.tools import coded, fault, once, stamped, valued, warn
from conformance.model.finding import Finding
from conformance.validation.gate import Document

_SECTORS = "1.2.250.1.71.4.2.4"
_SETTINGS = "1.2.250.1.213.1.1.4.9"


def main_act(document: Document) -> Iterator[Finding]:
    """The first documentationOf holds the main act: dated, with its performer and the setting of the
    practice.
    """
    rule = "cda.act"
    event = document.first("documentationOf/serviceEvent")
    if event is None:
        yield fault(
            document,
            rule,
            "L’acte documenté manque.",
            expected="documentationOf/serviceEvent",
            observed="aucun",
        )
        return
    yield from once(document, rule, "effectiveTime", "La date de l’acte principal", event)
    if document.first("effectiveTime", event) is not None:
        yield from once(document, rule, "effectiveTime/low", "Le début de l’acte principal", event)
    for element in valued(document.all("effectiveTime/low", event)):
        yield from stamped(document, rule, element, "Le début de l’acte principal")
    performers = document.all("performer", event)
    if len(performers) != 1 or performers[0].get("typeCode") != "PRF":
        yield fault(
            document,
            rule,
            "L’exécutant de l’acte principal manque, est répété, ou n’est pas de type PRF.",
            event,
            expected='un seul élément performer typeCode="PRF"',
            observed=f"{len(performers)} élément(s)",
        )
    for performer in performers:
        yield from _performer(document, performer)


def _performer(document: Document, performer: etree._Element) -> Iterator[Finding]:
    rule = "cda.act"
    path = "assignedEntity/representedOrganization/standardIndustryClassCode"
    if document.first("assignedEntity/id", performer) is None:
        yield fault(document, rule, "L’exécutant de l’acte principal n’a pas d’identifiant.", performer)
    yield from once(document, rule, path, "Le cadre d’exercice de l’exécutant", performer)
    for element in valued(document.all(path, performer)):
        yield from coded(document, rule, element, "Le cadre d’exercice de l’exécutant")
        if element.get("codeSystem") not in (None, _SETTINGS):
            yield warn(
                document,
                rule,
                "Le cadre d’exercice n’est pas tiré de la nomenclature attendue.",
                element,
                expected=_SETTINGS,
                observed=element.get("codeSystem"),
            )


def encounter(document: Document) -> Iterator[Finding]:
    """One encounter, dated, in a facility whose sector of activity is coded."""
    rule, root = "cda.encounter", "componentOf/encompassingEncounter"
    yield from once(document, rule, root, "La prise en charge (encompassingEncounter)")
    if document.first(root) is None:
        return
    if document.first(f"{root}/effectiveTime") is None:
        yield fault(document, rule, "La date de la prise en charge manque.", document.first(root))
    path = f"{root}/location/healthCareFacility/code"
    yield from once(document, rule, path, "Le secteur d’activité du lieu de prise en charge")
    for element in valued(document.all(path)):
        yield from coded(document, rule, element, "Le secteur d’activité du lieu de prise en charge")
        if element.get("codeSystem") not in (None, _SECTORS):
            yield warn(
                document,
                rule,
                "Le secteur d’activité n’est pas tiré de la nomenclature attendue.",
                element,
                expected=_SECTORS,
                observed=element.get("codeSystem"),
            )


CARE = (main_act, encounter)

"""Biology reports of level 3: results, units, subcontracted examinations.

Source: CI-SIS, volet « Compte rendu d’examens de biologie médicale » (CR-BIO), after IHE XD-LAB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from conformance.checks.cda.tools import STRUCTURES, fault, text_of
from conformance.model.finding import Finding
from conformance.validation.gate import Document

_SOURCE = "CI-SIS, volet Compte rendu d’examens de biologie médicale"
_LABORATORY = ".//performer/assignedEntity/representedOrganization"
_SECOND = ".//section/templateId[@root='1.2.250.1.213.1.1.2.60']/.."
_BODY = "component/structuredBody"
# UCUM is written in printable ASCII, without blank, its brackets balanced (UCUM 2.1, §2 to §5).
_UNIT = re.compile(r"(?:[^\s\[\]{}()]|\[[^\s\[\]{}]+\]|\{[^{}]*\}|\((?:[^\s\[\]{}()]|\[[^\s\[\]{}]+\]|\{[^{}]*\})+\))+")
_USUAL_MISTAKES = re.compile(r"(?<![A-Za-z\[{])(?:m|u|k)?(?:UI|UL|gr|mn|sec|cc|ppm)(?![A-Za-z\]}])")


def results(document: Document, exams: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Each examination asked for (``code``, ``valeur``, ``unite``) is an observation, with its value."""
    for exam in exams:
        found = document.all(f"{_BODY}//observation/code[@code='{exam['code']}']/..")
        if not found:
            yield _absent(document, f"L’examen {exam['code']} n’est pas structuré.", str(exam["libelle"]))
        elif exam.get("unite") and not any(_same(document, one, exam) for one in found):
            yield _absent(
                document,
                f"La valeur de l’examen {exam['code']} n’est pas structurée.",
                f"{exam['valeur']} {exam['unite']}",
            )


def _same(document: Document, observation: etree._Element, exam: Mapping[str, Any]) -> bool:
    for value in document.all("value", observation):
        try:
            equal = float(value.get("value", "")) == float(exam["valeur"])
        except ValueError:
            continue
        if equal and value.get("unit"):
            return True
    return False


def units(document: Document) -> Iterator[Finding]:
    """Every unit has the form of a UCUM expression; the list of its atoms is not verified, but for usual mistakes."""
    for element in document.root.iter():
        unit = element.get("unit") if isinstance(element.tag, str) else None
        if unit is None:
            continue
        if not (unit.isascii() and _UNIT.fullmatch(unit)) or _USUAL_MISTAKES.search(unit):
            yield fault(
                document,
                "cda.biology.unit",
                "L’unité n’est pas une expression UCUM.",
                element,
                expected="une expression UCUM, telle que mmol/L ou m[IU]/L",
                observed=unit or "vide",
                fix="Écrire l’unité dans la nomenclature UCUM (c/s).",
                source="UCUM 2.1",
            )


def subcontracted(document: Document, who: Mapping[str, Any]) -> Iterator[Finding]:
    """The subcontractor is named with where to reach him, beside his results or the PDF of his report."""
    for place in document.all(f"{_BODY}//{_LABORATORY.removeprefix('.//')}"):
        identifiers = {one.get("extension") for one in document.all("id", place) if one.get("root") == STRUCTURES}
        if who["id_structure"] in identifiers:
            yield from _reachable(document, place)
            yield from _carried(document, place)
            return
    yield fault(
        document,
        "cda.biology.subcontractor",
        "Le laboratoire sous-traitant n’est pas nommé auprès des examens qu’il a réalisés.",
        document.first(_BODY),
        expected=f"performer/assignedEntity/representedOrganization, identifiant {who['id_structure']}",
        observed="absent",
        fix="Écrire l’exécutant (FR-Laboratoire-executant) dans l’examen ou dans la section de seconde intention.",
        source=_SOURCE,
    )


def _reachable(document: Document, place: etree._Element) -> Iterator[Finding]:
    for tag, label in (("name", "le nom"), ("telecom", "les coordonnées"), ("addr", "l’adresse")):
        found = document.first(tag, place)
        if found is None or not (text_of(found).strip() or found.get("value")):
            yield fault(
                document,
                "cda.biology.subcontractor",
                f"Il manque {label} du laboratoire sous-traitant.",
                place,
                expected=f"un élément {tag} renseigné",
                source=_SOURCE,
            )


def _carried(document: Document, place: etree._Element) -> Iterator[Finding]:
    """Results of his own, or his report as a PDF."""
    holders = [node for node in place.iterancestors() if isinstance(node.tag, str)]
    within = next(
        (node for node in holders if etree.QName(node).localname in ("observation", "organizer", "act")), None
    )
    media = document.all(f"{_SECOND}//observationMedia/value[@mediaType='application/pdf']")
    if not media and (within is None or not document.all(".//value", within)):
        yield _absent(document, "Les résultats du sous-traitant ne sont ni structurés ni joints en PDF.", "value")


def no_link_nor_image(document: Document) -> Iterator[Finding]:
    """The report of a subcontractor is not put behind a link, nor shown as a picture."""
    found = [(one, one.get("href") or "lien") for one in document.all(f"{_BODY}//linkHtml")]
    found += [
        (one, one.get("mediaType", ""))
        for one in document.all(f"{_BODY}//observationMedia/value")
        if one.get("mediaType", "").startswith("image/")
    ]
    for element, observed in found:
        yield fault(
            document,
            "cda.biology.link",
            "Le compte rendu contient un lien ou une image, alors qu’il a des examens sous-traités.",
            element,
            expected="les analyses structurées, ou le PDF du sous-traitant",
            observed=observed,
            fix="Reprendre les résultats du sous-traitant, ou joindre son compte rendu en PDF dans la section prévue.",
            source=_SOURCE,
        )


def not_by(document: Document, who: Mapping[str, Any]) -> Iterator[Finding]:
    """The document is not the subcontractor's own: it is neither its author nor its keeper."""
    path = "custodian/assignedCustodian/representedCustodianOrganization/id"
    for element in (*document.all(path), *document.all("author/assignedAuthor/representedOrganization/id")):
        if element.get("extension") == who["id_structure"]:
            yield fault(
                document,
                "cda.biology.apart",
                "Le compte rendu du sous-traitant est diffusé à part.",
                element,
                expected="un seul document, celui du laboratoire de première intention",
                observed=who["id_structure"],
                source=_SOURCE,
            )


def _absent(document: Document, message: str, expected: str) -> Finding:
    return fault(
        document,
        "cda.biology.result",
        message,
        document.first(_BODY),
        expected=expected,
        observed="absent",
        fix="Structurer chaque résultat du compte rendu dans une entrée FR-Resultat.",
        source=_SOURCE,
    )

"""Reports of the child's mandatory examinations: each named by its examination, its fields and its free text shown.

Source: REM, section CSE. The list of the fields of the Cerfa is not at hand: only the somatic examination with the
summary of the consultation and the free text are certain, and what is missing of the rest is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from conformance.checks import cda
from conformance.checks.cda.tools import fault, text_of
from conformance.checks.pdf.shows import folded
from conformance.checks.pdf.text import text, unreadable
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import plain
from conformance.validation.gate import Document

REPORT = "59283-2"
EXAMINATIONS = {
    "2M": ("2e mois", r"\b(2 ?(E|D|ND|EME)?|DEUXIEME|SECOND) MOIS"),
    "4M": ("4e mois", r"\b(4 ?(E|EME)?|QUATRIEME) MOIS"),
    "9M": ("9e mois", r"\b(9 ?(E|EME)?|NEUVIEME) MOIS"),
    "24M": ("24e mois", r"\b(24 ?(E|EME)?|VINGT[- ]QUATRIEME) MOIS"),
    "3A": ("3e année", r"\b((3 ?(E|EME)?|TROISIEME) ANNEE|3 ANS|TROIS ANS)"),
    "4A": ("4e année", r"\b((4 ?(E|EME)?|QUATRIEME) ANNEE|4 ANS|QUATRE ANS)"),
    "6A": ("6e année", r"\b((6 ?(E|EME)?|SIXIEME) ANNEE|6 ANS|SIX ANS)"),
    "8-9A": ("entre 8 et 9 ans", r"\b(8|HUIT)( ANS)? ?(ET|A|-|/) ?(9|NEUF) ANS"),
    "11-13A": ("entre 11 et 13 ans", r"\b(11|ONZE)( ANS)? ?(ET|A|-|/) ?(13|TREIZE) ANS"),
    "15-16A": ("entre 15 et 16 ans", r"\b(15|QUINZE)( ANS)? ?(ET|A|-|/) ?(16|SEIZE) ANS"),
}
"""The ten examinations: what a person calls each, and how a title may say it once in capitals without accents."""
SYNTHESIS = "somatique_synthese"
FIELDS = {
    "poids": "le poids",
    "taille": "la taille",
    "perimetre_cranien": "le périmètre crânien",
    "imc": "l’indice de masse corporelle",
    "vision": "la vision",
    "audition": "l’audition",
    "developpement": "le développement",
    SYNTHESIS: "l’examen somatique et la synthèse de la consultation",
}
"""The fields that the bench fills in; those of the Cerfa that it does not know are for a person to compare."""
_HEADING = ("examen somatique", "synthèse")
_MEANT = re.compile(r"[A-Za-zÀ-ÿ]{3}")


def named(document: Document, examination: str) -> Iterator[Finding]:
    """The title says which examination the report is about, and no other one of the ten."""
    element = document.first("title")
    shown = "" if element is None else " ".join(plain(text_of(element)).split())
    told = [key for key, (_, pattern) in EXAMINATIONS.items() if re.search(pattern, shown)]
    if told != [examination]:
        yield fault(
            document,
            "cse.title",
            "Le titre du compte rendu ne dit pas de quel examen obligatoire il rend compte.",
            element,
            expected=f"un titre qui nomme l’examen «\u00a0{EXAMINATIONS[examination][0]}\u00a0» et lui seul",
            observed=shown or "aucun titre",
            fix="Nommer l’examen dans le titre de chaque compte rendu.",
            source="REM, CSE.04",
        )


def level_one(document: Document) -> Iterator[Finding]:
    """The report is of level 1: its page stands in the document."""
    if not cda.is_n1(document):
        yield fault(
            document,
            "cse.n1",
            "Le compte rendu n’est pas un CDA R2 de niveau 1.",
            document.first("component"),
            expected="component/nonXMLBody",
            fix="Encapsuler le PDF/A-1 du compte rendu dans un CDA R2 N1.",
            source="REM, CSE.04",
        )


def produced(status: int, examination: str) -> Iterator[Finding]:
    """A report in which nothing was filled is made all the same."""
    if not 200 <= status < 300:
        yield Finding(
            "cse.mandatory",
            f"Le compte rendu de l’examen «\u00a0{EXAMINATIONS[examination][0]}\u00a0» est refusé quand il est laissé vide.",
            expected="un compte rendu validé sans aucune saisie",
            observed=f"HTTP {status}",
            fix="Ne rendre obligatoire aucun champ des dix comptes rendus.",
            source="REM, CSE.14",
        )


def distinct(documents: Sequence[Document]) -> Iterator[Finding]:
    """Each report is a document of its own."""
    found = [cda.unique_id(one) for one in documents]
    if len(set(found)) != len(found):
        yield Finding(
            "cse.distinct",
            "Des comptes rendus d’examens différents portent le même identifiant.",
            expected=f"{len(found)} identifiants différents",
            observed=f"{len(set(found))} identifiant(s)",
            fix="Donner à chaque compte rendu son identifiant unique.",
            source="REM, CSE.04 ; CI-SIS, ClinicalDocument/id",
        )


def tells(name: str, content: bytes, values: Mapping[str, str], free: str) -> Iterator[Finding]:
    """The page shows what was written in each field, under its heading, and the free text."""
    if (shown := _shown(name, content)) is None:
        yield from filter(None, [unreadable(name, content)])
        return
    for field, value in values.items():
        if folded(value) not in shown:
            known = field == SYNTHESIS
            yield _absent(name, FIELDS[field], value, Severity.ERROR if known else Severity.WARNING)
    for heading in _HEADING:
        if folded(heading) not in shown:
            yield _absent(
                name, "l’intitulé de la partie «\u00a0Examen somatique et synthèse\u00a0»", heading, Severity.ERROR
            )
    if folded(free) not in shown:
        yield _absent(name, "le texte libre", free, Severity.ERROR)


def keeps_empty_fields(
    full: tuple[str, bytes], partial: tuple[str, bytes], values: Mapping[str, str]
) -> Iterator[Finding]:
    """Every label that stands beside a value in the full report still stands in the one where that field is empty."""
    read, shown = text(full[1]), _shown(*partial)
    if read is None or shown is None:
        yield from filter(None, [unreadable(*full), unreadable(*partial)])
        return
    cut = re.compile("|".join(map(re.escape, values.values())))
    lines = [(line, [part for part in cut.split(line) if _MEANT.search(part)]) for line in read.splitlines()]
    for field, value in values.items():
        labels = _labels(lines, value)
        if labels is None:
            yield _absent(full[0], FIELDS.get(field, "le texte libre"), value, Severity.ERROR)
        for label in labels or ():
            if folded(label) not in shown:
                yield Finding(
                    "cse.pdf.empty",
                    "L’impression ne montre pas un champ laissé vide.",
                    where=Location(partial[0]),
                    expected=label.strip(" :.\u00a0"),
                    observed="absent",
                    fix="Imprimer tous les champs du compte rendu, remplis ou non.",
                    source="REM, CSE.07",
                )


def _labels(lines: Sequence[tuple[str, Sequence[str]]], value: str) -> Sequence[str] | None:
    """The words that share the line of ``value``, else the nearest ones above; None when the value is nowhere."""
    for number, (line, words) in enumerate(lines):
        if value in line:
            above = (found[-1:] for _, found in reversed(lines[:number]))
            return words or next(filter(None, above), ())
    return None


def _shown(name: str, content: bytes) -> str | None:
    read = text(content)
    return None if read is None else folded(read)


def _absent(name: str, what: str, value: str, severity: Severity) -> Finding:
    doubt = "" if severity is Severity.ERROR else " (champ supposé\u00a0: la liste du Cerfa reste à lire)"
    return Finding(
        "cse.field",
        f"Le compte rendu ne montre pas {what}{doubt}.",
        severity,
        Location(name),
        expected=value,
        observed="absent",
        fix="Reprendre tous les champs de la partie «\u00a0Examen médical\u00a0» du Cerfa et le texte libre.",
        source="REM, CSE.13, CSE.07",
    )

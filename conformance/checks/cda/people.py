"""Rules of the CDA header about people: patient, author, custodian, signatory.

Source: cardinalities and values of the CI-SIS volet « Structuration minimale de documents de santé ».
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from conformance.checks.cda.tools import (
    PROFESSIONALS,
    STRUCTURES,
    coded,
    extended,
    fault,
    identified,
    named,
    once,
    stamped,
    valued,
    warn,
)
from conformance.checks.times import read
from conformance.model.finding import Finding
from conformance.validation.gate import Document

_GENDERS = ("M", "F", "UN")
_KEEPERS = (STRUCTURES, "1.2.250.1.213.4.1")
_PATIENT = "recordTarget/patientRole/patient"


def patient(document: Document) -> Iterator[Finding]:
    """One patient, identified, with a name, a sex and a birth date; the traits of the INS are judged
    elsewhere.
    """
    yield from once(document, "cda.patient", _PATIENT, "Le patient (recordTarget)")
    if document.first("recordTarget") is not None and not valued(document.all("recordTarget/patientRole/id")):
        role = document.first("recordTarget/patientRole")
        yield fault(
            document,
            "cda.patient",
            "Le patient n’a aucun identifiant.",
            role,
            expected="un élément id au moins",
        )
    for element in valued(document.all("recordTarget/patientRole/id")):
        yield from extended(document, "cda.patient", element, "L’identifiant du patient")
    for person in document.all(_PATIENT):
        yield from _civil_status(document, person)
        yield from _names(document, person)


def _civil_status(document: Document, person: etree._Element) -> Iterator[Finding]:
    yield from once(document, "cda.patient.sex", "administrativeGenderCode", "Le sexe du patient", person)
    for element in valued(document.all("administrativeGenderCode", person)):
        if element.get("code") not in _GENDERS:
            yield fault(
                document,
                "cda.patient.sex",
                "Le sexe du patient n’est pas dans la liste.",
                element,
                expected=", ".join(_GENDERS),
                observed=element.get("code") or "absent",
            )
    birth = document.all("birthTime", person)
    if len(birth) != 1:
        yield fault(document, "cda.patient.birth", "La date de naissance du patient manque ou est répétée.", person)
    for element in valued(birth):
        if read(element.get("value")) is None:
            yield fault(
                document,
                "cda.patient.birth",
                "La date de naissance du patient n’est pas lisible.",
                element,
                expected="AAAAMMJJ",
                observed=element.get("value") or "absente",
            )


def _names(document: Document, person: etree._Element) -> Iterator[Finding]:
    yield from once(document, "cda.patient.name", "name", "Le nom du patient", person)
    for tag, needed in (("family", True), ("given", False)):
        parts = document.all(f"name/{tag}", person)
        if not any((part.text or "").strip() for part in parts):
            yield fault(document, "cda.patient.name", f"Le nom du patient n’a pas d’élément {tag} renseigné.", person)
        for part in valued(parts):
            if part.get("qualifier") not in (("BR", "CL") if needed else ("BR", "CL", None)):
                yield fault(
                    document,
                    "cda.patient.name",
                    f"La nature d’un élément {tag} du nom du patient n’est pas reconnue.",
                    part,
                    expected="qualifier BR (naissance) ou CL (utilisé)",
                    observed=part.get("qualifier") or "absent",
                    fix="BR pour le nom et le premier prénom de naissance, CL pour les noms utilisés.",
                )


def authors(document: Document) -> Iterator[Finding]:
    """At least one author, dated, identified in the national directory, named, with his institution."""
    rule = "cda.author"
    found = valued(document.all("author"))
    if not found:
        yield fault(document, rule, "Le document n’a pas d’auteur.", expected="un élément author au moins")
    for author in found:
        yield from once(document, rule, "time", "La date de participation de l’auteur", author)
        for element in document.all("time", author):
            yield from stamped(document, rule, element, "La date de participation de l’auteur")
        yield from once(document, rule, "assignedAuthor", "Le rôle de l’auteur", author)
        for assigned in document.all("assignedAuthor", author):
            yield from _author(document, assigned)


def _author(document: Document, assigned: etree._Element) -> Iterator[Finding]:
    rule, label = "cda.author", "l’auteur"
    identifiers = valued(document.all("id", assigned))
    if not identifiers:
        yield fault(document, rule, "L’auteur n’a pas d’identifiant.", assigned, expected="un élément id")
    for element in identifiers:
        yield from extended(document, rule, element, "L’identifiant de l’auteur")
    person = document.first("assignedPerson", assigned)
    if person is not None:
        yield from _in_directory(document, rule, identifiers, "de l’auteur")
        yield from named(document, rule, person, label)
    for element in valued(document.all("code", assigned)):
        yield from coded(document, rule, element, "La profession de l’auteur")
    organisation = document.first("representedOrganization", assigned)
    if organisation is None:
        # A warning: samples of the agency let an author act for nobody but himself.
        yield warn(
            document,
            rule,
            "La structure de l’auteur n’est pas indiquée.",
            assigned,
            expected="representedOrganization",
        )
        return
    yield from _structure(document, rule, organisation, label)


def _in_directory(document: Document, rule: str, identifiers: list[etree._Element], label: str) -> Iterator[Finding]:
    """A warning only: a patient or a foreign professional may sign, and samples of the agency show it."""
    if identifiers and all(element.get("root") != PROFESSIONALS for element in identifiers):
        yield warn(
            document,
            rule,
            f"L’identifiant {label} n’est pas celui de l’annuaire des professionnels.",
            identifiers[0],
            expected=f'root="{PROFESSIONALS}"',
            observed=identifiers[0].get("root"),
        )


def _structure(document: Document, rule: str, organisation: etree._Element, label: str) -> Iterator[Finding]:
    for element in valued(document.all("id", organisation)):
        if element.get("root") != STRUCTURES or not element.get("extension"):
            yield fault(
                document,
                rule,
                f"L’identifiant de la structure de {label} n’est pas un identifiant national de structure.",
                element,
                expected=f'root="{STRUCTURES}" et une extension',
                observed=f'root="{element.get("root") or ""}" extension="{element.get("extension") or ""}"',
            )
    if not any((element.text or "").strip() for element in document.all("name", organisation)):
        yield warn(
            document,
            rule,
            f"Le nom de la structure de {label} manque.",
            organisation,
            expected="un élément name",
        )


def custodian(document: Document) -> Iterator[Finding]:
    """Exactly one organisation keeps the document, identified."""
    rule, path = "cda.custodian", "custodian/assignedCustodian/representedCustodianOrganization"
    if document.first("custodian") is None:
        yield from once(document, rule, "custodian", "La structure qui conserve le document (custodian)")
        return
    yield from once(document, rule, path, "La structure qui conserve le document (custodian)")
    for organisation in document.all(path):
        yield from once(document, rule, "id", "L’identifiant de la structure qui conserve le document", organisation)
        for element in valued(document.all("id", organisation)):
            yield from identified(document, rule, element, "L’identifiant de la structure qui conserve le document")
            if element.get("root") not in _KEEPERS:
                yield fault(
                    document,
                    rule,
                    "La structure qui conserve le document n’a pas d’identifiant national.",
                    element,
                    expected=" ou ".join(_KEEPERS),
                    observed=element.get("root") or "absent",
                )
        if document.first("name", organisation) is None:
            yield warn(document, rule, "Le nom de la structure qui conserve le document manque.", organisation)


def signatory(document: Document) -> Iterator[Finding]:
    """Exactly one person takes responsibility for the content: signed, dated, identified, named."""
    rule = "cda.legal-authenticator"
    yield from once(document, rule, "legalAuthenticator", "Le responsable du document (legalAuthenticator)")
    for signer in document.all("legalAuthenticator"):
        yield from once(document, rule, "signatureCode[@code='S']", "La marque de signature (signatureCode S)", signer)
        yield from once(document, rule, "time", "La date de signature", signer)
        for element in document.all("time", signer):
            yield from stamped(document, rule, element, "La date de signature")
        yield from once(document, rule, "assignedEntity", "L’identité du responsable du document", signer)
        for entity in document.all("assignedEntity", signer):
            yield from once(document, rule, "id", "L’identifiant du responsable du document", entity)
            identifiers = valued(document.all("id", entity))
            for element in identifiers:
                yield from extended(document, rule, element, "L’identifiant du responsable du document")
            yield from _in_directory(document, rule, identifiers, "du responsable du document")
            person = document.first("assignedPerson", entity)
            if person is not None:
                yield from named(document, rule, person, "la personne responsable du document")


PEOPLE = (patient, authors, custodian, signatory)

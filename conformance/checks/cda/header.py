"""Rules of the CDA header that name the document itself: nature, identifiers, dates, versions.

Source: cardinalities and values of the CI-SIS volet « Structuration minimale de documents de santé ».
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.cda.tools import coded, fault, identified, once, stamped, text_of, warn
from conformance.model.finding import Finding
from conformance.validation.gate import Document

HL7_FRANCE = "2.16.840.1.113883.2.8.2.1"
CI_SIS_HEADER = "1.2.250.1.213.1.1.1.1"
UNSTRUCTURED = "1.3.6.1.4.1.19376.1.2.20"
LOINC = "2.16.840.1.113883.6.1"
COMPLEMENTARY_TYPES = "1.2.250.1.213.1.1.4.12"
CONFIDENTIALITY = "2.16.840.1.113883.5.25"
_LEVELS = ("L", "M", "N", "R", "U", "V")


def realm_and_type(document: Document) -> Iterator[Finding]:
    """``realmCode`` FR and the ``typeId`` of CDA R2."""
    yield from once(document, "cda.realm", "realmCode", "Le pays d’application (realmCode)")
    for element in document.all("realmCode"):
        if element.get("code") != "FR":
            yield fault(
                document,
                "cda.realm",
                "Le pays d’application n’est pas la France.",
                element,
                expected="FR",
                observed=element.get("code") or "absent",
            )
    yield from once(document, "cda.type-id", "typeId", "La référence au standard CDA R2 (typeId)")
    for element in document.all("typeId"):
        observed = (element.get("root"), element.get("extension"))
        if observed != ("2.16.840.1.113883.1.3", "POCD_HD000040"):
            yield fault(
                document,
                "cda.type-id",
                "La référence au standard CDA R2 est fausse.",
                element,
                expected='root="2.16.840.1.113883.1.3" extension="POCD_HD000040"',
                observed=f'root="{observed[0] or ""}" extension="{observed[1] or ""}"',
            )


def templates(document: Document) -> Iterator[Finding]:
    """Claims of conformance: HL7 France, the CI-SIS header, and the model of the document."""
    claimed = [element.get("root") for element in document.all("templateId")]
    for root, label in ((HL7_FRANCE, "HL7 France"), (CI_SIS_HEADER, "l’en-tête CI-SIS")):
        if claimed.count(root) != 1:
            yield fault(
                document,
                "cda.template",
                f"La déclaration de conformité à {label} manque ou est répétée.",
                document.first("templateId"),
                expected=f'un seul templateId root="{root}"',
                observed=f"{claimed.count(root)} fois",
            )
    others = [root for root in claimed if root not in (HL7_FRANCE, CI_SIS_HEADER)]
    unstructured = document.first("component/nonXMLBody") is not None
    if unstructured and UNSTRUCTURED not in others:
        yield fault(
            document,
            "cda.template",
            "Un document au corps non structuré doit déclarer sa conformité à IHE XDS-SD.",
            document.first("templateId"),
            expected=f'templateId root="{UNSTRUCTURED}"',
            observed=", ".join(root or "?" for root in claimed) or "aucun",
        )
    elif not others:
        yield fault(
            document,
            "cda.template",
            "Le document ne déclare le modèle d’aucun volet.",
            document.first("templateId"),
            expected="un templateId du volet dont relève le document",
        )


def unique_identifier(document: Document) -> Iterator[Finding]:
    """One identifier, unique in the world."""
    yield from once(document, "cda.id", "id", "L’identifiant unique du document (id)")
    for element in document.all("id"):
        yield from identified(document, "cda.id", element, "L’identifiant unique du document")


def nature(document: Document) -> Iterator[Finding]:
    """The type of the document, with its label, and a title."""
    yield from once(document, "cda.code", "code", "Le type du document (code)")
    for element in document.all("code"):
        yield from coded(document, "cda.code", element, "Le type du document")
        system = element.get("codeSystem")
        if system and system not in (LOINC, COMPLEMENTARY_TYPES):
            yield warn(
                document,
                "cda.code",
                "La nomenclature du type de document n’est ni LOINC ni la TRE_A05.",
                element,
                expected=f"{LOINC} ou {COMPLEMENTARY_TYPES}",
                observed=system,
                source="CI-SIS, jeu de valeurs JDV_J07 des types de documents",
            )
    yield from once(document, "cda.title", "title", "Le titre du document (title)")
    for element in document.all("title"):
        if not text_of(element).strip():
            yield fault(document, "cda.title", "Le titre du document est vide.", element, expected="un titre lisible")


def creation_time(document: Document) -> Iterator[Finding]:
    """When the document was made."""
    label = "La date de création du document (effectiveTime)"
    yield from once(document, "cda.effective-time", "effectiveTime", label)
    for element in document.all("effectiveTime"):
        yield from stamped(document, "cda.effective-time", element, label)


def confidentiality_and_language(document: Document) -> Iterator[Finding]:
    """Level of confidentiality from the HL7 list, language as ``fr-FR``."""
    rule = "cda.confidentiality"
    yield from once(document, rule, "confidentialityCode", "Le niveau de confidentialité (confidentialityCode)")
    for element in document.all("confidentialityCode"):
        yield from coded(document, rule, element, "Le niveau de confidentialité")
        if element.get("code") not in _LEVELS or element.get("codeSystem") != CONFIDENTIALITY:
            yield fault(
                document,
                rule,
                "Le niveau de confidentialité n’est pas tiré de la liste HL7.",
                element,
                expected=f'code="N" codeSystem="{CONFIDENTIALITY}" (ou {", ".join(_LEVELS)})',
                observed=f'code="{element.get("code") or ""}" codeSystem="{element.get("codeSystem") or ""}"',
                fix="Laisser N ici ; masquer le document se dit dans les métadonnées de dépôt.",
            )
    yield from once(document, "cda.language", "languageCode", "La langue du document (languageCode)")
    for element in document.all("languageCode"):
        code = element.get("code") or ""
        if not re.fullmatch("[a-z]{2}-[A-Z]{2}", code):
            yield fault(
                document,
                "cda.language",
                "La langue du document n’est pas de la forme « langue-PAYS ».",
                element,
                expected="fr-FR",
                observed=code or "absente",
            )


def versions(document: Document) -> Iterator[Finding]:
    """Identifier shared by the versions, and rank of this one."""
    yield from once(document, "cda.set-id", "setId", "L’identifiant commun aux versions (setId)")
    for element in document.all("setId"):
        yield from identified(document, "cda.set-id", element, "L’identifiant commun aux versions")
    yield from once(document, "cda.version", "versionNumber", "Le numéro de version (versionNumber)")
    for element in document.all("versionNumber"):
        value = element.get("value") or ""
        if not re.fullmatch(r"\+?0*[1-9][0-9]{0,8}", value):
            yield fault(
                document,
                "cda.version",
                "Le numéro de version n’est pas un entier positif.",
                element,
                expected="1 pour la première version, puis 2, 3…",
                observed=value or "absent",
            )


def replacement(document: Document) -> Iterator[Finding]:
    """A document that takes the place of another says which one; the link is the only kind the CI-SIS knows."""
    related = document.all("relatedDocument")
    if len(related) > 1:
        yield fault(
            document,
            "cda.replacement",
            "Le document remplace plusieurs documents.",
            related[1],
            expected="un seul",
        )
    own = [(element.get("root"), element.get("extension")) for element in document.all("id")]
    for link in related:
        if link.get("typeCode") != "RPLC":
            yield fault(
                document,
                "cda.replacement",
                "Le lien avec un autre document n’est pas un remplacement.",
                link,
                expected='typeCode="RPLC"',
                observed=link.get("typeCode") or "absent",
            )
        yield from once(document, "cda.replacement", "parentDocument/id", "L’identifiant du document remplacé", link)
        for element in document.all("parentDocument/id", link):
            yield from identified(document, "cda.replacement", element, "L’identifiant du document remplacé")
            if (element.get("root"), element.get("extension")) in own:
                yield fault(document, "cda.replacement", "Le document dit se remplacer lui-même.", element)
        version = document.first("versionNumber")
        if version is not None and version.get("value") == "1":
            yield warn(
                document,
                "cda.replacement",
                "Le document en remplace un autre, mais porte le numéro de version 1.",
                version,
                expected="2 ou plus",
                observed="1",
            )


IDENTIFICATION = (
    realm_and_type,
    templates,
    unique_identifier,
    nature,
    creation_time,
    confidentiality_and_language,
    versions,
    replacement,
)

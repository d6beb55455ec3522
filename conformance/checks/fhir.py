"""FHIR resources as they are exchanged in JSON: their kinds, their elements, what each of them cannot do without.

What stands here is what R4 and R5 say of the resources that describe a catalogue: an element of either version is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.model.finding import Finding, Location

LOINC = "http://loinc.org"
MAX_BYTES, MAX_RESOURCES = 50_000_000, 100_000
Resource = dict[str, Any]
_RESOURCE = "resourceType id implicitRules language meta"
_DOMAIN = f"{_RESOURCE} contained extension modifierExtension text identifier"
_CANONICAL = (
    f"{_DOMAIN} approvalDate author contact copyright copyrightLabel date description editor effectivePeriod endorser "
    "experimental jurisdiction lastReviewDate name publisher purpose relatedArtifact reviewer status title topic url "
    "useContext version versionAlgorithmCoding versionAlgorithmString"
)
_SUBJECT = "subjectCanonical subjectCodeableConcept subjectReference"
_ELEMENTS = {
    "Bundle": f"{_RESOURCE} identifier entry issues link signature timestamp total type",
    "ActivityDefinition": f"{_CANONICAL} {_SUBJECT} asNeededBoolean asNeededCodeableConcept bodySite code doNotPerform "
    "dosage dynamicValue intent kind library location observationRequirement observationResultRequirement participant "
    "priority productCodeableConcept productReference profile quantity specimenRequirement subtitle timingAge "
    "timingDateTime timingDuration timingPeriod timingRange timingTiming transform usage",
    "PlanDefinition": f"{_CANONICAL} {_SUBJECT} action actor asNeededBoolean asNeededCodeableConcept goal library "
    "subtitle type usage",
    "ObservationDefinition": f"{_CANONICAL} abnormalCodedValueSet bodySite category code component "
    "criticalCodedValueSet derivedFromCanonical derivedFromUri device hasMember method multipleResultsAllowed "
    "normalCodedValueSet performerType permittedDataType permittedUnit preferredReportName qualifiedInterval "
    "qualifiedValue quantitativeDetails specimen subject validCodedValueSet",
    "SpecimenDefinition": f"{_CANONICAL} collection derivedFromCanonical derivedFromUri patientPreparation "
    "subjectCodeableConcept subjectReference timeAspect typeCollected typeTested",
    "CatalogEntry": f"{_DOMAIN} additionalCharacteristic additionalClassification additionalIdentifier classification "
    "lastUpdated orderable referencedItem relatedEntry status type validTo validityPeriod",
    "Composition": f"{_DOMAIN} attester author category confidentiality custodian date encounter event name note "
    "relatesTo section status subject title type url useContext version",
    "CodeSystem": f"{_CANONICAL} caseSensitive compositional concept content count filter hierarchyMeaning property "
    "supplements valueSet versionNeeded",
    "ValueSet": f"{_CANONICAL} compose expansion immutable scope",
    "ConceptMap": f"{_CANONICAL} additionalAttribute group property sourceCanonical sourceScopeCanonical sourceScopeUri "
    "sourceUri targetCanonical targetScopeCanonical targetScopeUri targetUri",
    "Organization": f"{_DOMAIN} active address alias contact description endpoint name partOf qualification telecom type",
}
_REQUIRED = {
    "Bundle": ("type",),
    "ActivityDefinition": ("status",),
    "PlanDefinition": ("status",),
    "ObservationDefinition": ("code",),
    "CatalogEntry": ("orderable", "referencedItem"),
    "Composition": ("status", "type", "date", "author", "title"),
    "CodeSystem": ("status", "content"),
    "ValueSet": ("status",),
    "ConceptMap": ("status",),
}
_STATUSES = frozenset({"draft", "active", "retired", "unknown"})
_PUBLISHED = frozenset(_ELEMENTS) - {"Bundle", "Composition", "Organization"}
_SOURCE = "HL7 FHIR R4"


def read(name: str, content: bytes) -> list[Resource] | tuple[Finding, ...]:
    """The resource of a file and, when it is a Bundle, those that it holds; why it is no FHIR in JSON otherwise."""
    if len(content) > MAX_BYTES:
        message = "Le fichier est démesuré\u00a0: il n’est pas lu."
        return (_fault(name, message, f"{MAX_BYTES} octets au plus", f"{len(content)} octets"),)
    start = repr(content[:40])
    try:
        # utf-8-sig: what writes on Windows may begin with a mark.
        root = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return (_fault(name, "Le fichier n’est pas du JSON lisible.", "une ressource FHIR en JSON", start),)
    if not isinstance(root, dict) or not isinstance(root.get("resourceType"), str):
        return (_fault(name, "Le fichier n’est pas une ressource FHIR.", "un objet avec resourceType", start),)
    entries = root.get("entry")
    inside = entries if root["resourceType"] == "Bundle" and isinstance(entries, list) else []
    held = [one.get("resource") if isinstance(one, dict) else None for one in inside[:MAX_RESOURCES]]
    return [root, *(one if isinstance(one, dict) else {} for one in held)]


def sound(name: str, resources: list[Resource]) -> Iterator[Finding]:
    """Each resource is of a known kind, holds known elements only, and those that its kind demands."""
    for rank, one in enumerate(resources):
        kind = one.get("resourceType")
        where = f"{name} › {kind or 'ressource'} {one.get('id') or rank}"
        if not isinstance(kind, str) or kind not in _ELEMENTS:
            yield _fault(where, "Cette ressource n’est pas de celles qui décrivent un catalogue.", _kinds(), str(kind))
            continue
        known = set(_ELEMENTS[kind].split())
        for element in sorted(key for key in one if key.removeprefix("_") not in known):
            yield _fault(
                where, f"L’élément {element[:60]} n’existe pas dans {kind}.", "un élément de FHIR", element[:60]
            )
        for element in _REQUIRED.get(kind, ()):
            if one.get(element) in (None, "", [], {}):
                yield _fault(where, f"L’élément {element}, obligatoire dans {kind}, manque.", "une valeur", "absent")
        status = one.get("status")
        if kind in _PUBLISHED and status is not None and status not in _STATUSES:
            yield _fault(where, f"Le statut de {kind} est inconnu.", ", ".join(sorted(_STATUSES)), str(status)[:60])


def _kinds() -> str:
    return ", ".join(sorted(_ELEMENTS))


def _fault(where: str, message: str, expected: str, observed: str) -> Finding:
    fix = (
        "Produire des ressources FHIR valides\u00a0: un validateur FHIR dit lesquelles de leurs parties ne le sont pas."
    )
    return Finding(
        "loi.fhir", message, where=Location(where), expected=expected, observed=observed, fix=fix, source=_SOURCE
    )

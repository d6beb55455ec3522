"""What the FHIR API of the Annuaire Santé says of a professional: Practitioner, PractitionerRole and Organization (R4).

Identifier systems and the shape of MSSanté addresses (``telecom`` of type email, with the kind of mail of TRE_R256 and the
kind of box of TRE_R257) are those of the directory's own guide. Source: psc-ins facts, C.2; dmp-mss facts, 5.5.
"""

from __future__ import annotations

from typing import Any

from conformance.model.directory import Listed

PROFESSIONAL_ID = "urn:oid:1.2.250.1.71.4.2.1"
RPPS_ID = "https://rpps.esante.gouv.fr"
STRUCTURE_ID = "urn:oid:1.2.250.1.71.4.2.2"
ID_TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
_NOS = "https://mos.esante.gouv.fr/NOS"
MAIL_KINDS = f"{_NOS}/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie"
BOX_KINDS = f"{_NOS}/TRE_R257-TypeBAL/FHIR/TRE-R257-TypeBAL"
PROFESSIONS = f"{_NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
SKILLS = f"{_NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
SECTORS = f"{_NOS}/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
_PROFILES = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition"
MAIL_KIND_URL = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
BOX_URL = f"{_PROFILES}/as-ext-mailbox-mss-metadata"

Resource = dict[str, Any]
PRACTITIONER, ROLE, ORGANIZATION = "Practitioner", "PractitionerRole", "Organization"
KINDS = (PRACTITIONER, ROLE, ORGANIZATION)


def practitioner(one: Listed, updated: str) -> Resource:
    """The person, with the ordinary address first and the MSSanté one after it."""
    telecom = [{"system": "email", "value": one.email}, *_mailbox(one.mailbox, "PER")]
    return {
        **_head(PRACTITIONER, f"003-{one.rpps}", "as-dp-practitioner", updated),
        "identifier": [
            _identifier("IDNPS", PROFESSIONAL_ID, one.id_national),
            _identifier("RPPS", RPPS_ID, one.rpps),
        ],
        "active": True,
        "name": [{"family": one.nom, "given": [one.prenom], "prefix": [one.civilite], "suffix": ["DR"]}],
        "telecom": telecom,
        "qualification": [
            {"code": _concept(PROFESSIONS, one.profession, one.profession_libelle)},
            {"code": _concept(SKILLS, one.savoir_faire, one.savoir_faire_libelle)},
        ],
    }


def role(one: Listed, updated: str) -> Resource:
    """The activity of the person in the structure."""
    content = {
        **_head(ROLE, f"005-{one.rpps}", "as-dp-practitionerrole", updated),
        "active": True,
        "practitioner": {"reference": f"{PRACTITIONER}/003-{one.rpps}"},
        "organization": {"reference": f"{ORGANIZATION}/001-{one.structure}"},
        "code": [_concept(PROFESSIONS, one.profession, one.profession_libelle)],
    }
    return content | ({"telecom": _mailbox(one.mailbox, "PER")} if one.mailbox else {})


def organization(one: Listed, updated: str) -> Resource:
    """The structure, with its own box when it has one."""
    return {
        **_head(ORGANIZATION, f"001-{one.structure}", "as-dp-organization", updated),
        "identifier": [_identifier("IDNST", STRUCTURE_ID, one.structure)],
        "active": True,
        "type": [_concept(SECTORS, "SA07", "Cabinet individuel")],
        "name": one.raison_sociale,
        "telecom": [{"system": "phone", "value": one.telephone}, *_mailbox(one.structure_mailbox, "ORG")],
        "address": [
            {
                "line": [one.voie],
                "city": one.commune,
                "postalCode": one.code_postal,
                "country": "FR",
            }
        ],
    }


def boxes(resource: Resource) -> list[tuple[str, str]]:
    """The MSSanté addresses of a resource, each with its kind (PER, ORG, APP)."""
    return [
        (point["value"], extension["extension"][0]["valueCoding"]["code"])
        for point in resource.get("telecom", ())
        for extension in point.get("extension", ())
        if extension["url"] == BOX_URL
    ]


def _mailbox(address: str | None, kind: str) -> list[Resource]:
    if address is None:
        return []
    coding = {"system": MAIL_KINDS, "code": "MSSANTE", "display": "Messagerie MSSanté"}
    box = {"url": "type", "valueCoding": {"system": BOX_KINDS, "code": kind}}
    extensions = [{"url": MAIL_KIND_URL, "valueCoding": coding}, {"url": BOX_URL, "extension": [box]}]
    return [{"extension": extensions, "system": "email", "value": address}]


def _head(kind: str, number: str, profile: str, updated: str) -> Resource:
    meta = {"lastUpdated": updated, "profile": [f"{_PROFILES}/{profile}"]}
    return {"resourceType": kind, "id": number, "meta": meta}


def _identifier(code: str, system: str, value: str) -> Resource:
    return {
        "use": "official",
        "type": {"coding": [{"system": ID_TYPES, "code": code}]},
        "system": system,
        "value": value,
    }


def _concept(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}

"""Judgement of the VIHF: by it the software tells the DMP who acts, for whom and on which patient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.vihf.model import (
    CONFIDENTIALITY,
    PATIENT,
    PURPOSE,
    ROLE,
    USER,
    Certificate,
    Role,
    Signature,
    Vihf,
    of,
    read,
    say,
)
from conformance.checks.vihf.signature import signature
from conformance.model.finding import Finding, Severity
from conformance.model.identity import INS_OIDS, has_valid_key

__all__ = [
    "CONFIDENTIALITY",
    "PATIENT",
    "ROLE",
    "USER",
    "Certificate",
    "Role",
    "Signature",
    "Vihf",
    "attributes",
    "mode_is",
    "of",
    "patient",
    "read",
    "roles",
    "secret_connection",
    "shape",
    "signature",
    "subject_is",
]

MODES = frozenset({"DIRECTE", "INDIRECTE", "INDIRECTE_RENFORCEE"})
_X509_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
_MANDATORY = (
    "VIHF_Version",
    "Authentification_mode",
    "Identifiant_Structure",
    "Secteur_Activite",
    "Ressource_URN",
    "LPS_Nom",
    "LPS_Version",
    "LPS_ID_HOMOLOGATION_DMP",
)
_SECTOR = re.compile(r"SA\d\d\^1\.2\.250\.1\.71\.4\.2\.4")
_RESOURCE = re.compile(r"(?P<id>[^^&]+)\^\^\^&(?P<oid>[0-9.]+)&ISO\^NH(\^[^^]*){0,3}")
_PROFESSIONS = frozenset({"1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8", "1.2.250.1.213.1.1.4.6"})
_SKILLS = frozenset({"1.2.250.1.71.4.2.5", "1.2.250.1.71.4.2.6"})
_WITH_SKILL = frozenset({"10", "21"})
_STRUCTURE = re.compile(r"[0-5]\d[0-9A-Z]{4,}|[0-9][0-9A-Z]{5,}")
_PURPOSE_SYSTEM = "1.2.250.1.213.1.1.4.248"


def shape(vihf: Vihf) -> Iterator[Finding]:
    """SAML version, issuer, NameID, authentication context; no audience restriction."""
    if vihf.version != "2.0":
        yield say(
            "version",
            "L’assertion n’est pas en SAML 2.0.",
            vihf,
            'Version="2.0"',
            vihf.version,
            "Écrire une assertion SAML 2.0.",
        )
    if not vihf.issuer:
        yield say(
            "issuer",
            "L’assertion n’a pas d’émetteur (Issuer).",
            vihf,
            "le sujet du certificat de signature",
            "absent",
            "Écrire le DN du certificat de signature dans Issuer.",
        )
    if vihf.issuer_format != _X509_NAME:
        yield say(
            "issuer",
            "Le format de l’émetteur n’est pas celui d’un sujet de certificat.",
            vihf,
            _X509_NAME,
            vihf.issuer_format or "absent",
            "Écrire l’attribut Format de Issuer.",
        )
    if not vihf.name_id:
        yield say(
            "name-id",
            "Le VIHF ne dit pas qui agit (Subject/NameID).",
            vihf,
            "l’identifiant national du professionnel",
            "absent",
            "Écrire le PS_IdNat dans NameID.",
        )
    elif not (
        re.fullmatch(r"[0-8]\d{8,}", vihf.name_id) or "/" in vihf.name_id or re.fullmatch(r"[0-9A-Z]{8,}", vihf.name_id)
    ):
        yield say(
            "name-id",
            "L’identifiant de l’utilisateur n’a pas la forme d’un PS_IdNat.",
            vihf,
            "8 suivi du RPPS, 0 suivi de l’ADELI, ou structure/identifiant local",
            vihf.name_id,
            "Préfixer le RPPS par 8.",
        )
    if vihf.name_id and re.fullmatch(r"\d{11}", vihf.name_id):
        yield say(
            "name-id.prefix",
            "L’identifiant de l’utilisateur est un RPPS sans son préfixe.",
            vihf,
            f"8{vihf.name_id}",
            vihf.name_id,
            "Préfixer le RPPS par 8.",
        )
    if not vihf.context_class:
        yield say(
            "context",
            "Le VIHF ne dit pas le moyen d’authentification.",
            vihf,
            "AuthnContextClassRef",
            "absent",
            "Renseigner AuthnContextClassRef.",
        )
    if vihf.audience:
        yield say(
            "audience",
            "Le VIHF restreint son audience, ce qui n’est pas attendu.",
            vihf,
            "pas de AudienceRestriction",
            "présent",
            "Retirer AudienceRestriction.",
            Severity.WARNING,
        )


def attributes(vihf: Vihf) -> Iterator[Finding]:
    """The attributes that every VIHF carries, with their values.

    The spelling of names is told, not condemned.
    """
    for name in _MANDATORY:
        written = vihf.written(name)
        if not vihf.value(name):
            yield say(
                f"attribute.{name}",
                f"L’attribut {name} manque au VIHF.",
                vihf,
                "une valeur",
                "absent" if written is None else "vide",
                f"Renseigner {name}.",
            )
        elif written != name:
            # Samples and kits of the field disagree on the case; the receiver reads both.
            yield say(
                "attribute.case",
                f"L’attribut {name} est écrit avec une autre casse.",
                vihf,
                name,
                written or "",
                "Aucune correction exigée\u00a0: les deux graphies se rencontrent.",
                Severity.INFO,
            )
    yield from _values(vihf)


def _values(vihf: Vihf) -> Iterator[Finding]:
    if (version := vihf.value("VIHF_Version")) and version != "3.0":
        # One published table says 4.0 while its own example says 3.0.
        yield say(
            "value.version",
            "La version du VIHF n’est pas celle des exemples connus.",
            vihf,
            "3.0",
            version,
            "Vérifier la version auprès du guide d’intégration.",
            Severity.WARNING,
        )
    if vihf.mode and vihf.mode not in MODES:
        yield say(
            "value.mode",
            "Le mode d’authentification est inconnu.",
            vihf,
            ", ".join(sorted(MODES)),
            vihf.mode,
            "Écrire l’un des trois modes.",
        )
    if (sector := vihf.value("Secteur_Activite")) and not _SECTOR.fullmatch(sector):
        yield say(
            "value.sector",
            "Le secteur d’activité n’a pas la forme exigée.",
            vihf,
            "SAnn^1.2.250.1.71.4.2.4",
            sector,
            "Écrire le code de JDV_J61 et son OID.",
        )
    if (urn := vihf.value("Ressource_URN")) and urn != "urn:dmp":
        yield say(
            "value.urn",
            "La ressource visée n’est pas le DMP.",
            vihf,
            "urn:dmp",
            urn,
            "Écrire urn:dmp.",
        )
    if vihf.structure and not _STRUCTURE.fullmatch(vihf.structure):
        yield say(
            "value.structure",
            "L’identifiant de structure n’a pas la forme d’un Struct_IdNat.",
            vihf,
            "1 + FINESS, 2 + SIREN, 3 + SIRET, 4 + RPPS-rang",
            vihf.structure,
            "Reprendre l’identifiant porté par la carte ou le certificat.",
        )
    if vihf.mode.startswith("INDIRECTE") and not vihf.value(USER):
        yield say(
            "value.user",
            "Le nom de l’utilisateur manque, alors que le mode est indirect.",
            vihf,
            f"attribut {USER}",
            "absent",
            "Écrire nom et prénom de l’utilisateur.",
        )
    purposes = vihf.coded.get(vihf.written(PURPOSE) or "", ())
    if len(purposes) != 1 or purposes[0].system != _PURPOSE_SYSTEM:
        yield say(
            "value.purpose",
            "Le mode d’accès (purposeofuse) manque ou n’est pas codé.",
            vihf,
            f"code normal, système {_PURPOSE_SYSTEM}",
            ", ".join(f"{p.code} ({p.system})" for p in purposes) or "absent",
            "Écrire PurposeOfUse de code normal.",
        )


def roles(vihf: Vihf) -> Iterator[Finding]:
    """One role tells the profession; doctors and pharmacists give their know-how as a second one.

    Source: JDV_J65.
    """
    if not 1 <= len(vihf.roles) <= 2:
        yield say(
            "roles",
            "Le VIHF ne porte pas un ou deux rôles.",
            vihf,
            "un rôle, deux pour un médecin ou un pharmacien",
            f"{len(vihf.roles)} rôle(s)",
            "Écrire la profession, puis le savoir-faire.",
        )
    for rank, role in enumerate(vihf.roles[:2]):
        systems = _SKILLS if rank else _PROFESSIONS
        if role.system not in systems:
            yield say(
                "roles",
                f"Le rôle {rank + 1} ne vient pas d’un système de JDV_J65.",
                vihf,
                " ou ".join(sorted(systems)),
                f"{role.code} ({role.system})",
                "Reprendre code et OID du répertoire.",
                Severity.WARNING if rank else Severity.ERROR,
            )
        if not role.code or not role.label:
            yield say(
                "roles",
                f"Le rôle {rank + 1} n’a pas de code ou de libellé.",
                vihf,
                "code et displayName",
                f"{role.code} {role.label}".strip() or "vides",
                "Renseigner le rôle.",
            )
    if len(vihf.roles) == 1 and vihf.roles[0].code in _WITH_SKILL and vihf.roles[0].system == "1.2.250.1.71.1.2.7":
        yield say(
            "roles.skill",
            "Le second rôle (savoir-faire) manque, obligatoire pour cette profession.",
            vihf,
            "un rôle de TRE_R38 (1.2.250.1.71.4.2.5)",
            "un seul rôle",
            "Ajouter le savoir-faire du professionnel.",
        )


def patient(vihf: Vihf, matricule: str | None = None, oid: str | None = None) -> Iterator[Finding]:
    """``resource-id`` is the INS in CX form, with a valid key; the given matricule and OID when told."""
    value = vihf.value(PATIENT)
    match = _RESOURCE.fullmatch(value)
    if match is None:
        yield say(
            "patient",
            "L’usager visé (resource-id) n’a pas la forme exigée.",
            vihf,
            "<matricule>^^^&<OID INS>&ISO^NH",
            value or "absent",
            "Écrire l’INS sous forme CX.",
        )
        return
    if match["oid"] not in INS_OIDS or not has_valid_key(match["id"]):
        yield say(
            "patient",
            "L’usager visé n’est pas désigné par une INS valide.",
            vihf,
            "15 caractères à clé juste et OID de l’INS",
            value,
            "Reprendre matricule et OID rendus par INSi.",
        )
    if (matricule is not None and match["id"] != matricule) or (oid is not None and match["oid"] != oid):
        yield say(
            "patient",
            "Le VIHF désigne un autre usager que celui du scénario.",
            vihf,
            f"{matricule or match['id']} ({oid or match['oid']})",
            f"{match['id']} ({match['oid']})",
            "Bâtir le VIHF pour l’usager de l’appel.",
        )


def subject_is(vihf: Vihf, name_id: str, structure: str | None = None) -> Iterator[Finding]:
    """The user is the one at the keyboard, the structure his own."""
    if vihf.name_id != name_id:
        yield say(
            "subject",
            "Le VIHF ne désigne pas l’utilisateur du logiciel.",
            vihf,
            name_id,
            vihf.name_id or "absent",
            "Écrire l’identifiant national de l’utilisateur connecté.",
        )
    if structure is not None and vihf.structure != structure:
        # The real service answers « Structure introuvable ou Inactive », or that user and structure are not
        # linked.
        yield say(
            "structure",
            "La structure du VIHF n’est pas celle de la carte ou du certificat.",
            vihf,
            structure,
            vihf.structure or "absente",
            "Reprendre l’identifiant de structure du certificat\u00a0; le DMP refuse les autres.",
        )


def mode_is(vihf: Vihf, mode: str) -> Iterator[Finding]:
    """The declared authentication mode is ``mode`` (DIRECTE, INDIRECTE, INDIRECTE_RENFORCEE)."""
    if vihf.mode != mode:
        yield say(
            "mode",
            "Le mode d’authentification déclaré n’est pas celui attendu.",
            vihf,
            mode,
            vihf.mode or "absent",
            "Aligner Authentification_mode sur le moyen employé.",
        )


def secret_connection(vihf: Vihf, wanted: bool = True) -> Iterator[Finding]:
    """The assertion asks, or does not, for a connection hidden from the legal guardians.

    Source: DMP/va1.10.
    """
    expected = "INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"
    value, alias = vihf.value(CONFIDENTIALITY), vihf.value("Confidentiality_code")
    if alias and not value:
        yield say(
            "secret",
            "La connexion secrète est demandée sous un nom d’attribut ancien.",
            vihf,
            CONFIDENTIALITY,
            "Confidentiality_code",
            "Employer le nom actuel.",
            Severity.WARNING,
        )
    found = (value or alias) == expected
    if found != wanted or ((value or alias) and not found):
        yield say(
            "secret",
            "La demande de connexion secrète n’est pas celle attendue.",
            vihf,
            expected if wanted else "aucune",
            value or alias or "aucune",
            "Poser l’attribut seulement quand l’utilisateur le demande.",
        )

"""The form of a VIHF: an assertion SAML 2.0 of the expected shape, and the attributes that every one carries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.vihf.model import PURPOSE, USER, Vihf, say
from conformance.model.finding import Finding, Severity

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
_STRUCTURE = re.compile(r"[0-5]\d[0-9A-Z]{4,}|[0-9][0-9A-Z]{5,}")
_PURPOSE_SYSTEM = "1.2.250.1.213.1.1.4.248"


def shape(vihf: Vihf) -> Iterator[Finding]:
    """SAML version, issuer, NameID, authentication context; no audience restriction."""
    if vihf.version != "2.0":
        yield say(
            "version",
            "L’assertion n’est pas en SAML 2.0.",
            vihf.where,
            'Version="2.0"',
            vihf.version,
            "Écrire une assertion SAML 2.0.",
        )
    if not vihf.issuer:
        yield say(
            "issuer",
            "L’assertion n’a pas d’émetteur (Issuer).",
            vihf.where,
            "le sujet du certificat de signature",
            "absent",
            "Écrire le DN du certificat de signature dans Issuer.",
        )
    if vihf.issuer_format != _X509_NAME:
        yield say(
            "issuer",
            "Le format de l’émetteur n’est pas celui d’un sujet de certificat.",
            vihf.where,
            _X509_NAME,
            vihf.issuer_format or "absent",
            "Écrire l’attribut Format de Issuer.",
        )
    if not vihf.name_id:
        yield say(
            "name-id",
            "Le VIHF ne dit pas qui agit (Subject/NameID).",
            vihf.where,
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
            vihf.where,
            "8 suivi du RPPS, 0 suivi de l’ADELI, ou structure/identifiant local",
            vihf.name_id,
            "Préfixer le RPPS par 8.",
        )
    if vihf.name_id and re.fullmatch(r"\d{11}", vihf.name_id):
        yield say(
            "name-id.prefix",
            "L’identifiant de l’utilisateur est un RPPS sans son préfixe.",
            vihf.where,
            f"8{vihf.name_id}",
            vihf.name_id,
            "Préfixer le RPPS par 8.",
        )
    if not vihf.context_class:
        yield say(
            "context",
            "Le VIHF ne dit pas le moyen d’authentification.",
            vihf.where,
            "AuthnContextClassRef",
            "absent",
            "Renseigner AuthnContextClassRef.",
        )
    if vihf.audience:
        yield say(
            "audience",
            "Le VIHF restreint son audience, ce qui n’est pas attendu.",
            vihf.where,
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
                vihf.where,
                "une valeur",
                "absent" if written is None else "vide",
                f"Renseigner {name}.",
            )
        elif written != name:
            # Samples and kits of the field disagree on the case; the receiver reads both.
            yield say(
                "attribute.case",
                f"L’attribut {name} est écrit avec une autre casse.",
                vihf.where,
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
            vihf.where,
            "3.0",
            version,
            "Vérifier la version auprès du guide d’intégration.",
            Severity.WARNING,
        )
    if vihf.mode and vihf.mode not in MODES:
        yield say(
            "value.mode",
            "Le mode d’authentification est inconnu.",
            vihf.where,
            ", ".join(sorted(MODES)),
            vihf.mode,
            "Écrire l’un des trois modes.",
        )
    if (sector := vihf.value("Secteur_Activite")) and not _SECTOR.fullmatch(sector):
        yield say(
            "value.sector",
            "Le secteur d’activité n’a pas la forme exigée.",
            vihf.where,
            "SAnn^1.2.250.1.71.4.2.4",
            sector,
            "Écrire le code de JDV_J61 et son OID.",
        )
    if (urn := vihf.value("Ressource_URN")) and urn != "urn:dmp":
        yield say(
            "value.urn",
            "La ressource visée n’est pas le DMP.",
            vihf.where,
            "urn:dmp",
            urn,
            "Écrire urn:dmp.",
        )
    if vihf.structure and not _STRUCTURE.fullmatch(vihf.structure):
        yield say(
            "value.structure",
            "L’identifiant de structure n’a pas la forme d’un Struct_IdNat.",
            vihf.where,
            "1 + FINESS, 2 + SIREN, 3 + SIRET, 4 + RPPS-rang",
            vihf.structure,
            "Reprendre l’identifiant porté par la carte ou le certificat.",
        )
    if vihf.mode.startswith("INDIRECTE") and not vihf.value(USER):
        yield say(
            "value.user",
            "Le nom de l’utilisateur manque, alors que le mode est indirect.",
            vihf.where,
            f"attribut {USER}",
            "absent",
            "Écrire nom et prénom de l’utilisateur.",
        )
    purposes = vihf.coded.get(vihf.written(PURPOSE) or "", ())
    if len(purposes) != 1 or purposes[0].system != _PURPOSE_SYSTEM:
        yield say(
            "value.purpose",
            "Le mode d’accès (purposeofuse) manque ou n’est pas codé.",
            vihf.where,
            f"code normal, système {_PURPOSE_SYSTEM}",
            ", ".join(f"{p.code} ({p.system})" for p in purposes) or "absent",
            "Écrire PurposeOfUse de code normal.",
        )

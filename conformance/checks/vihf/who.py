"""Who acts, for whom, by which means: what a VIHF tells, held against what the scenario knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.vihf.model import CONFIDENTIALITY, PATIENT, Vihf, say
from conformance.model.finding import Finding, Severity
from conformance.model.identity import INS_OIDS, has_valid_key

_RESOURCE = re.compile(r"(?P<id>[^^&]+)\^\^\^&(?P<oid>[0-9.]+)&ISO\^NH(\^[^^]*){0,3}")
_PROFESSIONS = frozenset({"1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8", "1.2.250.1.213.1.1.4.6"})
_SKILLS = frozenset({"1.2.250.1.71.4.2.5", "1.2.250.1.71.4.2.6"})
_WITH_SKILL = frozenset({"10", "21"})


def roles(vihf: Vihf) -> Iterator[Finding]:
    """One role tells the profession; doctors and pharmacists give their know-how as a second one.

    Source: JDV_J65.
    """
    if not 1 <= len(vihf.roles) <= 2:
        yield say(
            "roles",
            "Le VIHF ne porte pas un ou deux rôles.",
            vihf.where,
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
                vihf.where,
                " ou ".join(sorted(systems)),
                f"{role.code} ({role.system})",
                "Reprendre code et OID du répertoire.",
                Severity.WARNING if rank else Severity.ERROR,
            )
        if not role.code or not role.label:
            yield say(
                "roles",
                f"Le rôle {rank + 1} n’a pas de code ou de libellé.",
                vihf.where,
                "code et displayName",
                f"{role.code} {role.label}".strip() or "vides",
                "Renseigner le rôle.",
            )
    if len(vihf.roles) == 1 and vihf.roles[0].code in _WITH_SKILL and vihf.roles[0].system == "1.2.250.1.71.1.2.7":
        yield say(
            "roles.skill",
            "Le second rôle (savoir-faire) manque, obligatoire pour cette profession.",
            vihf.where,
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
            vihf.where,
            "<matricule>^^^&<OID INS>&ISO^NH",
            value or "absent",
            "Écrire l’INS sous forme CX.",
        )
        return
    if match["oid"] not in INS_OIDS or not has_valid_key(match["id"]):
        yield say(
            "patient",
            "L’usager visé n’est pas désigné par une INS valide.",
            vihf.where,
            "15 caractères à clé juste et OID de l’INS",
            value,
            "Reprendre matricule et OID rendus par INSi.",
        )
    if (matricule is not None and match["id"] != matricule) or (oid is not None and match["oid"] != oid):
        yield say(
            "patient",
            "Le VIHF désigne un autre usager que celui du scénario.",
            vihf.where,
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
            vihf.where,
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
            vihf.where,
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
            vihf.where,
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
            vihf.where,
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
            vihf.where,
            expected if wanted else "aucune",
            value or alias or "aucune",
            "Poser l’attribut seulement quand l’utilisateur le demande.",
        )

"""The user information of Pro Santé Connect, in the shapes that the real service gives, and that of a plain provider.

Source: answers captured at the service. Every business member may be an empty string; a professional may have several
practices and activities; members that nobody knows may appear.
"""

from __future__ import annotations

from typing import Any

from conformance.simulators.people import Organisation, Professional

# Members of an activity that stay empty for an invented practice, as they often do in real answers.
_EMPTY = [
    "codeSectionPharmacien",
    "codeRole",
    "numeroSiretSite",
    "numeroSirenSite",
    "numeroFinessSite",
    "numeroFinessetablissementJuridique",
    "enseigneCommercialeSite",
    "complementDestinataire",
    "complementPointGeographique",
    "indiceRepetitionVoie",
    "mentionDistribution",
    "bureauCedex",
    "codePays",
    "telephone",
    "telephone2",
    "telecopie",
    "adresseEMail",
    "ancienIdentifiantDeLaStructure",
    "autoriteDenregistrement",
]


_MINIMAL = ("sub", "SubjectNameID", "preferred_username", "given_name", "family_name", "SubjectRole", "SubjectRefPro")


def userinfo(who: Professional, where: Organisation, sub: str, means: str, shape: str = "") -> dict[str, Any]:
    """The user information of the professional; ``shape`` is a mutation ``userinfo-…`` that concerns its form."""
    info = {
        "sub": sub,
        "SubjectNameID": who.id_national,
        "preferred_username": who.id_national,
        "given_name": who.prenom,
        "family_name": who.nom,
        "otherIds": [{"identifiant": who.rpps, "origine": "RPPS", "qualite": 1}],
        "authMode": means,
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "SubjectRole": [f"{who.profession}^1.2.250.1.213.1.1.5.5"],
        "Secteur_Activite": f"{where.secteur}^1.2.250.1.71.4.2.4",
        "SubjectOrganization": where.nom,
        "SubjectOrganizationID": where.id_structure,
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "FAUX",
        "UITVersion": "1.0",
        "email_verified": False,
        "SubjectRefPro": {"codeCivilite": "M", "exercices": [_practice(who, where)]},
    }
    return _shaped(info, who, where, shape)


def plain(who: Professional, where: Organisation, sub: str, means: str, shape: str = "") -> dict[str, Any]:
    """What a provider that knows nothing of Pro Santé Connect says: the standard claims alone (OIDC Core, 5.1)."""
    name = f"{who.prenom} {who.nom}"
    mail = f"{who.prenom}.{who.nom}@structure.test".lower()
    names = {"name": name, "given_name": who.prenom, "family_name": who.nom}
    return {"sub": sub, **names, "preferred_username": mail, "email": mail, "email_verified": True}


def _shaped(info: dict[str, Any], who: Professional, where: Organisation, shape: str) -> dict[str, Any]:
    practices: list[dict[str, Any]] = info["SubjectRefPro"]["exercices"]
    if shape == "userinfo-several":
        other = {"codeModeExercice": "S", "raisonSocialeSite": "Centre des Érables", "codeSecteurDactivite": "SA01"}
        practices[0]["activities"].append(practices[0]["activities"][0] | other)
        practices.append(_practice(who, where) | {"codeProfession": "40", "codeSavoirFaire": ""})
        info["SubjectRole"] = [*info["SubjectRole"], "40^1.2.250.1.213.1.1.5.5"]
    elif shape == "userinfo-empty":
        told = {"sub", "SubjectNameID", "preferred_username", "given_name", "family_name", "otherIds", "SubjectRole"}
        info |= {name: "" for name, value in info.items() if isinstance(value, str) and name not in told}
        info["SubjectRefPro"]["exercices"] = [_emptied(practice) for practice in practices]
    elif shape == "userinfo-unknown":
        info |= {"champAjoute": "inconnu", "objetAjoute": {"a": [1, None]}, "tableauAjoute": [{}, []]}
        practices[0] |= {"champAjoute": {"b": "c"}}
    elif shape == "userinfo-minimal":
        info = {name: info[name] for name in _MINIMAL}
        del practices[0]["activities"]
    elif shape == "userinfo-no-refpro":
        del info["SubjectRefPro"]
    return info


def _practice(who: Professional, where: Organisation) -> dict[str, Any]:
    activity = dict.fromkeys(_EMPTY, "") | {
        "codeModeExercice": "L",
        "codeSecteurDactivite": where.secteur,
        "codeGenreActivite": "GENR01",
        "identifiantTechniqueDeLaStructure": where.id_structure,
        "raisonSocialeSite": where.nom,
        "numeroVoie": "12",
        "codeTypeDeVoie": "R",
        "libelleVoie": "DES TILLEULS",
        "codePostal": "51300",
        "codeCommune": "51215",
        "codeDepartement": "51",
    }
    return {
        "codeProfession": who.profession,
        "codeCategorieProfessionnelle": "C",
        "codeCiviliteDexercice": who.titre.upper(),
        "nomDexercice": who.nom,
        "prenomDexercice": who.prenom,
        "codeTypeSavoirFaire": "S" if who.specialite else "",
        "codeSavoirFaire": who.specialite,
        "activities": [activity],
    }


def _emptied(practice: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(practice, "") | {"activities": [dict.fromkeys(one, "") for one in practice["activities"]]}

"""The public extraction of the Annuaire Santé: ``PS_LibreAcces_<time>.zip`` and its pipe-separated files.

56 columns, a header line, ``|`` after each field, the last included, no quotes; one line an activity. Labels and places of columns
move from one year to the next: ``LAYOUTS`` holds the ways they were seen to. Source: psc-ins facts, C.1.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.model.directory import Listed

ACTIVITIES, DIPLOMAS, SKILLS = "Personne_activite", "Dipl_AutExerc", "SavoirFaire"
COLUMNS = (
    "Type d'identifiant PP",
    "Identifiant PP",
    "Identification nationale PP",
    "Code civilité d'exercice",
    "Libellé civilité d'exercice",
    "Code civilité",
    "Libellé civilité",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Code profession",
    "Libellé profession",
    "Code catégorie professionnelle",
    "Libellé catégorie professionnelle",
    "Code type savoir-faire",
    "Libellé type savoir-faire",
    "Code savoir-faire",
    "Libellé savoir-faire",
    "Code mode exercice",
    "Libellé mode exercice",
    "Numéro SIRET site",
    "Numéro SIREN site",
    "Numéro FINESS site",
    "Numéro FINESS établissement juridique",
    "Identifiant technique de la structure",
    "Raison sociale site",
    "Enseigne commerciale site",
    "Complément destinataire (coord. structure)",
    "Complément point géographique (coord. structure)",
    "Numéro Voie (coord. structure)",
    "Indice répétition voie (coord. structure)",
    "Code type de voie (coord. structure)",
    "Libellé type de voie (coord. structure)",
    "Libellé Voie (coord. structure)",
    "Mention distribution (coord. structure)",
    "Bureau cedex (coord. structure)",
    "Code postal (coord. structure)",
    "Code commune (coord. structure)",
    "Libellé commune (coord. structure)",
    "Code pays (coord. structure)",
    "Libellé pays (coord. structure)",
    "Téléphone (coord. structure)",
    "Téléphone 2 (coord. structure)",
    "Télécopie (coord. structure)",
    "Adresse e-mail (coord. structure)",
    "Code Département (structure)",
    "Libellé Département (structure)",
    "Ancien identifiant de la structure",
    "Autorité d'enregistrement",
    "Code secteur d'activité",
    "Libellé secteur d'activité",
    "Code section tableau pharmaciens",
    "Libellé section tableau pharmaciens",
    "Code rôle",
    "Libellé rôle",
    "Code genre activité",
    "Libellé genre activité",
)
_SKILL_COLUMNS = frozenset(COLUMNS[13:17])
_OLD_LABELS = {
    "Code civilité d'exercice": "Code civilité exercice",
    "Libellé civilité d'exercice": "Libellé civilité exercice",
    "Identifiant technique de la structure": "Identifiant technique de la Structure",
    "Code Département (structure)": "Code département (Structure)",
    "Libellé Département (structure)": "Libellé département (Structure)",
    "Code rôle": "Code fonction",
    "Libellé rôle": "Libellé fonction",
}


@dataclass(frozen=True, slots=True)
class Extract:
    """An extraction ready to be served: ``rows`` counts the lines of activities, header aside."""

    name: str
    content: bytes
    rows: int


def _usual(names: Sequence[str]) -> Sequence[str]:
    return names


def _older(names: Sequence[str]) -> Sequence[str]:
    return [_OLD_LABELS.get(name, name) for name in names]


def _without_identifier(names: Sequence[str]) -> Sequence[str]:
    return ["Matricule" if name == "Identifiant PP" else name for name in names]


LAYOUTS: Mapping[str, Callable[[Sequence[str]], Sequence[str]]] = {
    "usual": _usual,
    "older-labels": _older,
    "skills-apart": _usual,
    "unknown-header": _without_identifier,
}
"""``skills-apart`` is the newer layout, without the four columns of savoir-faire; ``unknown-header`` no client can read."""


def extract(
    people: Iterable[Listed], stamp: str, layout: str = "usual", charset: str = "utf-8", spoilt: int = 0
) -> Extract:
    """The zip of the three files; ``stamp`` is ``YYYYMMDDHHMM``, ``layout`` one of LAYOUTS, ``spoilt`` a number of lines cut short."""
    listed = list(people)
    names = [name for name in COLUMNS if layout != "skills-apart" or name not in _SKILL_COLUMNS]
    lines = [_values(one) for one in listed]
    activities = _table(LAYOUTS[layout](names), ([line.get(name, "") for name in names] for line in lines))
    activities += "8|8999\n" * spoilt
    skills = _table(
        [*COLUMNS[0:3], *COLUMNS[13:17]],
        ([line.get(name, "") for name in (*COLUMNS[0:3], *COLUMNS[13:17])] for line in lines),
    )
    files = {ACTIVITIES: activities, DIPLOMAS: _table(COLUMNS[0:3], ()), SKILLS: skills}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, text in files.items():
            archive.writestr(f"PS_LibreAcces_{kind}_{stamp}.txt", text.encode(charset, "replace"))
    return Extract(f"PS_LibreAcces_{stamp}.zip", buffer.getvalue(), len(listed) + spoilt)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join("".join(f"{value}|" for value in row) + "\n" for row in (names, *rows))


def _values(one: Listed) -> dict[str, str]:
    titled = {"M": "Monsieur", "MME": "Madame"}
    return {
        "Type d'identifiant PP": "8",
        "Identifiant PP": one.rpps,
        "Identification nationale PP": one.id_national,
        "Code civilité d'exercice": "DR",
        "Libellé civilité d'exercice": "Docteur",
        "Code civilité": one.civilite,
        "Libellé civilité": titled[one.civilite],
        "Nom d'exercice": one.nom,
        "Prénom d'exercice": one.prenom,
        "Code profession": one.profession,
        "Libellé profession": one.profession_libelle,
        "Code catégorie professionnelle": "C",
        "Libellé catégorie professionnelle": "Civil",
        "Code type savoir-faire": "S",
        "Libellé type savoir-faire": "Spécialité ordinale",
        "Code savoir-faire": one.savoir_faire,
        "Libellé savoir-faire": one.savoir_faire_libelle,
        "Code mode exercice": "L",
        "Libellé mode exercice": "Libéral, indépendant, artisan, commerçant",
        "Identifiant technique de la structure": one.structure,
        "Raison sociale site": one.raison_sociale,
        "Libellé Voie (coord. structure)": one.voie,
        "Code postal (coord. structure)": one.code_postal,
        "Code commune (coord. structure)": one.code_commune,
        "Libellé commune (coord. structure)": one.commune,
        "Téléphone (coord. structure)": one.telephone,
        "Adresse e-mail (coord. structure)": one.email,
        "Code secteur d'activité": "SA07",
        "Libellé secteur d'activité": "Cabinet individuel",
        "Code genre activité": "GENR01",
        "Libellé genre activité": "Activité standard de soin ou de pharmacien",
    }

"""What a document is asked to hold, in the words of the Pilote LPS API: invented correspondents, invented results."""

from __future__ import annotations

from typing import Any

Correspondent = dict[str, str]
REQUESTER: Correspondent = {
    "id_national": "899990000211",
    "nom": "MODELE",
    "prenom": "Alix",
    "profession": "10",
    "specialite": "SM54",
    "titre": "Dr",
    "adresse_mss": "alix.modele@autre.mssante.test",
}
COLLEAGUE: Correspondent = {
    "id_national": "899990000229",
    "nom": "FICTIF",
    "prenom": "Lou",
    "profession": "10",
    "specialite": "SM54",
    "titre": "Dr",
    "adresse_mss": "lou.fictif@autre.mssante.test",
}
SUBCONTRACTOR: dict[str, Any] = {
    "nom": "Laboratoire de seconde intention des Aulnes",
    "id_structure": "1999900019",
    "telephone": "0199000019",
    "adresse": "3 allée des Aulnes, 63000 Clermont-Ferrand",
    "responsable": {"id_national": "899990000237", "nom": "INVENTE", "prenom": "Noa"},
}
TSH: dict[str, Any] = {
    "code": "3016-3",
    "libelle": "Thyréostimuline [Arbitraire/Volume] Sérum/Plasma ; Numérique",
    "valeur": "1.95",
    "unite": "m[IU]/L",
    "bas": "0.27",
    "haut": "4.20",
}
GLUCOSE: dict[str, Any] = {
    "code": "14749-6",
    "libelle": "Glucose [Moles/Volume] Sérum/Plasma ; Numérique",
    "valeur": "6.4",
    "unite": "mmol/L",
    "bas": "3.9",
    "haut": "5.8",
}
GERM: dict[str, Any] = {
    "code": "6463-4",
    "libelle": "Bactéries identifiées [Identification] Culture ; Résultat nominal",
    "valeur": "Présence de nombreuses colonies",
    "germe": "Escherichia coli",
    "chapitre": "18725-2",
}


def biology(*exams: dict[str, Any]) -> dict[str, Any]:
    """The settings of a biology report of level 3; two plain results unless others are given."""
    return {"forme": "N3", "contenu": {"examens": list(exams or (TSH, GLUCOSE))}}

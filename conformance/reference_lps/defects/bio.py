"""Defects of the reference LPS in what it does of biology reports received."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "bio-critical-as-abnormal": "Signale un résultat critique (AA, HH, LL) comme un simple résultat anormal.",
    "bio-files-unknown-patient": "Range le compte rendu d’une personne inconnue au dossier du dernier usager.",
    "bio-replaces-silently": "Efface le compte rendu que remplace une mise à jour.",
    "bio-one-unit": "N’intègre que la première unité d’un résultat exprimé en deux.",
    "bio-unit-rewritten": "Récrit les unités UCUM à sa façon.",
    "bio-comment-unseen": "Ne signale pas le commentaire d’un résultat dans ses listes.",
    "bio-subcontract-by-name": "Range le compte rendu d’un sous-traitant d’après le nom du patient, non le numéro de la demande.",
    "bio-subcontract-by-ins": "Range le compte rendu d’un sous-traitant d’après l’INS, sans voir le numéro de la demande.",
    "bio-subcontract-number-unchecked": "Range le compte rendu d’un sous-traitant d’après le seul numéro, quel que soit l’usager.",
    "bio-subcontract-waits": "Laisse à l’utilisateur le rangement des comptes rendus des sous-traitants.",
    "bio-received-without-pdf": "Ne garde pas le PDF qui accompagne un compte rendu reçu.",
    "bio-range-ignored": "Ne compare pas un résultat à son intervalle de référence.",
}

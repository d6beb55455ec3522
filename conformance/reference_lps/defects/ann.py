"""Defects of the reference LPS in what it takes from the Annuaire Santé."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "ann-reads-latin1": "Lit les lignes de l’extraction de l’annuaire en latin-1 alors qu’elle est en UTF-8.",
    "ann-report-hides-rejects": "Ne compte dans son rapport d’intégration que les lignes qu’il a su intégrer.",
    "ann-user-not-refreshed": "Laisse la fiche d’un utilisateur telle qu’à sa création, quoi que dise l’annuaire.",
    "ann-correspondent-not-refreshed": "Laisse la fiche d’un correspondant telle qu’à sa création, quoi que dise l’annuaire.",
    "ann-any-mail": "Prend la première adresse électronique venue pour une adresse MSSanté.",
    "ann-address-kept": "Rend l’adresse MSSanté trouvée une première fois, sans interroger de nouveau l’annuaire.",
}

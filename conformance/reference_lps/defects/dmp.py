"""Defects of the reference LPS in its deposits and consultations."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "auth-rank-of-depositor": "Dépose au DMP avec le certificat RPPS-rang de qui dépose au lieu de celui qui a validé.",
    "dmp-replacement-as-new": "Dépose la version corrigée comme un nouveau document, sans lien RPLC.",
    "dmp-delete-not-sent": "Supprime le document chez lui sans le supprimer du DMP.",
    "dmp-not-automatic": "Attend qu’on lui demande le dépôt d’un document validé, malgré le réglage automatique.",
    "dmp-ignores-block": "Dépose un document dont l’utilisateur a bloqué le dépôt.",
    "dmp-asks-access-to-deposit": "Demande l’autorisation d’accès (TD0.3) avant de déposer.",
    "dmp-deposits-despite-opposition": "Dépose malgré l’opposition du patient.",
    "dmp-reads-despite-opposition": "Consulte le DMP malgré l’opposition du patient.",
    "dmp-reads-unchecked": "Consulte le DMP sans en vérifier le droit (TD0.2).",
    "dmp-access-after-reading": "Ne demande l’autorisation d’accès (TD0.3) qu’une fois la consultation refusée.",
    "dmp-status-always-open": "Affiche tout DMP comme ouvert et autorisé.",
    "dmp-list-unfiltered": "Rend la liste entière du DMP quels que soient les filtres.",
    "dmp-filters-at-home": "Charge toute la liste du DMP et y applique les critères lui-même.",
    "dmp-news-counts-own": "Compte parmi les nouveautés du DMP les documents de la structure.",
    "dmp-integrates-one": "N’intègre que le premier des documents choisis.",
    "dmp-preloads-unchecked": "Précharge les documents du DMP sans en vérifier le droit (TD0.2).",
    "dmp-forgets-preloaded": "Redemande au DMP un document déjà préchargé.",
    "dmp-no-new-version-notice": "Ne signale pas qu’un document intégré a changé dans le DMP.",
    "dmp-generic-user": "Porte un identifiant générique dans le VIHF des consultations.",
    "dmp-deposits-the-whole-record": "Dépose tous les documents du patient quand l’utilisateur n’en choisit qu’un.",
    "dmp-history-dated-today": "Date un document ancien du jour de son dépôt.",
    "dmp-history-without-structure": "N’ajoute pas la structure aux auteurs d’un document dont l’auteur a quitté le RPPS.",
    "dmp-history-feeds-deceased": "Reprend l’historique des patients décédés.",
    "dmp-history-every-age": "Reprend l’historique sans limite d’ancienneté, malgré le réglage.",
    "dmp-history-too-fast": "Reprend l’historique sans respecter le débit réglé.",
    "dmp-masking-ignored": "Dépose sans les codes de confidentialité choisis.",
}

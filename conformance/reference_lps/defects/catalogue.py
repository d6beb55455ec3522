"""Defects of the reference LPS in the catalogue of its laboratory."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "loi-commas": "Sépare les colonnes des fichiers du catalogue par des virgules.",
    "loi-undated-name": "Nomme les fichiers du catalogue sans la date d’extraction.",
    "loi-analysis-unnamed": "Exporte les examens prescriptibles sans le libellé de leurs analyses.",
    "loi-import-drops-last": "Laisse de côté la dernière ligne d’un fichier importé.",
    "loi-report-silent": "Ne signale pas un code LOINC étranger au jeu de valeurs.",
    "loi-multiple-mild": "Range en erreur non bloquante plusieurs codes LOINC pour une analyse.",
}

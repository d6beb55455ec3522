"""Defects of the reference LPS in the catalogue of its laboratory."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "loi-commas": "Sépare les colonnes des fichiers du catalogue par des virgules.",
    "loi-undated-name": "Nomme les fichiers du catalogue sans la date d’extraction.",
    "loi-analysis-unnamed": "Exporte les examens prescriptibles sans le libellé de leurs analyses.",
    "loi-import-drops-last": "Laisse de côté la dernière ligne d’un fichier importé.",
    "loi-report-silent": "Ne signale pas un code LOINC étranger au jeu de valeurs.",
    "loi-fhir-wraps-csv": "Enveloppe le fichier CSV dans une ressource FHIR.",
    "loi-fhir-incomplete": "Laisse le dernier élément du catalogue hors de son export FHIR.",
    "loi-fhir-uncoded": "Exporte les analyses en FHIR sans leur code.",
    "loi-fhir-import-ignored": "Accepte un transcodage FHIR sans affecter aucun code.",
    "loi-multiple-mild": "Range en erreur non bloquante plusieurs codes LOINC pour une analyse.",
}

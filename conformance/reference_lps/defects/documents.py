"""Defects of the reference LPS in the documents it writes."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "datamatrix-missing": "Imprime sans datamatrix INS.",
    "datamatrix-wrong-birth-date": "Code une autre date de naissance dans le datamatrix INS.",
    "pdf-without-matricule": "Imprime sans le matricule INS ni sa nature.",
    "pdf-not-archivable": "Produit un PDF ordinaire au lieu d’un PDF/A-1.",
    "pdf-bad-file-name": "Nomme le PDF sans la date ni l’identité.",
    "prescription-without-custodian": "Écrit une prescription sans organisation de conservation (custodian).",
    "letter-birth-date-differs": "Écrit dans l’en-tête CDA de la lettre une autre date de naissance que celle de l’identité.",
}

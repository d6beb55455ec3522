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
    "cda-first-recipient-only": "Ne nomme dans l’en-tête CDA que le premier des destinataires choisis.",
    "pdf-without-recipients": "N’imprime pas les destinataires.",
    "cda-requester-without-address": "Nomme le demandeur dans l’en-tête CDA sans son adresse MSSanté.",
    "pdf-without-patient-notice": "N’imprime pas le texte d’information du patient qui est réglé.",
    "cri-without-rpps": "Imprime un compte rendu d’imagerie validé sans le numéro RPPS du validateur.",
    "cri-own-code": "Code le compte rendu d’imagerie comme un compte rendu de consultation.",
    "cri-announcement-visible": "Dépose visible du patient un compte rendu dont l’annonce reste à faire.",
    "cri-announcement-mailed": "Envoie au patient un compte rendu dont l’annonce reste à faire.",
    "context-call-without-ins": "Appelle l’application tierce par le numéro de dossier local, sans l’INS.",
    "bio-narrative-only": "Écrit les résultats de biologie dans le texte des sections, sans les structurer.",
    "bio-unit-not-ucum": "Écrit les unités internationales UI au lieu de [IU].",
    "bio-sheet-linked": "Appelle sa feuille de style par un lien au lieu de l’inclure.",
    "bio-automatic-silent": "Ne dit pas qu’un examen a été validé par un automatisme.",
    "bio-accreditation-always": "Porte les mentions d’accréditation sans examen accrédité.",
    "bio-accreditation-never": "Ne porte pas les mentions d’accréditation d’examens accrédités.",
    "bio-drops-subcontracted": "Laisse hors du CDA les examens sous-traités.",
    "bio-subcontractor-unnamed": "Reprend les examens sous-traités sans nommer le sous-traitant.",
    "bio-links-subcontracted": "Renvoie par un lien au compte rendu du sous-traitant.",
}

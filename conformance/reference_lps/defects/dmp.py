"""Defects of the reference LPS in its deposits and consultations."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "dmp-replacement-as-new": "Dépose la version corrigée comme un nouveau document, sans lien RPLC.",
    "dmp-delete-not-sent": "Supprime le document chez lui sans le supprimer du DMP.",
    "dmp-masking-ignored": "Dépose sans les codes de confidentialité choisis.",
}

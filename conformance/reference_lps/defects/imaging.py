"""Defects of the reference LPS in the orders of imaging and what follows from them."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "order-number-repeated": "Donne le même Order Placer Number à toutes ses demandes d’actes d’imagerie.",
    "order-number-not-in-header": "N’écrit pas l’Order Placer Number dans l’en-tête CDA de la demande.",
    "order-number-not-in-metadata": "Dépose la demande sans son Order Placer Number dans les métadonnées XDS.",
    "report-first-order-only": "Ne cite dans l’en-tête du compte rendu que la première des demandes auxquelles il répond.",
    "report-without-accession": "N’écrit pas l’Accession Number dans l’en-tête du compte rendu d’imagerie.",
    "report-renumbers-orders": "Remplace par un numéro à lui l’Order Placer Number qu’une demande portait déjà.",
    "report-bare-metadata": "Dépose le compte rendu sans références ni codes d’imagerie dans les métadonnées XDS.",
    "report-fixed-modality": "Dépose tout compte rendu d’imagerie sous la même modalité.",
    "report-without-qr": "Écrit l’adresse des images sans son QR code.",
    "report-qr-elsewhere": "Imprime un QR code qui mène ailleurs que l’adresse écrite.",
    "accession-repeated": "Donne le même Accession Number à toutes les demandes RIS.",
    "study-repeated": "Donne le même Study Instance UID à tous les examens.",
    "order-links-one-way": "Retrouve les comptes rendus d’une demande, jamais la demande d’un compte rendu.",
    "order-links-sorted-at-home": "Charge toute la liste du DMP et y cherche lui-même les documents liés à une demande.",
    "order-links-without-authority": "Cherche les documents liés par le seul numéro de la demande, sans son autorité.",
}

"""Defects of the reference LPS in the orders of imaging and what follows from them."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "order-number-repeated": "Donne le même Order Placer Number à toutes ses demandes d’actes d’imagerie.",
    "order-number-not-in-header": "N’écrit pas l’Order Placer Number dans l’en-tête CDA de la demande.",
    "order-number-not-in-metadata": "Dépose la demande sans son Order Placer Number dans les métadonnées XDS.",
    "order-links-one-way": "Retrouve les comptes rendus d’une demande, jamais la demande d’un compte rendu.",
    "order-links-sorted-at-home": "Charge toute la liste du DMP et y cherche lui-même les documents liés à une demande.",
    "order-links-without-authority": "Cherche les documents liés par le seul numéro de la demande, sans son autorité.",
}

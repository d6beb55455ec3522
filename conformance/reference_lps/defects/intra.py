"""Defects of the reference LPS in what it hands over, or passes on, by HL7 v2 within a hospital."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "intra-restriction-lost": "Perd les restrictions de visibilité d’un document dans ses messages HL7 v2, émis ou reçus.",
    "intra-document-rewritten": "Récrit le document qu’il transmet, au lieu de le passer octet pour octet.",
    "platform-asked-nothing": "Remet le document à la plateforme sans lui dire ce qu’elle doit en faire.",
    "platform-waits-for-the-user": "N’envoie rien de lui-même à la plateforme, malgré le réglage automatique.",
    "platform-asks-nobody": "Envoie à la plateforme tout document validé, que l’utilisateur le demande ou non.",
    "intra-mails-hidden-patient": "Écrit au patient le document reçu que le patient ne doit pas voir.",
}

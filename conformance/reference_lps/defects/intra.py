"""Defects of the reference LPS in what it hands over, or passes on, by HL7 v2 within a hospital."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "intra-restriction-lost": "Perd les restrictions de visibilité d’un document dans ses messages HL7 v2, émis ou reçus.",
    "intra-document-rewritten": "Récrit le document qu’il transmet, au lieu de le passer octet pour octet.",
    "platform-asked-nothing": "Remet le document à la plateforme sans lui dire ce qu’elle doit en faire.",
    "platform-waits-for-the-user": "N’envoie rien de lui-même à la plateforme, malgré le réglage automatique.",
    "platform-asks-nobody": "Envoie à la plateforme tout document validé, que l’utilisateur le demande ou non.",
    "platform-outcomes-ignored": "Acquitte les retours de la plateforme sans les rattacher au document.",
    "platform-failure-as-success": "Tient pour un succès l’échec que la plateforme lui rend.",
    "platform-outcome-silent": "Ne rend pas compte à l’émetteur du sort de son document.",
    "platform-outcome-always-good": "Rend un succès à l’émetteur dont le dépôt a échoué.",
    "intra-takes-incoherent": "Accepte un message qui ne dit pas partout la même action à faire du document.",
    "hl7-document-without-order": "Transmet un document sans dire quoi en faire (ORC).",
    "hl7-document-without-sender": "Transmet un document à déposer sans dire qui le demande (PRT).",
    "relay-first-only": "Ne remet que le premier document d’un courriel qui en porte plusieurs.",
    "relay-answers-nobody": "Ne rend pas l’accusé d’intégration que le courriel demande.",
    "relay-always-done": "Rend un accusé d’intégration favorable quand le destinataire a refusé le document.",
    "mdm-not-filed": "Acquitte un document reçu par MDM sans le ranger.",
    "mdm-files-anyone": "Range un document reçu par MDM chez l’usager du message, sans regarder l’INS du document.",
    "intra-mails-hidden-patient": "Écrit au patient le document reçu que le patient ne doit pas voir.",
}

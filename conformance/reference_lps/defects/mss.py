"""Defects of the reference LPS in its mail."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "mss-patient-without-xdm": "Écrit au patient sans l’archive IHE_XDM.",
    "xdm-wrong-hash": "Écrit une empreinte fausse dans METADATA.XML.",
    "mss-any-suite": "Accepte n’importe quelle suite de chiffrement.",
    "mss-accepts-expired": "Accepte un certificat serveur expiré.",
    "mss-pins-certificate": "N’accepte que le certificat serveur rencontré la première fois, pas un autre de l’IGC Santé.",
    "mss-accepts-tls13": "Accepte une connexion TLS 1.3.",
    "mss-reply-without-references": "Répond sans In-Reply-To ni References.",
    "mss-applicative-without-mention": "Envoie depuis la boîte applicative sans dire que le message est automatique.",
    "mss-fixed-reply-to": "Ignore l’adresse de retour paramétrée.",
    "mss-html-only": "Envoie un corps HTML sans équivalent texte.",
    "mss-bad-message-id": "Écrit un Message-ID sans partie droite.",
    "mss-no-dsn-request": "Ne demande pas l’accusé de réception choisi.",
    "mss-raw-from": "Écrit l’expéditeur sans libellé.",
    "mss-patient-address-without-key": "Construit l’adresse du patient sans la clé du matricule.",
    "mss-writes-to-unqualified": "Écrit à un usager dont l’identité n’est pas qualifiée.",
    "mss-ignores-patient-refusal": "Écrit au patient malgré son refus.",
    "mss-ignores-professional-refusal": "Écrit au professionnel malgré le refus du patient.",
    "mss-replacement-without-mention": "Envoie la version corrigée sans mention de remplacement.",
}

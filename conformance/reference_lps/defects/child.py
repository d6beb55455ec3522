"""Defects of the reference LPS in the child's health record."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "cse-report-untitled": "Donne aux dix comptes rendus d’examen de l’enfant le même titre, sans nommer l’examen.",
    "cse-report-own-code": "Code les comptes rendus d’examen de l’enfant comme des comptes rendus de consultation.",
    "cse-empty-report-refused": "Refuse de valider un compte rendu d’examen de l’enfant où rien n’est saisi.",
    "cse-empty-report-hollow": "N’encapsule rien dans le CDA d’un compte rendu d’examen de l’enfant laissé vide.",
    "cse-synthesis-dropped": "Omet l’examen somatique et la synthèse de la consultation.",
    "cse-free-text-dropped": "Omet le texte libre des comptes rendus d’examen de l’enfant.",
    "cse-empty-fields-hidden": "N’imprime que les champs remplis d’un compte rendu d’examen de l’enfant.",
    "cse-certificate-unsent": "N’envoie rien à la PMI quand un certificat de santé est validé.",
    "cse-certificate-to-first-service": "Envoie tout certificat de santé à la première PMI de l’annuaire.",
    "cse-certificate-to-every-service": "Envoie le certificat de santé à toutes les PMI de l’annuaire.",
    "cse-department-two-digits": "Tire toujours le département des deux premiers chiffres du code postal.",
    "cse-certificate-level-1": "Joint à la PMI un certificat de santé de niveau 1.",
}

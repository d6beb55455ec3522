"""Defects of the reference LPS in what it says and hears over HL7 v2."""

from __future__ import annotations

DEFECTS: dict[str, str] = {
    "hl7-drops-ins": "N’enregistre pas l’INS qualifiée que lui envoie son domaine.",
    "hl7-keeps-ins-of-unqualified": "Enregistre l’INS d’un message dont PID-32 ne vaut pas VALI.",
    "hl7-ignores-ins-removal": "Garde l’INS que son domaine supprime.",
    "hl7-reception-not-traced": "Ne trace pas la réception des messages.",
    "hl7-no-propagation": "Ne propage aucune modification d’identité.",
    "hl7-complementary-not-told": "Ne propage pas la modification d’un nom utilisé.",
    "hl7-no-a47": "Ne dit pas par un A47 qu’une INS qualifiée est retirée.",
    "hl7-ins-when-not-qualified": "Écrit en PID-3 l’INS d’une identité seulement récupérée.",
    "hl7-flow-without-ins": "Laisse l’INS qualifiée hors du segment PID des messages autres que PAM.",
    "hl7-pid5-without-first-names": "Écrit en PID-5 le premier prénom seul, sans la liste des prénoms.",
    "oru-without-coded-results": "N’envoie dans le flux de résultats que le compte rendu, sans résultat codé.",
}

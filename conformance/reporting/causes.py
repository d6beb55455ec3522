"""The probable cause of a non-conformity, from what the run itself shows: the part of the software that the broken rule
looks at, the other sheets that break the same rule, and what changed since the previous run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.reporting.speech import Speech
from conformance.reporting.text import clip
from conformance.reporting.view import Item, View

PARTS = {
    "annuaire": "Intégration de l’Annuaire Santé.",
    "attestation": "Déclaration de l’éditeur, plutôt que le logiciel.",
    "cda": "Production ou lecture des documents CDA.",
    "datamatrix": "Impression du code Datamatrix de l’identité.",
    "dmp": "Échanges avec le DMP.",
    "file": "Fichier remis, plutôt que le logiciel.",
    "hl7v2": "Messages HL7 v2 échangés avec les autres logiciels.",
    "ins": "Gestion des identités et de leurs statuts.",
    "insi": "Appels au téléservice INSi.",
    "logs": "Traces tenues par le logiciel.",
    "loi": "Catalogue d’analyses échangé (LOI).",
    "mail": "Composition des messages MSSanté.",
    "mss": "Connexion à l’opérateur MSSanté.",
    "oidc": "Connexion par un fournisseur d’identité.",
    "pdf": "Production des PDF.",
    "preuve": "Preuve remise, plutôt que le logiciel.",
    "psc": "Connexion par Pro Santé Connect.",
    "tbb": "Calcul des tableaux de bord.",
    "vihf": "Jeton VIHF des appels au DMP.",
    "volet": "Contenu métier des documents CDA.",
    "xdm": "Constitution de l’archive IHE_XDM.",
    "xds": "Métadonnées XDS des documents.",
}
"""Where in the software the cause is to be looked for, by the first word of the broken rule."""
_MOST = 8


class Causes:
    """Reads the run's sheets and comparison once, then tells the cause of each sheet."""

    def __init__(self, run: Mapping[str, Any], view: View, say: Speech) -> None:
        self._say = say
        self._sheets: dict[str, list[str]] = {}
        for item in (*view.sheets, *view.other_sheets):
            for rule in _rules(item):
                self._sheets.setdefault(rule, []).append(item.number)
        changes = (run.get("comparison") or {}).get("changes", ())
        self._changes = {one["scenario"]: one for one in changes if one["direction"] == "worse"}

    def of(self, item: Item) -> str:
        """One to three sentences; empty when the run shows nothing of the cause."""
        return " ".join(self._told(item))

    def _told(self, item: Item) -> Iterator[str]:
        say, rules = self._say, _rules(item)
        yield from (
            say(PARTS[family]) for family in dict.fromkeys(rule.split(".")[0] for rule in rules) if family in PARTS
        )
        shared = [
            number for number in dict.fromkeys(n for rule in rules for n in self._sheets[rule]) if number != item.number
        ]
        if shared:
            more = f" {say('et')} {say.count(len(shared) - _MOST, 'autre')}" if len(shared) > _MOST else ""
            yield f"{say('Même règle en écart, donc sans doute un même défaut :')} {', '.join(shared[:_MOST])}{more}."
        if item.scenario["id"] in self._changes:
            yield f"{say('Écart apparu depuis l’exécution précédente :')} {clip(say(self._changes[item.scenario['id']]['why']), 300)}."


def _rules(item: Item) -> list[str]:
    return list(dict.fromkeys(finding["rule"] for finding in item.blocking))

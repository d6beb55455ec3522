"""What the pack's most frequent messages mean, in French, and how to mend the document.

The rules of the header are generated, and say few kinds of things in English: the kind is recognised, not the rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ATTRIBUTE = "Relire la définition de l’attribut dans le volet « Structuration minimale » du CI-SIS."
_TWICE = "Retirer la répétition, ou distinguer les deux éléments par leur contenu."


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence and how to put it right, in French."""

    sentence: str
    fix: str


_KINDS: tuple[tuple[str, str, str], ...] = (
    (
        r"element (?P<e>.+) is (?:required|mandatory) \[min (?P<n>\d+)x\]\.?",
        "Il manque un élément obligatoire : {e} ({n} au moins).",
        "Ajouter cet élément, avec le contenu que les crochets décrivent.",
    ),
    (
        r"element (?P<e>.+) appears too often \[max (?P<n>\d+)x\]\.?",
        "Un élément est trop répété : {e} ({n} au plus).",
        "Retirer les éléments en trop.",
    ),
    (
        r"choice \((?P<e>.+)\) does not contain enough elements.*",
        "Aucun des éléments attendus n’est présent : {e}.",
        "Ajouter l’un de ces éléments.",
    ),
    (
        r"choice \((?P<e>.+)\) contains too many elements.*",
        "Trop d’éléments d’un même choix sont présents : {e}.",
        "N’en garder que le nombre permis.",
    ),
    (
        r"The value for (?P<e>\S+) SHALL be (?P<v>.+?)\. Found:? ?(?P<f>.*)",
        "La valeur de {e} n’est pas celle attendue, {v} ; le document porte {f}.",
        "Écrire la valeur attendue.",
    ),
    (
        r"this element '(?P<e>[^']*)' is not defined.*?Expected in this context: *(?P<x>.*?)(?: \(rule-reference.*)?",
        "L’élément « {e} » n’est pas prévu à cet endroit, ou pas avec ce contenu.",
        "Retirer l’élément, ou lui donner un contenu prévu ici : {x}.",
    ),
    (
        r"attribute @(?P<e>\S+) SHALL be present\.?",
        "L’attribut « {e} » est obligatoire et manque.",
        "Ajouter l’attribut ; le déclarer nul ne suffit que si le volet le permet.",
    ),
    (
        r"Attribute @(?P<e>\S+) SHALL be of data type '(?P<v>[^']*)'.*?(?:- '(?P<f>.*)')?",
        "L’attribut « {e} » n’a pas la forme attendue (type {v}) : « {f} ».",
        _ATTRIBUTE,
    ),
    (
        r"The element value SHALL be one of '(?P<v>.+)'\.?.*",
        "Le code ne fait pas partie du jeu de valeurs {v}.",
        "Choisir un code de ce jeu de valeurs, avec son système de codage.",
    ),
    (
        r"If an @xsi:type instruction is present it SHALL be valued \"\{urn:hl7-org:v3\}:(?P<v>\w+)\".*",
        "Le type déclaré par xsi:type n’est pas celui de l’élément, {v}.",
        'Écrire xsi:type="{v}", ou retirer l’attribut.',
    ),
    (r"\[RIM-002\] (?P<e>\S+).* SHALL be distinct", "L’élément « {e} » est répété à l’identique.", _TWICE),
    (
        r"\[RIM-001\] (?P<e>\S+) SHALL NOT have nullFlavor.*",
        "L’élément « {e} » est déclaré nul à côté d’un autre du même nom qui ne l’est pas.",
        "Retirer l’élément déclaré nul.",
    ),
    (
        r"@root SHALL be a syntactically correct OID or UUID.*",
        "L’attribut « root » n’est ni un OID ni un UUID bien écrit.",
        "Écrire un OID (chiffres et points, sans zéro inutile) ou un UUID en majuscules.",
    ),
    (
        r"@root SHALL NOT be a RUID.*",
        "L’attribut « root » est un identifiant réservé à HL7.",
        "Employer un OID de l’organisme qui attribue l’identifiant.",
    ),
    (
        r"@root is required if @nullFlavor is not present",
        "L’attribut « root » manque sur un identifiant qui n’est pas déclaré nul.",
        "Ajouter l’OID de l’autorité d’affectation.",
    ),
    (
        r"null or code and/or originalText",
        "L’élément codé n’a ni code, ni texte d’origine, ni nullFlavor.",
        "Ajouter le code et son système, ou déclarer l’élément nul.",
    ),
    (
        r"displayName only if code",
        "Un libellé (displayName) est donné sans code.",
        "Ajouter le code que ce libellé désigne.",
    ),
    (r"code requires codeSystem", "Un code est donné sans son système de codage.", "Ajouter l’attribut codeSystem."),
    (
        r"null or value or child element in case of extension",
        "La date n’a ni valeur ni nullFlavor.",
        "Ajouter l’attribut value, ou déclarer l’élément nul si le volet le permet.",
    ),
    (
        r"elements of type URL SHALL have a @value attribute\.?",
        "L’adresse de télécommunication n’a pas d’attribut value.",
        "Ajouter l’adresse, précédée de son préfixe (tel:, mailto:, http:).",
    ),
    (
        r"@value must be a valid URI.*",
        "L’adresse de télécommunication n’est pas une URI.",
        "Écrire un préfixe, deux-points, puis l’adresse sans espace.",
    ),
    (
        r"L'élément (?P<e>.+?) \[(?P<c>[^:\]]*):(?P<l>.*):(?P<s>[^:\]]*)\] doit faire partie du jeu de valeurs (?P<v>\S+?)\.?",
        "Le code « {c} » ({l}) de {e} ne fait pas partie du jeu de valeurs {v}.",
        "Choisir un code de ce jeu de valeurs ; le système de codage ({s}) doit y correspondre aussi.",
    ),
)
_LABELS = re.compile(r"\A(?:\[[^\]]*\]\s*|\([^)]*\)(?:/[\w-]+)?:\s*|dtr\d+-\w+-[\w.]+:\s*)+")


def explain(message: str) -> Explanation | None:
    """The meaning of an official message (blanks made single), or None for one that is not of a known kind."""
    label = _LABELS.match(message)
    for start in {0, label.end() if label else 0}:
        said = message[start:]
        for pattern, sentence, fix in _KINDS:
            match = re.fullmatch(pattern, said)
            if match is not None:
                values = {name: (value or "").strip() for name, value in match.groupdict().items()}
                return Explanation(sentence.format_map(values), fix.format_map(values))
    # A label such as [RIM-002] may itself be the beginning of what is recognised.
    tail = re.search(r"\[RIM-\d+\].*", message)
    return explain(tail.group()) if tail is not None and tail.start() > 0 else None

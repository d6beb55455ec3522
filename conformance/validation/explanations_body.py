"""Kinds of things that the rules of the body say, entries above all: as in ``explanations``, tried after those."""

from __future__ import annotations

_COMPLETED = "Écrire statusCode avec l’un de ces codes : completed pour un acte ou un résultat terminé."

KINDS: tuple[tuple[str, str, str], ...] = (
    (
        r"L'élément \"?(?P<e>[\w:/@ -]+?)\"? (?:doit être|est obligatoirement) présente? une (?:seule )?fois ?(?:\[1\.\.1\])?\.?",
        "L’élément « {e} » doit être là une fois, et une seule.",
        "Ajouter cet élément, ou retirer ceux qui sont en trop.",
    ),
    (
        r"L'élément \"(?P<p>\w+)\" doit contenir (?:l'élément|un élément) \"(?P<e>\w+)\" une (?:seule )?fois ?\[1\.\.1\]\.?",
        "L’élément « {p} » doit contenir « {e} » une fois, et une seule.",
        "Ajouter « {e} » dans « {p} », ou retirer ceux qui sont en trop.",
    ),
    (
        r"\"(?P<p>[^\"]+)\" requiert un élément \"(?P<e>\w+)\".*",
        "L’entrée « {p} » n’a pas d’élément « {e} ».",
        "Ajouter l’élément « {e} » à l’entrée.",
    ),
    (
        r"L'élément <(?P<e>\w+)> est requis dans \"(?P<p>[^\"]+)\".*",
        "L’entrée « {p} » n’a pas d’élément « {e} ».",
        "Ajouter l’élément « {e} », avec un nullFlavor quand sa valeur n’est pas connue.",
    ),
    (
        r"\"(?P<p>[^\"]+)\" doit contenir un élément texte, qui doit contenir un élément référence.*",
        "L’entrée « {p} » ne renvoie pas au texte de la section.",
        'Ajouter <text><reference value="#…"/></text>, vers un ID du texte de la section.',
    ),
    (
        r".*[Ee]ntrée \"?(?P<e>[\w-]+)\"?,? (?:doit comporter les?|il doit y avoir les) '?templateIds?'? suivants? ?:.*",
        "L’entrée « {e} » ne porte pas tous ses templateId.",
        "Écrire, au début de l’entrée, les templateId que le message officiel énumère.",
    ),
    (
        r"Le templateId (?:CCD )?\((?P<o>[\d.]+)\) de l'entrée (?P<e>\w+) doit être déclaré\.?",
        "L’entrée « {e} » ne porte pas le templateId {o}.",
        'Ajouter <templateId root="{o}"/> au début de l’entrée.',
    ),
    (
        r".*(?:template|OID)[^(]*(?:parent|CCD parent)[^(]*\((?P<o>[\d.]+)\) (?:est obligatoire|doit être présent)\.?",
        "Le templateId parent {o} manque.",
        'Ajouter <templateId root="{o}"/> au même endroit que le templateId déjà écrit.',
    ),
    (
        r".*statusCode[^:]*?(?:valant|prenant l'une des valeurs suivantes :|avec l'attribut @code) (?P<v>.*?)\.?",
        "L’état (statusCode) manque ou n’est pas l’un de ceux permis : {v}.",
        _COMPLETED,
    ),
    (
        r"La valeur de l'élément \"code\" de \"statusCode\" est toujours fixée à \"(?P<v>\w+)\"\.?",
        "L’état (statusCode) n’est pas « {v} ».",
        'Écrire <statusCode code="{v}"/>.',
    ),
    (
        r"Le code de cette section doit être '(?P<v>[\d-]+)'\.?",
        "Le code de la section n’est pas {v}.",
        'Écrire <code code="{v}" codeSystem="2.16.840.1.113883.6.1"/> dans la section.',
    ),
    (
        r"empty address particles should not be present\.?",
        "L’adresse contient un élément vide.",
        "Retirer de l’adresse les éléments sans contenu (rue, ville, code postal…).",
    ),
    (
        r"address shall be null or text only or element only \(no mixed content\)\.?",
        "L’adresse mêle du texte libre et des éléments.",
        "Mettre chaque partie de l’adresse dans son élément, sans texte entre eux.",
    ),
    (
        r"if there is a nullFlavor, there shall be no text or other attribute or element.*",
        "Un élément déclaré absent (nullFlavor) porte pourtant un contenu.",
        "Retirer le nullFlavor quand la valeur est connue, sinon retirer la valeur.",
    ),
    (
        r".*un (?:CR-\w+|document) ne peut comporter que les sections de niveau 1 suivantes : .*",
        "Le document contient, au premier niveau, une section que son volet ne prévoit pas.",
        "Retirer la section, la placer dans une de celles que le message officiel énumère, ou corriger son templateId.",
    ),
    (
        r"Dans un document CDA non structuré, le templateId .*",
        "Les templateId d’un document non structuré ne sont pas ceux attendus.",
        "N’écrire que les trois templateId du document non structuré : France, CI-SIS et 1.3.6.1.4.1.19376.1.2.20.",
    ),
    (
        r"DocumentationIOf: L'élément (?P<e>\w+) est obligatoire dans l'acte principal\.?",
        "L’acte principal (documentationOf/serviceEvent) n’a pas d’élément « {e} ».",
        "Ajouter cet élément au premier documentationOf, qui décrit l’acte principal.",
    ),
)  # fmt: skip

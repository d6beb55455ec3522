"""The kinds of things that the agency's rules say: how to recognise each, what it means in French, and how to mend it.

Data of ``explain``: a pattern for the whole message, the sentence and the advice, both filled with what the pattern caught.
"""

from __future__ import annotations

_ATTRIBUTE = "Relire la définition de l’attribut dans le volet « Structuration minimale » du CI-SIS."
_TWICE = "Retirer la répétition, ou distinguer les deux éléments par leur contenu."

KINDS: tuple[tuple[str, str, str], ...] = (
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
    (
        r"telecom n'est pas conforme à une adresse de télécommunication .*",
        "Une adresse de télécommunication (telecom) est mal écrite, ou son nullFlavor n’est pas admis.",
        (
            "Écrire dans value un préfixe admis (tel:, fax:, mailto:, http:, ftp: ou mllp:) suivi de l’adresse ; sinon, le seul "
            "attribut nullFlavor, avec une valeur admise."
        ),
    ),
    (
        r"Seul un des deux attributs value ou nullFlavor doit être présent\.",
        "L’élément porte à la fois une valeur et un nullFlavor, ou ni l’un ni l’autre.",
        "Garder value quand l’adresse est connue, nullFlavor sinon.",
    ),
    (
        r"L'attribut use de l'élément telecom n'est pas conforme.*",
        "L’usage (use) d’une adresse de télécommunication n’est pas permis.",
        "Retirer l’attribut use, ou prendre une valeur parmi H, HP, HV, WP, DIR, PUB, EC, MC et PG.",
    ),
    (
        r"Code d'usage de l'adresse .*",
        "L’usage (use) d’une adresse postale n’est pas permis.",
        "Retirer l’attribut use, ou prendre une valeur parmi H, HP, HV, WP et TMP.",
    ),
    (
        r"Dans le cadre de l'INS, les traits de l'INS .* sont obligatoires",
        "Le patient porte un matricule INS, mais il manque un des traits de l’INS.",
        (
            "Donner le nom de naissance (qualifier BR), la liste des prénoms de l’acte de naissance et le premier d’entre eux, la "
            "date de naissance, le code INSEE du lieu de naissance et le sexe."
        ),
    ),
    (
        r".*attributs @classCode(?:,| et) @moodCode .*'(?P<c>\w+)'(?:,| et) '(?P<m>\w+)'\.?",
        "L’entrée n’a pas la nature que son templateId annonce : classCode « {c} » et moodCode « {m} ».",
        "Écrire ces deux attributs sur l’élément, ou retirer le templateId.",
    ),
    (
        r".*Instance is expected to have the following element: .*",
        "Le document n’a pas la racine attendue, avec le typeId de CDA R2.",
        'Écrire, en tête de ClinicalDocument, <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>.',
    ),
    (
        r"L'entrée (?P<e>\S+) doit comporter un élément '(?P<x>[^']+)'\.",
        "L’élément « {x} » manque dans l’entrée {e}.",
        "Ajouter cet élément ; une référence (reference) désigne par son identifiant un texte de la section.",
    ),
    (
        r"L'attribut @classCode de l'élément 'participant/associatedEntity' doit être .*",
        "L’entité associée d’un participant n’a pas la nature attendue (classCode).",
        "Écrire PROV pour un professionnel de santé, AGNT pour toute autre personne.",
    ),
    (
        r"DocumentationOf: Le performer est obligatoire dans l'acte principal\.",
        "L’acte principal (premier documentationOf) n’a pas d’exécutant.",
        "Ajouter un performer, et un seul, au serviceEvent du premier documentationOf.",
    ),
    (
        r"DocumentationOf: EffectiveTime est obligatoire dans l'acte principal\.",
        "L’acte principal (premier documentationOf) n’a pas de date.",
        "Ajouter un effectiveTime, et un seul, au serviceEvent du premier documentationOf.",
    ),
    (
        r'"(?P<e>[^"]+)" requiert un élément identifiant <id>\.?',
        "L’entrée « {e} » n’a pas d’identifiant.",
        "Ajouter un élément id, avec une racine (OID ou UUID) propre à l’émetteur.",
    ),
    (
        r"codeSystemName only if codeSystem",
        "Le nom d’un système de codage est donné sans son OID.",
        "Ajouter l’attribut codeSystem, ou retirer codeSystemName.",
    ),
    (
        r"Les attributs @code et @codeSystem sont obligatoires si pas de @nullFlavor",
        "L’élément codé n’a pas son code et son système de codage, ou les a malgré un nullFlavor.",
        "Donner code et codeSystem ensemble, ou le seul attribut nullFlavor.",
    ),
    (
        r"Les coordonnées telecom du laboratoire sont obligatoires dans l'élément (?P<e>\S+?)\.?",
        "Les coordonnées du laboratoire manquent : {e}.",
        "Ajouter au moins un telecom, avec son préfixe, ou un nullFlavor admis.",
    ),
    (
        r"The value for (?P<e>\S+) SHALL be selected from value set '(?P<o>[\d.]+)' (?P<v>\S+) \(DYNAMIC\)\.",
        "La valeur de « {e} » n’appartient pas au jeu de valeurs {v}.",
        "Prendre une valeur du jeu {v} (OID {o}), dans sa version en vigueur.",
    ),
    (
        r"L'élément (?P<e>\S+) est obligatoire et doit être fixé à (?P<v>.+?)\.?",
        "L’élément « {e} » manque ou n’a pas le contenu imposé.",
        "Écrire {e} avec ces attributs, à la lettre : {v}.",
    ),
    (
        r"Cette valeur n'est pas présente dans le (?P<v>\S+) \((?P<o>[\d.]+)\) associée?\.?",
        "La valeur n’appartient pas au jeu de valeurs {v}.",
        "Prendre une valeur du jeu {v} (OID {o}), ou retirer l’élément.",
    ),
    (
        r"L'identifiant du biologiste responsable doit être présent \((?P<e>.+)\)",
        "Le biologiste responsable n’a pas d’identifiant : {e}.",
        "Ajouter l’identifiant national du professionnel (RPPS précédé de 8), sous l’OID 1.2.250.1.71.4.2.1.",
    ),
    (
        r"(?:Cette entrée se conforme au template|Le templateId) \"?(?P<o>[\d.]+\d)\"?(?: doit être présent)?\.?",
        "Le templateId {o} manque.",
        'Ajouter <templateId root="{o}"/> à côté de ceux qui y sont.',
    ),
    (
        r"L'entrée (?P<e>\S+) doit comporter le templateId parent \((?P<o>[\d.]+)\)\.",
        "L’entrée {e} ne déclare pas le modèle dont elle dérive, {o}.",
        'Ajouter <templateId root="{o}"/> à côté de celui de l’entrée.',
    ),
    (
        r".*doit obligatoirement avoir les templateIds : (?P<v>.+?)\.?",
        "Il manque à la section l’un de ses templateId : {v}.",
        "Déclarer chacun de ces templateId dans la section.",
    ),
    (
        r".*il doit y avoir un seul \(et un seul\) '(?P<e>\w+)'.*",
        "L’élément « {e} » manque, ou est répété.",
        "En écrire un et un seul ; quand la valeur n’est pas connue, le déclarer nul (UNK).",
    ),
    (
        r"Une entrée '(?P<e>[^']+)' doit comporter un \(et un seul\) élément '(?P<x>\w+)'.*",
        "L’entrée « {e} » n’a pas exactement un élément « {x} » complet.",
        "En écrire un et un seul, avec le code et, par une référence, le texte de la section qu’il résume.",
    ),
    (
        r"Dans une entrée '(?P<e>[^']+)', l'élément '(?P<x>[^']+)' est obligatoire\..*",
        "L’élément « {x} » manque dans l’entrée « {e} ».",
        "L’ajouter ; quand la valeur n’est pas connue, le déclarer nul (UNK).",
    ),
    (
        r"Les éléments 'code' et 'originalText/reference' sont obligatoires\.",
        "Le produit n’a pas de code relié au texte de la section.",
        "Donner manufacturedMaterial/code avec originalText/reference, ou déclarer ce code nul.",
    ),
    (
        r"L'entrée '(?P<e>[^']+)' doit comporter au minimum l'un des templateId suivants : (?P<x>.+?)\.?",
        "L’entrée « {e} » ne dit pas de quelle forme elle est.",
        "Ajouter l’un de ces templateId : {x}.",
    ),
    (
        r"Prénom typé par l'attribut qualifier : .*",
        "Un prénom du patient porte un qualifier qui n’est pas permis.",
        (
            "BR pour le premier prénom de l’acte de naissance, CL pour le prénom utilisé, aucun qualifier pour la liste des "
            "prénoms de l’acte."
        ),
    ),
    (
        r"L'élément \"statusCode\" (?:doit être présent|est requis) .*",
        "L’état de l’entrée (statusCode) manque, ou n’est pas l’un de ceux qui sont permis.",
        "Écrire statusCode avec l’un des codes que la règle énumère.",
    ),
    (
        r"L'élément \"(?P<e>[^\"]*)\" doit avoir ses attributs @code, @codeSystem renseignés.*",
        "L’élément codé n’a ni code et système de codage, ni nullFlavor permis.",
        "Ajouter code et codeSystem, ou un nullFlavor parmi ceux que le modèle admet.",
    ),
    (
        r"L'élément \[(?P<c>[^:\]]*):(?P<l>.*):(?P<s>[^:\]]*)\] doit faire partie du jeu de valeurs (?P<v>\S+?)\.?",
        "Le code « {c} » ({l}) ne fait pas partie du jeu de valeurs {v}.",
        "Choisir un code de ce jeu de valeurs ; le système de codage ({s}) doit y correspondre aussi.",
    ),
    (
        r"La section doit contenir un (?:élément )?'?id'?(?: \(.*\))?\.?",
        "La section n’a pas d’identifiant, ou en a plusieurs.",
        "Écrire un élément id, et un seul, au début de la section.",
    ),
    (
        r"(?:Attribute )?@value is not a valid (?:INT|int) number (?P<f>.*)",
        "Un nombre entier est mal écrit : « {f} ».",
        "Écrire dans value un entier en chiffres, sans décimale ni espace.",
    ),
    (
        r"L'attribut @root doit avoir la valeur : - soit .*",
        "L’identifiant de la structure qui conserve le document n’est pas sous un OID permis.",
        "Écrire root 1.2.250.1.71.4.2.2 (structures de santé), ou 1.2.250.1.213.4.1 pour les documents du patient.",
    ),
    (
        r"La section \"\s*(?P<e>[^\"]+)\" \((?P<o>[\d.]+)\) doit être présente\.",
        "La section « {e} » manque.",
        'Ajouter la section, avec <templateId root="{o}"/>, même pour dire qu’elle est sans objet.',
    ),
    (
        r"(?:[\w/]+ )?\"(?P<f>[^\"]*)\" is not a valid timestamp\.?",
        "Une date est mal écrite : « {f} ».",
        "Écrire AAAAMMJJ, ou AAAAMMJJhhmmss suivi du décalage horaire (+0100).",
    ),
    (
        r"La composante \"low\" de l'élément \"effectiveTime\" doit être exprimée .*",
        "Le début du problème (effectiveTime/low) n’est pas dit.",
        "Ajouter low avec une date, ou un nullFlavor UNK ou NAV quand elle n’est pas connue.",
    ),
)

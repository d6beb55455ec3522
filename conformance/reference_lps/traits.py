"""Input rules of the identity traits: what is typed is put in the national form, or refused with the reason.

Source: implementation guide of the INS, rules 1 and 5 (characters, dates, mandatory traits).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from .errors import TraitError

STRICT = ("nom_naissance", "prenoms", "premier_prenom", "date_naissance", "sexe", "lieu_naissance")
COMPLEMENTARY = ("nom_utilise", "prenom_utilise")
ALL = STRICT + COMPLEMENTARY
MANDATORY = ("nom_naissance", "premier_prenom", "date_naissance", "sexe", "lieu_naissance")
UNKNOWN_PLACE = "99999"

_FAMILY = ("nom_naissance", "nom_utilise")
_MAX_LENGTH = 100
_OLDEST_YEAR = 1850
_REPLACED = str.maketrans(dict.fromkeys("’‘ʼ", "'") | dict.fromkeys("‐‑–—", "-") | {"Œ": "OE", "Æ": "AE"})


def normalise(name: str, value: Any) -> str:
    """Put one typed trait in its stored form; TraitError says in French why it cannot be."""
    if not isinstance(value, str):
        raise TraitError(f"Le trait « {name} » doit être un texte.")
    if name == "date_naissance":
        return _birth_date(value)
    if name == "sexe":
        return _one_of(name, value.strip().upper(), r"[MF]", "M ou F")
    if name == "lieu_naissance":
        return _one_of(name, value.strip().upper(), r"\d[0-9AB]\d{3}", "un code INSEE de cinq caractères")
    if name in COMPLEMENTARY and not value.strip():
        return ""
    return _person_name(name, value)


def normalise_all(typed: Mapping[str, Any]) -> dict[str, str]:
    """Normalise the traits present in ``typed``."""
    return {name: normalise(name, value) for name, value in typed.items()}


def complete(traits: Mapping[str, str]) -> dict[str, str]:
    """Fill what nobody is bound to type: the list of first names starts as the first of them."""
    return {
        "prenoms": traits["premier_prenom"],
        "nom_utilise": "",
        "prenom_utilise": "",
        **traits,
    }


def opens_list(first_name: str, first_names: str) -> bool:
    """True when ``first_name`` is the start of the space-separated list, at a word boundary."""
    return f"{first_names} ".startswith(f"{first_name} ")


def key_of(number: str) -> str:
    """The two-digit key of a 13-character matricule (Corsica: 2A counts 19, 2B counts 18)."""
    return f"{97 - int(number.replace('2A', '19').replace('2B', '18')) % 97:02d}"


def is_matricule(value: str) -> bool:
    """True for 15 characters, 13 and a key that agrees with them."""
    return bool(re.fullmatch(r"\d{5}\d[\dAB]\d{8}", value, re.ASCII)) and _key_agrees(value)


def _key_agrees(value: str) -> bool:
    corsican = value[5:7] in {"2A", "2B"}
    return (value[:13].isdigit() or corsican) and key_of(value[:13]) == value[13:]


def plain(text: str) -> str:
    """Capitals without accent nor ligature, typographic signs replaced, single spaces."""
    decomposed = unicodedata.normalize("NFD", text.upper().translate(_REPLACED))
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def _person_name(name: str, value: str) -> str:
    text = plain(value)
    if not text:
        raise TraitError(f"Le trait « {name} » est vide.")
    if len(text) > _MAX_LENGTH:
        raise TraitError(f"Le trait « {name} » dépasse {_MAX_LENGTH} caractères.")
    # Nothing is dropped in silence: a name cut of an unknown letter would be somebody else's name.
    if unknown := re.search(r"[^A-Z '\-]", text):
        raise TraitError(f"Le trait « {name} » contient un caractère refusé : « {unknown.group()} ».")
    if text.startswith(("-", "'")) and (text.startswith("-") or name not in _FAMILY):
        raise TraitError(f"Le trait « {name} » ne peut pas commencer par « {text[0]} ».")
    if name not in _FAMILY and (text.endswith(("-", "'")) or "--" in text):
        raise TraitError(f"Le trait « {name} » porte un tiret ou une apostrophe mal placés.")
    return text


def is_date(value: str) -> bool:
    """Whether the text is a day of the calendar, ``YYYY-MM-DD``."""
    try:
        return len(value) == 10 and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _birth_date(value: str) -> str:
    text = value.strip()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise TraitError("La date de naissance s’écrit AAAA-MM-JJ.")
    try:
        born = date.fromisoformat(text)
    except ValueError:
        raise TraitError(f"La date de naissance {text} n’existe pas au calendrier.") from None
    if born.year < _OLDEST_YEAR or born > datetime.now().astimezone().date():
        raise TraitError(f"La date de naissance {text} est impossible.")
    return text


def _one_of(name: str, value: str, pattern: str, wanted: str) -> str:
    if not re.fullmatch(pattern, value, re.ASCII):
        raise TraitError(f"Le trait « {name} » doit valoir {wanted}.")
    return value

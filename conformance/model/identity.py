"""A patient's identity as the national health identity (INS) defines it, and invented people to try software with."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

INS_NIR = "1.2.250.1.213.1.4.8"
INS_NIA = "1.2.250.1.213.1.4.9"
INS_TEST = "1.2.250.1.213.1.4.10"
INS_DEMO = "1.2.250.1.213.1.4.11"
INS_OIDS = frozenset({INS_NIR, INS_NIA, INS_TEST, INS_DEMO})
PRODUCTION_OIDS = frozenset({INS_NIR, INS_NIA})

_NAMES = (
    "ROCHEBRUNE",
    "VALMIEUX",
    "D'ARBELAY",
    "LE TALLEC-ORMOND",
    "MARVENNE",
    "SAINT-OUVRE",
    "BELLACOMBE",
    "TURMELIN",
    "DE L'ORGEVAL",
    "HAUTEFAGE",
    "MONTRAVEL",
    "PERRONCEL",
    "VAUDREMONT",
    "QUINCAMPOIX",
    "L'HERMIGNY",
    "ABRASSANE",
)
_FIRST = {
    "F": ("CAPUCINE", "ANNE-LISE", "ORIANE", "MAHAUT", "SOLENE", "ELEONORE", "ZELIE", "MARIE-AUDE", "ISALINE", "YSEE"),
    "M": (
        "ANSELME",
        "JEAN-BAPTISTE",
        "CORENTIN",
        "ALARIC",
        "EVRARD",
        "TIMOTHEE",
        "PIERRE-YVES",
        "GASPARD",
        "ELOI",
        "ODILON",
    ),
}
_PLACES = ("51215", "63220", "29232", "35238", "59350", "69385", "33281", "67482")


def nir_key(number: str) -> str:
    """The two-digit key of a 13-character matricule: 97 − (number mod 97), Corsica's 2A and 2B read as 19 and 18.

    Source: psc-ins facts, INS annex; raises ValueError when the number is not 13 characters of the right shape.
    """
    digits = number.replace("2A", "19").replace("2B", "18")
    if len(number) != 13 or not digits.isdigit():
        raise ValueError(f"« {number} » n’est pas un matricule de 13 caractères")
    return f"{97 - int(digits) % 97:02d}"


def has_valid_key(matricule: str) -> bool:
    """Whether the last two of the 15 characters are the key of the first 13."""
    try:
        return len(matricule) == 15 and nir_key(matricule[:13]) == matricule[13:]
    except ValueError:
        return False


def plain(text: str) -> str:
    """Upper case without accents, the alphabet of the INS traits."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).upper()


@dataclass(frozen=True, slots=True)
class Identity:
    """A person: strict traits (INS), used names, matricule of 15 characters and its OID. Dates are ``YYYY-MM-DD``."""

    nom_naissance: str
    prenoms: str
    premier_prenom: str
    nom_utilise: str
    prenom_utilise: str
    date_naissance: str
    sexe: str
    lieu_naissance: str
    matricule: str
    oid: str = INS_TEST

    def with_(self, **changes: str) -> Identity:
        """The same person with other values."""
        return replace(self, **changes)

    @property
    def key(self) -> str:
        """What attributes an exchange to this person when no matricule is in it."""
        return trait_key(self.nom_naissance, self.date_naissance)

    @property
    def keys(self) -> frozenset[str]:
        """Every key under which this person's exchanges are recorded."""
        return frozenset({self.matricule, self.key})

    @property
    def traits(self) -> dict[str, str]:
        """The traits as the Pilote LPS API names them, without matricule nor OID."""
        names = (
            "nom_naissance",
            "prenoms",
            "premier_prenom",
            "nom_utilise",
            "prenom_utilise",
            "date_naissance",
            "sexe",
            "lieu_naissance",
        )
        return {name: getattr(self, name) for name in names}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Identity:
        """An identity from plain values, unknown keys ignored, missing ones empty."""
        return cls(**{name: str(data.get(name) or "") for name in cls.__dataclass_fields__})


def invented_by_the_bench(matricule: str) -> bool:
    """Whether :func:`invent` may have made it: one of its communes, and an order number that they never reach."""
    return matricule[5:10] in _PLACES and matricule[10:11] == "9"


def trait_key(birth_name: str, birth_date: str) -> str:
    """The attribution key of a person known by traits only; the date is ``YYYY-MM-DD`` or ``YYYYMMDD``."""
    return f"{plain(birth_name).strip()}|{birth_date.replace('-', '')}"


def invent(seed: int, label: str, number: int = 0) -> Identity:
    """An invented person, always the same for the same seed, label and number.

    The matricule bears the test OID, a birth month of 01-12, and an order number above 900, which the registry
    does not reach; its key is valid.
    """
    draw = random.Random(f"{seed}/{label}/{number}")
    sex = draw.choice("FM")
    first = draw.sample(_FIRST[sex], 2)
    year, month, day = draw.randint(1931, 2006), draw.randint(1, 12), draw.randint(1, 28)
    place = draw.choice(_PLACES)
    # Two drawn letters after the name keep people apart without making names unreadable.
    name = f"{draw.choice(_NAMES)}-{''.join(draw.choices('ABDEFGILMNORSTUV', k=5))}"
    stem = f"{'2' if sex == 'F' else '1'}{year % 100:02d}{month:02d}{place}{draw.randint(900, 999)}"
    return Identity(
        nom_naissance=name,
        prenoms=" ".join(first),
        premier_prenom=first[0],
        nom_utilise=name,
        prenom_utilise=first[0],
        date_naissance=f"{year:04d}-{month:02d}-{day:02d}",
        sexe=sex,
        lieu_naissance=place,
        matricule=stem + nir_key(stem),
    )

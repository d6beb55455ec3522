"""A professional as the Annuaire Santé lists one, and invented ones to publish there."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

_NAMES = ("AUBRETON", "CHASSELOUP", "DESMARETZ", "FONTBLANCHE", "GUERNOVAL", "LESTRANGE", "MALIVERT", "ROUVRAYE")
_FIRST = ("Aurélien", "Bérénice", "Clémence", "Élie", "Gwenaël", "Hélène", "Maël", "Noémie", "Rémi", "Solène")
_SKILLS = {
    "SM26": "Qualifié en Médecine Générale (SM)",
    "SM05": "Chirurgie générale (SM)",
    "SM44": "Radio-diagnostic (SM)",
    "SM02": "Anatomie et cytologie pathologiques (SM)",
}
_TOWNS = (("51100", "51454", "Reims"), ("63000", "63113", "Clermont-Ferrand"), ("29200", "29019", "Brest"))


@dataclass(frozen=True, slots=True)
class Listed:
    """One professional, one activity in one structure.

    ``rpps`` has 11 digits, ``structure`` is a Struct_IdNat (4 + RPPS + rank), ``savoir_faire`` a TRE_R38 code,
    ``profession`` a TRE_G15 code. ``mailbox`` is the professional's own MSSanté address and
    ``structure_mailbox`` the structure's, None where there is none; ``email`` an ordinary address, which is no MSSanté one.
    """

    rpps: str
    nom: str
    prenom: str
    civilite: str
    savoir_faire: str
    savoir_faire_libelle: str
    structure: str
    raison_sociale: str
    voie: str
    code_postal: str
    code_commune: str
    commune: str
    telephone: str
    email: str
    mailbox: str | None
    structure_mailbox: str | None = None
    profession: str = "10"
    profession_libelle: str = "Médecin"

    @property
    def id_national(self) -> str:
        """The PS_IdNat: 8, then the RPPS number."""
        return f"8{self.rpps}"

    @property
    def keys(self) -> frozenset[str]:
        """Under which the exchanges about this professional are recorded."""
        return frozenset({self.rpps})

    def with_(self, **changes: str | None) -> Listed:
        """The same professional with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]


def luhn_digit(number: str) -> str:
    """The digit that completes ``number`` so that the whole has a Luhn sum of zero (ISO/IEC 7812-1, annex B)."""
    total = 0
    for rank, char in enumerate(reversed(number)):
        value = int(char) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def list_one(seed: int, label: str, number: int = 0) -> Listed:
    """An invented professional, always the same for the same seed, label and number.

    The RPPS number begins with 8999, which is not attributed, and its Luhn digit is right; every domain is ``.test``.
    """
    draw = random.Random(f"annuaire/{seed}/{label}/{number}")
    stem = f"8999{draw.randrange(10**6):06d}"
    rpps = stem + luhn_digit(stem)
    # Four drawn letters keep homonyms for the scenarios that want some.
    nom = f"{draw.choice(_NAMES)}-{''.join(draw.choices('ABDEFGILMNORSTUV', k=4))}"
    prenom = draw.choice(_FIRST)
    postal, insee, town = draw.choice(_TOWNS)
    skill = draw.choice(sorted(_SKILLS))
    return Listed(
        rpps=rpps,
        nom=nom,
        prenom=prenom,
        civilite=draw.choice(("M", "MME")),
        savoir_faire=skill,
        savoir_faire_libelle=_SKILLS[skill],
        structure=f"4{rpps}001",
        raison_sociale=f"Cabinet du Dr {nom}",
        voie=f"Allée des Essais n° {draw.randint(1, 90)}",
        code_postal=postal,
        code_commune=insee,
        commune=town,
        telephone=f"0199{draw.randrange(10**6):06d}",
        email=f"contact{number}.{rpps}@cabinet.exemple.test",
        mailbox=f"medecin.{rpps}@autre.mssante.test",
    )

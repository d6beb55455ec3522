"""The invented practice and professional that the simulated services know."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Organisation:
    """A practice; ``id_structure`` is its Struct_IdNat (4 + RPPS + rank), ``secteur`` a JDV_J61 code."""

    nom: str
    id_structure: str
    secteur: str
    finess: str | None = None

    @property
    def data(self) -> dict[str, Any]:
        """As bench.json gives it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional; ``id_national`` is the PS_IdNat (8 + RPPS), codes are those of TRE_G15 and TRE_R38."""

    rpps: str
    id_national: str
    nom: str
    prenom: str
    profession: str
    specialite: str
    titre: str

    @property
    def data(self) -> dict[str, Any]:
        """As bench.json gives it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of identification: its name and OID, as the assigning authority of local identifiers."""

    nom: str
    oid: str

    @property
    def data(self) -> dict[str, Any]:
        """As bench.json gives it."""
        return asdict(self)


DOMAIN = Domain("DOMAINE-ESSAI", "1.2.250.1.213.1.4.10.100")
"""The software's own domain: what its identity neighbour says of it is believed."""
FOREIGN_DOMAIN = Domain("AUTRE-DOMAINE", "1.2.250.1.213.1.4.10.900")
ORGANISATION = Organisation("Cabinet des Tilleuls", "489990000013001", "SA07")
THIRD_PARTY = Organisation("Centre d’imagerie des Aulnes", "1990000010", "SA01", "990000010")
"""A structure that opens connections to the software: of no department, hence of nobody."""
PROFESSIONAL = Professional("89990000013", "889990000013", "EXEMPLE", "Camille", "10", "SM26", "Dr")
# Who else may log in at the simulated Pro Santé Connect: a pharmacist and a nurse.
COLLEAGUES = (
    Professional("89990000021", "889990000021", "MODELE", "Dominique", "21", "", "Dr"),
    Professional("89990000039", "889990000039", "ESSAI", "Claude", "60", "", "M"),
)

"""The « Annuaire PMI » as the bench gives it: the box of the maternal and child health service of a few departments.

The real base is handed out by the ministry; its form is not public, hence this plain list (department, name, address).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

_DOMAIN = "pmi.mssante.test"


@dataclass(frozen=True, slots=True)
class ChildService:
    """The service of a department: its number as on a number plate (``2A``, ``971``), its name, its MSSanté address."""

    departement: str
    nom: str
    adresse: str

    @property
    def data(self) -> dict[str, str]:
        """As bench.json gives it."""
        return asdict(self)


SERVICES = {
    number: ChildService(number, f"PMI du département d’essai {number}", f"pmi-{number.lower()}@{_DOMAIN}")
    for number in ("01", "2A", "2B", "69", "75", "971")
}
"""By department, Corsica and overseas among them: their number is not the first two digits of a postal code."""

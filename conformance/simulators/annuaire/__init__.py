"""The Annuaire Santé: the public extraction and the FHIR API v2, over invented professionals, with faults by name."""

from .service import FAULTS, POPULATION, Annuaire

__all__ = ["FAULTS", "POPULATION", "Annuaire"]

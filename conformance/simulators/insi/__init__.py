"""The INSi téléservice: recovery of an identity by its traits, verification (unit, in bulk), faults by name."""

from .service import Insi

__all__ = ["Insi"]

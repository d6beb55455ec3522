"""A throw-away PKI that mimics the test branch of the IGC-Santé: same subjects, « TEST » everywhere."""

from .authority import Pki

__all__ = ["Pki"]

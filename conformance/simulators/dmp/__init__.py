"""A simulated DMP: existence test, deposit, replacement, deletion, authorisation, over mutual TLS, SOAP 1.2 and VIHF."""

from .faults import FAULTS
from .service import Dmp

__all__ = ["FAULTS", "Dmp"]

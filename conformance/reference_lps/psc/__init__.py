"""A relying party of Pro Santé Connect, or of the structure's own provider: logins by browser or by CIBA."""

from .client import IDLE_S, PscClient

__all__ = ["IDLE_S", "PscClient"]

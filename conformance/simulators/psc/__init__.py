"""Pro Santé Connect on loopback: an OpenID provider on two hosts as the real one, with traps and mutations."""

from .service import Psc

__all__ = ["Psc"]

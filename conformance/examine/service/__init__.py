"""A small HTTP service that judges what it is sent, speaking the validation API of IHE Gazelle (version 1).

``report`` turns judgements into Gazelle's report, ``lanes`` shares the work between processes, ``app`` is the HTTP side.
"""

from .app import Service, serve

__all__ = ["Service", "serve"]

"""Schematron (ISO/IEC 19757-3, ``xslt2`` binding) compiled to XSLT and run by SaxonC-HE.

``source`` reads a schema into ``model``; ``emit`` writes it as XSLT; ``cache`` keeps that text on disk; ``engine``
compiles it and runs it. Nothing here knows of CDA: the ``xpath`` module recognises shapes of expressions, and whatever
it does not recognise takes the slower way that is always right.
"""

from conformance.validation.schematron.cache import careful, compiled, default_folder
from conformance.validation.schematron.engine import Engine, EngineError, Failed, Outcome, Sheet, Unjudged, address
from conformance.validation.schematron.model import Claim, Compiled, SchemaError, Site
from conformance.validation.schematron.source import same_case

__all__ = [
    "Claim",
    "Compiled",
    "Engine",
    "EngineError",
    "Failed",
    "Outcome",
    "SchemaError",
    "Sheet",
    "Site",
    "Unjudged",
    "address",
    "careful",
    "compiled",
    "default_folder",
    "same_case",
]

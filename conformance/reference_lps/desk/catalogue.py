"""The actions on the laboratory's catalogue: exporting its listings, importing the LOINC codes given to them."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.laboratory import catalogue, catalogue_fhir
from conformance.reference_lps.lps import Lps

_SETTING = "codes_loinc"


def export(lps: Lps, call: Call) -> dict[str, Any]:
    """A listing, as the file that the user would save."""
    body = Body(call.body, ("liste", "format"))
    listing = body.one_of("liste", tuple(catalogue.LISTINGS))
    written = {"csv": catalogue.export, "fhir": catalogue_fhir.export}[body.one_of("format", ("csv", "fhir"), "csv")]
    name, content = written(listing, datetime.now().astimezone(), lps.defects)
    return {"nom": name, "contenu": base64.b64encode(content).decode("ascii")}


def take(lps: Lps, call: Call) -> dict[str, Any]:
    """Import a returned file; a blocking error leaves the catalogue as it was."""
    body = Body(call.body, ("nom", "contenu"))
    name = body.text("nom")
    read = catalogue_fhir.read if name.endswith(".json") else catalogue.read
    given, report = read(name, body.data("contenu"), lps.defects)
    if not any(line["gravite"] == catalogue.BLOCKING for line in report):
        lps.store.set(_SETTING, json.dumps(_codes(lps) | given))
    return {"rapport": report}


def codes(lps: Lps, _call: Call) -> dict[str, Any]:
    """The LOINC code of each item of the catalogue."""
    return {
        kind: [{"code": item, "loinc": loinc} for item, loinc in given.items()] for kind, given in _codes(lps).items()
    }


def _codes(lps: Lps) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(lps.store.setting(_SETTING) or "{}")
    return found

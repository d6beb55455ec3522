"""Catalogue du laboratoire en FHIR : les mêmes éléments que les fichiers CSV, et les codes LOINC rendus par un ConceptMap."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from conformance import require, verifies
from conformance.checks import catalogue_csv, catalogue_fhir, fhir
from conformance.checks.catalogue_csv import CHAPTERS, DEMANDS, RESULTS
from conformance.drivers.software import Software
from conformance.outcomes import NotRun, ToReview, legible
from conformance.suites.loi.test_catalogue import CODES, coded, exported

FILES = (
    ("chapitres", CHAPTERS, "LOINC_4_transcodage_chapitres_20260105.json", {"chapitres": 0, "sous_chapitres": 2}),
    ("demandes", DEMANDS, "LOINC_5_transcodage_demandes_20260105.json", {"examens": 0}),
    ("resultats", RESULTS, "LOINC_6_transcodage_demandes_20260105.json", {"analyses": 0}),
)
"""Each listing, the shape of its CSV file, the name of the coded one, and in which column stand the items of each kind."""


@verifies("LOI/va1.10")
def test_the_catalogue_is_exchanged_in_fhir(software: Software) -> None:
    """Les trois catalogues sortent en FHIR avec les éléments de leurs fichiers CSV, et un transcodage FHIR est intégré."""
    for listing, shape, name, kinds in FILES:
        lines = coded(software, listing, shape, keys=tuple(kinds.values()))
        labels = {line[column]: line[column + 1] for line in lines for column in kinds.values()}
        resources = in_fhir(software, listing, labels)
        # Other codes than the CSV scenarios give: what they left in the catalogue must not pass for this import.
        given = {code: CODES[-1 - rank % len(CODES)] for rank, code in enumerate(sorted(labels))}
        mapping = catalogue_fhir.concept_map(catalogue_fhir.items(resources), given)
        imported(software, name, mapping)
        held = software.do("lire_codes_loinc")
        for kind, column in kinds.items():
            expected = {line[column]: given[line[column]] for line in lines}
            found = held.get(kind)
            require(catalogue_csv.given(name, expected, found if isinstance(found, list) else [], kind))


def in_fhir(software: Software, listing: str, labels: Mapping[str, str]) -> list[fhir.Resource]:
    """The resources of a listing: sound, complete, and no CSV file in disguise."""
    name, content = exported(software, listing, format="fhir")
    if name.lower().endswith(".csv"):
        raise NotRun(f"le logiciel rend {name} quand on lui demande le catalogue en FHIR : il n’y a rien à juger")
    resources = legible(fhir.read(name, content))
    require(
        fhir.sound(name, resources),
        catalogue_fhir.no_csv(name, resources),
        catalogue_fhir.same_items(name, resources, labels),
        catalogue_fhir.loinc_named(name, resources),
    )
    return resources


def imported(software: Software, name: str, mapping: fhir.Resource) -> None:
    """Have the transcoding imported. Left to a person when the software wants its codes in another form of FHIR."""
    content = base64.b64encode(json.dumps(mapping, ensure_ascii=False).encode()).decode()
    reply = software.ask("importer_catalogue", nom=name, contenu=content)
    if not reply.ok:
        raise ToReview(
            "les exports FHIR sont valides ; le logiciel n’intègre pas le ConceptMap du banc : montrer l’intégration des codes"
        )

"""A report in one version or in two: what sets them apart, and what they must share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.model.finding import Finding
from conformance.validation.gate import Document

_SOURCE = "REM, DOC/va1.36"


def copied(document: Mapping[str, Any], *, wanted: bool) -> Iterator[Finding]:
    """There is a version for the patient when the setting asks for one, and only then."""
    if bool(document.get("exemplaire_patient")) is not wanted:
        yield Finding(
            "cda.versions",
            "Le réglage général ne décide pas du nombre de versions du compte rendu.",
            expected="deux versions, l’une pour le patient" if wanted else "une version unique",
            observed="une version unique" if wanted else "deux versions",
            fix="Produire la version du patient à la validation quand le réglage le demande, et alors seulement.",
            source=_SOURCE,
        )


def differ(professional: Document, patient: Document) -> Iterator[Finding]:
    """Two versions are two documents: each has its own identifier, and they are not the same bytes."""
    own, other = (one.first("id") for one in (professional, patient))
    named = [(one.get("root"), one.get("extension")) for one in (own, other) if one is not None]
    if len(named) == 2 and named[0] == named[1]:
        yield Finding(
            "cda.versions",
            "Les deux versions du compte rendu sont un seul et même document.",
            where=patient.where(patient.first("id")),
            expected="deux documents, chacun avec son identifiant",
            observed="le même identifiant",
            fix="Donner à la version du patient son propre identifiant et son propre contenu.",
            source=_SOURCE,
        )

"""The agency's content rules on a document, told as findings; without its pack, what remains unverified is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.checks.cda.tools import fault
from conformance.model.finding import Finding, Location, Severity
from conformance.validation import xsd
from conformance.validation.gate import Document


def told(document: Document, folder: Path | None = None, volet: str | None = None) -> Iterator[Finding]:
    """Schema, header, body, terminologies and volet, as the pack in ``folder`` (by default the one at hand) has them.

    ``volet`` forces the volet. Without a pack, each thing that is not judged is said.
    """
    from conformance.validation.packs import open_pack

    pack = open_pack(folder)
    if not isinstance(pack, Finding):
        from conformance.validation.document import shared
        from conformance.validation.told import tell

        yield from tell(shared(pack), document, volet)
        return
    if pack.rule == "pack.unusable":
        yield pack
    elif (missing := xsd.unavailable(folder)) is not None:
        yield Finding("cda.xsd.unverified", missing, Severity.INFO, Location(document.name))
    else:
        yield from xsd.validate(document, folder)
    yield Finding(
        "cda.schematron.unverified",
        f"Les règles Schematron du CI-SIS ne sont pas vérifiées. {pack.message}",
        Severity.INFO,
        Location(document.name),
        fix=pack.fix,
    )


def structured(document: Document) -> Iterator[Finding]:
    """The document is of level 3: sections, and at least an entry."""
    if document.first("component/structuredBody//entry") is None:
        yield fault(
            document,
            "cda.structured",
            "Le document n’est pas structuré.",
            document.first("component"),
            expected="component/structuredBody avec des entrées",
            observed="corps non structuré" if document.first("component/nonXMLBody") is not None else "aucune entrée",
            fix="Produire le document en CDA R2 N3, selon le volet du CI-SIS qui le concerne.",
        )


def absent() -> str | None:
    """Why the agency's rules cannot be applied; None when its pack is at hand."""
    from conformance.validation.packs import open_pack

    pack = open_pack()
    return pack.message if isinstance(pack, Finding) else None

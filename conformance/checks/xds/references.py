"""What a document refers to, by its metadata: imaging orders, accession numbers, studies (``referenceIdList``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks.xds.model import Entry, say
from conformance.model.finding import Finding, Severity

REFERENCES = "urn:ihe:iti:xds:2013:referenceIdList"
ORDER, ACCESSION = "urn:ihe:iti:xds:2013:order", "urn:ihe:iti:xds:2013:accession"
STUDY = "urn:ihe:iti:xds:2016:studyInstanceUID"
_KINDS = frozenset(
    {
        ORDER,
        ACCESSION,
        STUDY,
        "urn:ihe:iti:xds:2013:uniqueId",
        "urn:ihe:iti:xds:2013:referral",
        "urn:ihe:iti:xdw:2013:workflowInstanceId",
        "urn:ihe:iti:xds:2015:encounterId",
    }
)
_OID = r"[0-2](?:\.(?:0|[1-9]\d*))+"
_CXI = re.compile(rf"(?P<value>[^^&]+)\^\^\^(?:&(?P<authority>{_OID})&ISO)?\^(?P<kind>[^^]+)(?:\^.*)?")
_SOURCE = "IHE ITI TF-3, 4.2.3.2.28 (referenceIdList) et 4.2.3.1.2 (CXi)"


@dataclass(frozen=True, slots=True)
class Reference:
    """An identifier of something else than the document: who gave it (OID, maybe empty), its value, its kind (URN)."""

    authority: str
    value: str
    kind: str = ORDER

    @property
    def cxi(self) -> str:
        """As metadata and queries write it."""
        return f"{self.value}^^^&{self.authority}&ISO^{self.kind}" if self.authority else f"{self.value}^^^^{self.kind}"


def read(cxi: str) -> Reference | None:
    """A reference in CXi; None when it is not written so."""
    found = _CXI.fullmatch(cxi.strip())
    return Reference(found["authority"] or "", found["value"], found["kind"]) if found else None


def references(entry: Entry, kind: str = ORDER) -> tuple[Reference, ...]:
    """The well-formed references of that kind, in their order."""
    found = (read(value) for value in entry.slots.get(REFERENCES, ()))
    return tuple(one for one in found if one is not None and one.kind == kind)


def well_formed(entry: Entry) -> Iterator[Finding]:
    """Each reference is a CXi of a known kind; orders and accession numbers name who gave them."""
    for value in entry.slots.get(REFERENCES, ()):
        found = read(value)
        expected = "<numéro>^^^&<OID de l’autorité>&ISO^<type d’identifiant>"
        if found is None:
            yield _form("La référence n’a pas la forme CXi.", entry, expected, value)
        elif found.kind not in _KINDS:
            yield _form(
                "Le type d’une référence n’est pas dans la liste lue.", entry, ORDER, found.kind, Severity.WARNING
            )
        elif found.kind in (ORDER, ACCESSION) and not found.authority:
            yield _form("La référence ne dit pas quelle autorité a donné le numéro.", entry, expected, value)


def _form(message: str, entry: Entry, expected: str, observed: str, severity: Severity = Severity.ERROR) -> Finding:
    fix = "Écrire la référence en CXi, avec l’OID de l’autorité d’affectation et le type d’identifiant."
    return say("reference", message, entry.where, expected, observed, fix, severity, source=_SOURCE)

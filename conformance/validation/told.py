"""What the tiers say of a document, told as findings: a tier that could not judge is said, never left to read as a success."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.model.finding import Finding, Location, Severity
from conformance.model.verdict import Verdict
from conformance.validation.document import Judge, Judgement
from conformance.validation.gate import Document
from conformance.validation.tiers import Tier

_WORDS = {
    Verdict.CONFORME: "conforme",
    Verdict.NON_CONFORME: "non conforme",
    Verdict.NON_APPLICABLE: "non applicable",
    Verdict.NON_VERIFIE: "non vérifié",
    Verdict.ERREUR_BANC: "moteur en échec",
}


def tell(judge: Judge, document: Document, volet: str | None = None) -> Iterator[Finding]:
    """Judge a document on every tier and say all of it: the pack, its repairs, each tier's findings or state.

    ``volet`` imposes the volet.
    """
    judgement = judge.judge(document, volet)
    yield Finding(
        "pack.used",
        "Les règles de contenu CDA sont celles du pack de l’Agence dont voici l’empreinte.",
        Severity.INFO,
        observed=f"sha256 {judge.pack.digest}",
        source="Pack de validation des contenus CDA de l’Agence (ansforge/TestContenuCDA-3-0)",
    )
    yield from judgement.repairs
    yield _summary(document, judgement)
    yield from judgement.remarks
    for tier in judgement.tiers:
        yield from _tier(document, tier)


def _summary(document: Document, judgement: Judgement) -> Finding:
    states = ", ".join(f"{tier.name} {_WORDS.get(tier.status, tier.status.value)}" for tier in judgement.tiers)
    volet = "" if judgement.volet is None else f" (volet {judgement.volet})"
    return Finding("cda.tiers", f"Paliers de contenu CDA{volet} : {states}.", Severity.INFO, Location(document.name))


def _tier(document: Document, tier: Tier) -> Iterator[Finding]:
    if tier.status is Verdict.NON_VERIFIE:
        yield Finding(
            f"{tier.name}/unverified",
            f"Palier {tier.name} : il n’est pas vérifié.",
            Severity.WARNING,
            Location(document.name),
        )
    elif tier.status is Verdict.NON_APPLICABLE and not tier.findings:
        yield Finding(
            f"{tier.name}/not-applicable",
            f"Palier {tier.name} : non applicable, aucune de ses règles ne concerne ce document.",
            Severity.INFO,
            Location(document.name),
            source=tier.schema,
        )
    condemns = tier.status is Verdict.NON_CONFORME
    for finding in tier.findings:
        # What is wrong with a schema never condemns the document.
        mild = finding.severity is Severity.ERROR and not condemns
        yield replace(finding, severity=Severity.WARNING) if mild else finding

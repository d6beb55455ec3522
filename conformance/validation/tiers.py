"""What a tier of rules says of a document: its status, and a finding for each assertion that fails or cannot be evaluated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.model.finding import Finding, Location, Severity
from conformance.model.verdict import Verdict
from conformance.validation.explain import explain
from conformance.validation.gate import Document
from conformance.validation.places import Places
from conformance.validation.schematron import Claim, Failed, Outcome, SchemaError, Site, Unjudged

_NO_DOCUMENT = ("FODC", "outside")
"""How the errors begin that come from a document which the rule looks things up in: a fault of the pack."""
_WITHOUT_DOCUMENT = (
    "Compléter le pack : la règle consulte un fichier qui n’y est pas. Le document jugé n’est pas en cause."
)
_ODD_VALUE = (
    "Regarder, à cet endroit, si un élément est répété ou si une valeur (xsi:type, code, date) est mal formée : la règle "
    "attend une seule valeur bien formée."
)
_SEVERITIES = {
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "info": Severity.INFO,
    "information": Severity.INFO,
    "hint": Severity.INFO,
}
_TITLES = {
    "STRUCT": "En-tête CDA (structuration minimale)",
    "IHE": "Corps : sections et entrées IHE",
    "MODELES": "Corps : modèles de contenus CDA du CI-SIS",
    "ANS": "Corps : modèles de l’Agence",
    "TERM": "Terminologies",
    "VOLET": "Volet",
}


@dataclass(frozen=True, slots=True)
class Tier:
    """What one tier says. ``fired``: to how many nodes its rules applied, None for the XML schema or when unknown."""

    name: str
    status: Verdict
    fired: int | None
    findings: tuple[Finding, ...] = ()
    schema: str | None = None


def fault(name: str, path: Path, error: Exception, document: Document) -> Tier:
    """A tier of which nothing is known."""
    finding = Finding(
        f"{name}/engine",
        f"Palier {name} : le moteur a échoué, on ne sait rien de la conformité du document à ce palier.",
        Severity.WARNING,
        Location(document.name),
        observed=" ".join(str(error).split())[:500],
        source=path.name,
    )
    about = error.findings if isinstance(error, SchemaError) else ()
    return Tier(name, Verdict.ERREUR_BANC, None, (finding, *about), path.name)


def tier_of(name: str, path: Path, outcome: Outcome, places: Places) -> Tier:
    """A tier judged by the schema ``path``."""
    findings = tuple(_finding(name, path, failed, places) for failed in outcome.failed)
    if any(finding.severity is Severity.ERROR for finding in findings):
        status = Verdict.NON_CONFORME
    elif outcome.unjudged:
        status = Verdict.ERREUR_BANC
    else:
        status = Verdict.CONFORME if outcome.fired else Verdict.NON_APPLICABLE
    return Tier(name, status, outcome.fired, (*findings, *_unjudged(name, path, outcome, places)), path.name)


def _unjudged(tier: str, path: Path, outcome: Outcome, places: Places) -> Iterator[Finding]:
    """What could not be evaluated, once for each node and reason: the rest of the tier is judged."""
    first: dict[tuple[tuple[int, ...], str], Unjudged] = {}
    for each in outcome.unjudged:
        first.setdefault((each.ranks, each.message), each)
    for each in first.values():
        element = places.element(each.ranks)
        yield Finding(
            f"{_identifier(tier, each.site, each.claim)}/engine",
            f"Palier {tier} : une règle ne peut pas être évaluée ici, on ne sait pas si le document la respecte ; les "
            "autres règles sont jugées.",
            Severity.WARNING,
            places.where(element),
            observed=each.message[:500],
            fix=_WITHOUT_DOCUMENT if each.message.startswith(_NO_DOCUMENT) else _ODD_VALUE,
            source=f"{_TITLES[tier]}, {path.name}",
            excerpt=places.excerpt(element),
        )


def rule_id(tier: str, failed: Failed) -> str:
    """An identifier that lives as long as the rule: its place, and a hash of its context and test.

    The place helps to find it, the hash survives an insertion before it: compare hashes from one pack to another.
    """
    return _identifier(tier, failed.site, failed.claim)


def _identifier(tier: str, site: Site, claim: Claim | None) -> str:
    text = "\n".join(" ".join(part.split()) for part in (site.context, "" if claim is None else claim.test))
    seal = hashlib.sha256(text.encode()).hexdigest()[:8]
    owner = f"{claim.owner}." if claim is not None and claim.owner else ""
    place = "" if claim is None else f"/{owner}a{claim.place}"
    return f"{tier}/{site.pattern}/r{site.place}{place}#{seal}"


def _finding(tier: str, path: Path, failed: Failed, places: Places) -> Finding:
    element = places.element(failed.ranks)
    known = explain(failed.message)
    return Finding(
        rule_id(tier, failed),
        failed.message if known is None else known.sentence,
        _SEVERITIES.get((failed.claim.role or "error").strip().lower(), Severity.ERROR),
        places.where(element),
        observed=None if known is None else failed.message,
        fix=None if known is None else known.fix,
        source=f"{_TITLES[tier]}, {path.name}",
        excerpt=places.excerpt(element),
    )

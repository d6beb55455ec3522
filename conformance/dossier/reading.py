"""What a dossier holds for a scenario: each proof, its files, what a machine says of them, what a person decided.

Evidence alone never makes a scenario conforming: a named person does, on files that have not changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.checks import evidence
from conformance.checks.evidence import Filed
from conformance.checks.evidence.attestation import attestation, signed_by
from conformance.checks.evidence.content import content
from conformance.drivers.dossier import Dossier, Piece
from conformance.model.finding import Finding, Location, Severity
from conformance.model.plan import Planned
from conformance.model.requirement import Proof, Scenario
from conformance.model.review import Decision, Review
from conformance.model.vendor import Software
from conformance.model.verdict import Verdict
from conformance.reporting.text import moment


@dataclass(frozen=True, slots=True)
class Looked:
    """One file filed under a proof, and everything a machine says of it. ``declares``: it is a signed declaration."""

    filed: Filed
    declares: bool
    findings: tuple[Finding, ...]

    @property
    def acceptable(self) -> bool:
        """Whether it can be looked at as a proof."""
        return not evidence.refused(self.findings) and not self.filed.signature

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What condemns: a declaration that says « Non »."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def has(self, rule: str) -> bool:
        """Whether a rule spoke of it."""
        return any(finding.rule == rule for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Kept:
    """One expected proof: its files, and the last decision of a person about it."""

    proof: Proof
    looked: tuple[Looked, ...]
    review: Review | None

    @property
    def state(self) -> str:
        """Fournie, refusée or manquante, as ``run.json`` says it."""
        if not self.looked:
            return "manquante"
        return "fournie" if any(one.acceptable for one in self.looked) else "refusée"

    @property
    def pieces(self) -> dict[str, str]:
        """Its files, by name, with their SHA-256."""
        return {one.filed.name: one.filed.sha256 for one in self.looked}

    @property
    def holds(self) -> bool:
        """Whether the decision still counts: made on these very files."""
        return self.review is not None and self.review.covers(self.pieces)

    def decided(self, decision: Decision) -> bool:
        """Whether that is the decision that counts."""
        return self.holds and self.review is not None and self.review.decision is decision


@dataclass(frozen=True, slots=True)
class Reading:
    """What a dossier says of one scenario. ``mode`` is preuve, attestation or aucun; ``findings`` are all of them."""

    scenario: Scenario
    proofs: tuple[Kept, ...]
    verdict: Verdict
    reason: str
    mode: str
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that condemn."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def reviews(self) -> list[dict[str, Any]]:
        """The decisions of persons, as ``run.json`` carries them."""
        return [
            {
                "proof": kept.proof.id,
                "decision": kept.review.decision.value,
                "by": kept.review.by,
                "at": kept.review.at,
                "reason": kept.review.reason,
                "holds": kept.holds,
            }
            for kept in self.proofs
            if kept.review is not None
        ]


def proofs_of(scenario: Scenario) -> tuple[Proof, ...]:
    """The proofs a scenario asks for; one that asks for none may still be documented, under its own id."""
    return scenario.proofs or (Proof(scenario.id, "document", scenario.title),)


def read(item: Planned, dossier: Dossier, software: Software | None = None, now: datetime | None = None) -> Reading:
    """Look at everything filed under a scenario’s proofs; ``now`` is the present time, in UTC."""
    at = now or datetime.now(UTC)
    section = item.requirement.section
    proofs = tuple(_kept(proof, section, dossier, software, at) for proof in proofs_of(item.scenario))
    findings = tuple(finding for kept in proofs for one in kept.looked for finding in one.findings)
    verdict, reason, told = _weigh(proofs, dossier)
    acceptable = [one for kept in proofs for one in kept.looked if one.acceptable]
    declared = any(one.declares for one in acceptable)
    judged = acceptable or verdict is Verdict.NON_CONFORME
    mode = "aucun" if not judged else "attestation" if declared else "preuve"
    return Reading(item.scenario, proofs, verdict, reason, mode, (*findings, *told))


def _kept(proof: Proof, section: str, dossier: Dossier, software: Software | None, now: datetime) -> Kept:
    pieces = dossier.for_proof(proof.id, section)
    sizes = {piece.name: piece.size for piece in pieces}
    looked = []
    for piece in pieces:
        filed = Filed(piece.name, piece.size, piece.sha256, piece.head, datetime.fromisoformat(piece.modified))
        declares = evidence.declares(proof, filed)
        outside = tuple(_outside(filed, proof, dossier, sizes, software, now, declares))
        inside = () if _closed(filed, outside) else _inside(filed, piece, proof, dossier, software)
        looked.append(Looked(filed, declares, (*outside, *inside)))
    return Kept(proof, tuple(looked), dossier.review_of(proof.id))


def _outside(
    filed: Filed,
    proof: Proof,
    dossier: Dossier,
    sizes: dict[str, int],
    software: Software | None,
    now: datetime,
    declares: bool,
) -> Iterator[Finding]:
    yield from evidence.readable(proof, filed)
    yield from evidence.dated(filed, now)
    elsewhere = [name for name in dossier.twins(filed.sha256) if name not in sizes]
    yield from evidence.used_once(proof, filed, elsewhere)
    if declares and filed.size:
        yield from attestation(filed, now.date(), proof, software)
        yield from signed_by(filed, sizes)


def _closed(filed: Filed, told: Iterable[Finding]) -> bool:
    """Whether there is nothing to open: empty, of a wrong type, or only a signature."""
    return filed.signature or any(
        finding.rule in ("preuve.vide", "preuve.type", "preuve.illisible") for finding in told
    )


def _inside(
    filed: Filed, piece: Piece, proof: Proof, dossier: Dossier, software: Software | None
) -> tuple[Finding, ...]:
    def reader(path: Path) -> Iterable[Finding]:
        return content(path, filed, proof, software)

    return dossier.look(proof.id, piece, reader)


def _weigh(proofs: tuple[Kept, ...], dossier: Dossier) -> tuple[Verdict, str, tuple[Finding, ...]]:
    """Verdict, reason, and the findings that a refusal adds."""
    told = tuple(_told(proofs, dossier))
    declared = [error for kept in proofs for one in kept.looked for error in one.errors]
    if declared:
        return Verdict.NON_CONFORME, declared[0].message, told
    refused = [kept for kept in proofs if kept.decided(Decision.REFUSED)]
    if refused:
        return Verdict.NON_CONFORME, f"{_said(refused)} ; {_WITHOUT}", told
    if not any(kept.state == "fournie" for kept in proofs):
        return Verdict.NON_VERIFIE, f"{_alone(proofs)}{_void(proofs)}", told
    if all(kept.state == "fournie" and kept.decided(Decision.ACCEPTED) for kept in proofs):
        return Verdict.CONFORME, f"{_said(proofs)} ; {_WITHOUT}", told
    some = [kept for kept in proofs if kept.holds]
    also = f" ; {_said(some)}" if some else ""
    return Verdict.A_EXAMINER, f"{_alone(proofs)}{also}{_void(proofs)}", told


_WITHOUT = "sans cette revue, le scénario serait « à examiner »"


def _alone(proofs: Iterable[Kept]) -> str:
    """What a machine alone would say."""
    known = list(proofs)
    count = sum(one.acceptable for kept in known for one in kept.looked)
    missing = [kept.proof.id for kept in known if not kept.looked]
    absent = f" ; manque : {', '.join(missing)}" if missing else ""
    if not count:
        return f"aucune pièce recevable dans le dossier{absent}"
    return f"{count} pièce{'s' if count > 1 else ''} à examiner{absent}"


def _said(decided: Iterable[Kept]) -> str:
    """« acceptée par Camille le 5 janvier 2026… (motif) », once for each decision made of several proofs."""
    words: dict[str, list[str]] = {}
    for kept in decided:
        if kept.review is not None:
            words.setdefault(said(kept.review), []).append(kept.proof.id)
    return " ; ".join(f"{', '.join(ids)} {sentence}" for sentence, ids in words.items())


def said(review: Review) -> str:
    """A decision in a few French words."""
    verb = {Decision.COMPLEMENT: "complément demandé"}.get(review.decision, review.decision.value)
    return f"{verb} par {review.by} le {moment(review.at)} ({review.reason})"


def _void(proofs: Iterable[Kept]) -> str:
    """The decisions that no longer count, said so."""
    void = [kept for kept in proofs if kept.review is not None and not kept.holds]
    if not void:
        return ""
    return " ; ".join(
        (
            "",
            *(
                f"la revue de {k.proof.id} par {k.review.by} ne compte plus, les pièces ont changé"
                for k in void
                if k.review
            ),
        )
    )


def _told(proofs: Iterable[Kept], dossier: Dossier) -> Iterator[Finding]:
    """A refusal is an error, with the person’s reason; a request and a void decision are told."""
    for kept in proofs:
        if kept.review is None:
            continue
        where = Location(kept.proof.id)
        if not kept.holds:
            yield Finding(
                "revue.caduque",
                f"La revue de {kept.review.by} ne compte plus : les pièces ne sont plus celles qui ont été examinées.",
                Severity.WARNING,
                where,
                observed=", ".join(sorted(_changed(kept))) or None,
                fix="Faites examiner de nouveau la preuve.",
            )
        elif kept.review.decision is not Decision.ACCEPTED:
            refused = kept.review.decision is Decision.REFUSED
            verb = "refusée" if refused else "à compléter"
            yield Finding(
                "revue.refus" if refused else "revue.complement",
                f"Preuve {verb}, dit {kept.review.by} le {moment(kept.review.at)} : {kept.review.reason}",
                Severity.ERROR if refused else Severity.WARNING,
                where,
                observed=f"{', '.join(sorted(kept.pieces))} ({_WITHOUT})",
                fix="Refaites la preuve, puis faites-la examiner de nouveau.",
            )
    if dossier.fault is not None and any(kept.looked for kept in proofs):
        yield Finding(
            "revue.registre",
            "Le registre des revues n’est pas digne de foi : aucune revue n’est prise en compte.",
            Severity.WARNING,
            Location("revues.jsonl"),
            observed=dossier.fault,
            fix="Reprenez revues.jsonl d’une copie.",
        )


def _changed(kept: Kept) -> set[str]:
    before = dict(kept.review.pieces) if kept.review is not None else {}
    return {name for name, _ in before.items() ^ kept.pieces.items()}

"""Les scénarios qu’aucun test ne juge : les pièces du dossier, rapprochées de leur N° preuve."""

from __future__ import annotations

from datetime import UTC, datetime

from conformance import Finding, NotRun, ToReview, require
from conformance.checks import evidence
from conformance.drivers.dossier import Dossier
from conformance.model.finding import Severity
from conformance.model.plan import Planned
from conformance.model.requirement import Proof, Scenario
from conformance.outcomes import Piece, by_hand


def test_evidence(evidence_scenario: str, planned: Planned, dossier: Dossier | None) -> None:
    """Chaque preuve attendue est-elle là, lisible, du bon type, en cours de validité ? Une personne jugera le reste."""
    if dossier is None:
        raise NotRun("aucun dossier de preuves n’est fourni (--dossier, ou « dossier » dans la configuration)")
    good, missing, attested = [], [], False
    for proof in planned.scenario.proofs or (_own(planned.scenario),):
        filed = _filed(dossier, proof)
        for one in filed:
            findings = _look_at(one, proof, dossier, {other.name for other in filed})
            by_hand("preuve", findings, [_piece(one, proof)])
            if any(finding.severity is Severity.ERROR for finding in findings):
                require(finding for finding in findings if finding.severity is Severity.ERROR)
            if not evidence.refused(findings):
                good.append(one.name)
                attested = attested or one.attestation
        if not filed:
            missing.append(proof.id)
    if attested:
        by_hand("attestation", (), ())
    if good:
        raise ToReview(f"{_many(len(good), 'pièce')} à examiner{_absent(missing)}")
    by_hand("aucun", (), ())
    raise NotRun(f"aucune pièce recevable dans le dossier{_absent(missing)}")


def _look_at(filed: evidence.Filed, proof: Proof, dossier: Dossier, own: set[str]) -> list[Finding]:
    elsewhere = [name for name in dossier.twins(filed.sha256) if name not in own]
    now = datetime.now(UTC)
    return [
        *evidence.readable(proof, filed),
        *evidence.dated(filed, now),
        *evidence.used_once(proof, filed, elsewhere),
        *(evidence.attestation(filed, now.date()) if filed.attestation else ()),
    ]


def _filed(dossier: Dossier, proof: Proof) -> list[evidence.Filed]:
    return [
        evidence.Filed(piece.name, piece.size, piece.sha256, piece.head, datetime.fromisoformat(piece.modified))
        for piece in dossier.for_proof(proof.id)
    ]


def _piece(filed: evidence.Filed, proof: Proof) -> Piece:
    return Piece(filed.name, filed.extension or "autre", filed.sha256, filed.size, proof.id, "dossier de preuves")


def _own(scenario: Scenario) -> Proof:
    """A scenario that is asked no numbered proof may still be documented, under its own id."""
    return Proof(scenario.id, "document", scenario.title)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"


def _absent(missing: list[str]) -> str:
    return f" ; manque : {', '.join(missing)}" if missing else ""

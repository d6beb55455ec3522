"""Les scénarios qu’aucun test ne juge : les pièces du dossier, rapprochées de leur N° preuve et des revues."""

from __future__ import annotations

from conformance import NotRun, ToReview, require
from conformance.dossier.reading import Looked, Reading, read
from conformance.drivers.dossier import Dossier
from conformance.model.finding import Severity
from conformance.model.plan import Planned
from conformance.model.vendor import Software
from conformance.model.verdict import Verdict
from conformance.outcomes import Accepted, Piece, by_hand


def test_evidence(evidence_scenario: str, planned: Planned, dossier: Dossier | None, product: Software) -> None:
    """Chaque preuve attendue est-elle là, lisible, du bon type, valide ? Seule une personne nommée peut l’accepter."""
    if dossier is None:
        raise NotRun("aucun dossier de preuves n’est fourni (--dossier, ou « dossier » dans la configuration)")
    reading = read(planned, dossier, product)
    remarks = [finding for finding in reading.findings if finding.severity is not Severity.ERROR]
    by_hand(reading.mode, remarks, _pieces(reading), reading.reviews())
    if reading.verdict is Verdict.NON_CONFORME:
        require(reading.errors)
    if reading.verdict is Verdict.CONFORME:
        raise Accepted(reading.reason)
    if reading.verdict is Verdict.A_EXAMINER:
        raise ToReview(reading.reason)
    raise NotRun(reading.reason)


def _pieces(reading: Reading) -> list[Piece]:
    return [_piece(one, kept.proof.id) for kept in reading.proofs for one in kept.looked]


def _piece(one: Looked, proof: str) -> Piece:
    filed = one.filed
    return Piece(filed.name, filed.extension or "autre", filed.sha256, filed.size, proof, "dossier de preuves")

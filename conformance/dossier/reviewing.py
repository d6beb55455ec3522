"""Writing a person’s decision at the end of the register: checked against what is there, sealed to the line before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from conformance.dossier.reading import Kept, Reading, proofs_of, read
from conformance.drivers.dossier import Dossier
from conformance.model.plan import Plan
from conformance.model.review import GENESIS, REVIEWS, Decision, Review, load_reviews, seal
from conformance.model.yamlfile import DataError, closest

_LOCK = ".revues.verrou"
_SHORTEST = 10


def review(
    folder: Path, plan: Plan, proof_id: str, decision: Decision, by: str, reason: str, now: datetime | None = None
) -> Review:
    """Add a decision about a proof, made on its present pieces; gives it back.

    Raises DataError for a proof the plan does not ask for, a decision that nothing in the dossier bears, a person or a
    reason too vague, or a register that was tampered with.
    """
    name, why = _tidy(by), _tidy(reason)
    if sum(char.isalpha() for char in name) < 3:
        raise DataError("--by", "le nom de la personne qui décide manque", hint='par exemple --by "Camille EXEMPLE"')
    if len(why) < _SHORTEST:
        raise DataError("--reason", f"le motif est trop court : {_SHORTEST} caractères au moins")
    with _alone(folder):
        dossier = Dossier.open(folder)
        known = load_reviews(folder)
        reading, kept = _find(plan, dossier, proof_id)
        _bears(reading, kept, decision)
        made = Review(
            at=(now or datetime.now(UTC)).isoformat(timespec="seconds").replace("+00:00", "Z"),
            by=name,
            decision=decision,
            reason=why,
            scenario=reading.scenario.id,
            proof=kept.proof.id,
            pieces=kept.pieces,
            previous=seal(known[-1].line()) if known else GENESIS,
        )
        with (folder / REVIEWS).open("ab") as file:
            file.write(f"{made.line()}\n".encode())
    return made


def _tidy(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _find(plan: Plan, dossier: Dossier, proof_id: str) -> tuple[Reading, Kept]:
    wanted = proof_id.casefold()
    for item in plan.items:
        if wanted not in (proof.id.casefold() for proof in proofs_of(item.scenario)):
            continue
        if item.excluded is not None:
            raise DataError(proof_id, f"ce scénario ne s’applique pas : {item.excluded}")
        reading = read(item, dossier, plan.vendor.software)
        return reading, next(kept for kept in reading.proofs if kept.proof.id.casefold() == wanted)
    own = [proof.id for item in plan.items if item.scenario.id.casefold() == wanted for proof in item.scenario.proofs]
    known = [proof.id for item in plan.items for proof in proofs_of(item.scenario)]
    hint = f"ce scénario a ses preuves : {', '.join(own)}" if own else closest(proof_id, known)
    raise DataError(plan.profile.id, f"le profil n’attend pas de preuve « {proof_id} »", hint=hint)


def _bears(reading: Reading, kept: Kept, decision: Decision) -> None:
    if not kept.looked:
        raise DataError(kept.proof.id, "aucune pièce n’est déposée : il n’y a rien à examiner")
    if decision is not Decision.ACCEPTED:
        return
    if kept.state != "fournie":
        told = "; ".join(dict.fromkeys(finding.message for one in kept.looked for finding in one.findings))
        raise DataError(kept.proof.id, f"aucune pièce recevable, elle ne peut pas être acceptée : {told}")
    if any(one.errors for one in kept.looked):
        raise DataError(kept.proof.id, "l’éditeur y déclare « Non » : elle ne peut pas être acceptée")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one writer at a time, or the chain would fork."""
    lock = folder / _LOCK
    try:
        lock.open("x").close()
    except FileExistsError:
        raise DataError(
            lock, "une autre revue est en cours d’écriture", hint="si ce n’est pas le cas, effacez ce fichier"
        ) from None
    except FileNotFoundError:
        raise DataError(folder, "le dossier de preuves n’existe pas") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)

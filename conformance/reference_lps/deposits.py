"""The deposits that wait for the DMP: kept in the file of the LPS, tried again until the DMP has answered for good.

A lot keeps its identifiers from one attempt to the next: an answer that was lost costs neither a document nor a second
copy of it. What a rule forbids meanwhile (a refusal of the patient, an identity that is not qualified any more) is not
sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from . import ranks, rules
from .desk import activity
from .ebxml import Lot
from .lps import Lps
from .store import Record
from .types import Deposit

PENDING = "EN_ATTENTE"
_FIRST_DELAY_S, _LONGEST_S, _ATTEMPTS = 0.5, 60.0, 14


@dataclass(frozen=True)
class Waiting:
    """A document to deposit: for whom, as which lot, how often it was tried, when to try next (seconds, epoch)."""

    document: str
    user: str
    lot: Lot
    attempts: int = 0
    due: float = 0.0
    history: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """As the file keeps it."""
        kept = asdict(self)
        kept["lot"]["submitted_at"] = self.lot.submitted_at.isoformat()
        return kept

    @classmethod
    def read(cls, data: dict[str, Any]) -> Waiting:
        """What ``data`` gave."""
        lot = {**data["lot"], "submitted_at": datetime.fromisoformat(data["lot"]["submitted_at"])}
        return cls(**{**data, "lot": Lot(**lot)})


def put(lps: Lps, record: Record, user: str, why: str, lot: Lot | None = None, history: bool = False) -> Record:
    """Have a document wait for its deposit; ``lot`` is that of an attempt already made."""
    started = lot is not None
    # A first attempt is not a second one: only then may the DMP hold the document without our knowing.
    waiting = Waiting(record.id, user, lot or Lot(), int(started), _later(1) if started else 0.0, history)
    lps.store.keep_waiting(record.id, waiting.data)
    record = replace(record, dmp_etat=PENDING, dmp_message=why)
    lps.store.save_document(record)
    return record


def due(lps: Lps) -> Waiting | None:
    """The deposit to try now: the oldest that is due, a version only after the one it replaces."""
    queue = [Waiting.read(data) for data in lps.store.waiting()]
    names = {one.document for one in queue}
    for one in queue:
        record = lps.store.document(one.document)
        if record is not None and record.remplace not in names and one.due <= time.time():
            return one
    return None


def attempt(lps: Lps, waiting: Waiting, pace: Callable[[], None]) -> Deposit:
    """Try one deposit; nothing is written here, so that the file stays free while the DMP thinks."""
    from . import dmp

    record = lps.document(waiting.document)
    patient = lps.patient(record.patient)
    if refusal := rules.deposit_refusal(patient, record.written_with, lps.defects):
        return Deposit("BLOQUE", refusal)
    if record.produced is None:
        return Deposit("ECHEC", "Le document n’a pas de fichier à déposer.")
    own = ranks.for_deposit(lps, record.validated_by, waiting.user)
    client = dmp.DmpClient(lps.bench, lps.defects, pace if waiting.history else None, own)
    named, older = rules.for_exchange(patient), before(lps, record)
    return client.deposit(record.produced, record.draft, named, older, waiting.lot, waiting.attempts > 0)


def settle(lps: Lps, waiting: Waiting, done: Deposit) -> None:
    """Write down how an attempt ended: for good, or until the next one."""
    record, attempts = lps.document(waiting.document), waiting.attempts + 1
    if done.transient and attempts < _ATTEMPTS:
        later = replace(waiting, attempts=attempts, due=_later(attempts))
        lps.store.keep_waiting(waiting.document, later.data)
        message = f"{done.message} Le dépôt sera tenté de nouveau."
        lps.store.save_document(replace(record, dmp_message=message))
        return
    lps.store.drop_waiting(waiting.document)
    if done.state != "BLOQUE":
        activity.count(lps, activity.DMP, record.draft, qualified=True, done=done.state == "DEPOSE")
    if done.state == "DEPOSE":
        lps.audit.exchange(waiting.user, record.patient, "DMP", "dmp", True)
    else:
        lps.audit.work("DEPOT_DMP", record.patient, done.message)
    entry = done.entry_uuid if done.state == "DEPOSE" else record.entry_uuid
    lps.store.save_document(replace(record, dmp_etat=done.state, dmp_message=done.message, entry_uuid=entry))


def before(lps: Lps, record: Record) -> str | None:
    """The entry of the nearest older version the DMP holds: those in between may have stayed here."""
    older = lps.store.document(record.remplace) if record.remplace else None
    while older and not older.entry_uuid:
        older = lps.store.document(older.remplace) if older.remplace else None
    return older.entry_uuid if older else None


class Pace:
    """No more than so many transactions a second, however fast the DMP is; called before each of them."""

    def __init__(self, per_second: Callable[[], float]) -> None:
        self._per_second, self._last = per_second, 0.0

    def __call__(self) -> None:
        """Wait for one's turn."""
        # A little more than the exact interval: the network may bring two calls closer than they left.
        wait = self._last + 1.08 / self._per_second() - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._last = time.monotonic()


def _later(attempts: int) -> float:
    delay = _FIRST_DELAY_S * 2.0 ** (attempts - 1)
    return time.time() + min(delay, _LONGEST_S)

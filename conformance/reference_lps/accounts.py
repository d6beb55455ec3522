"""The accounts of the LPS's users: their identity, permissions, password, and the subject Pro Santé Connect knows them by.

One person has one account, whichever way he logs in: the RPPS number reconciles them (référentiel Pro Santé Connect,
EX PSC 19). What cannot be reconciled without doubt is refused, never merged.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from . import database
from .psc.token import PscError

_SCHEMA = "CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, data TEXT NOT NULL)"
_PHYSICAL_PERSON = "8"


@dataclass(frozen=True)
class Account:
    """``identifiant`` is None for one that only Pro Santé Connect opens; ``subject`` None until it has.

    ``rpps`` is empty until the directory gives it, ``checked`` the day (ISO) of the last search, ``warning`` what it left.
    """

    id: str
    rpps: str
    nom: str
    prenom: str
    identifiant: str | None = None
    permissions: tuple[str, ...] = ()
    subject: str | None = None
    checked: str = ""
    warning: str | None = None
    salt: str = field(default="", repr=False)
    digest: str = field(default="", repr=False)


class Accounts:
    """Every account, in one SQLite file."""

    def __init__(self, path: Path, defects: frozenset[str]) -> None:
        self._defects = defects
        self._lock = threading.RLock()
        self._db = database.opened(path)
        with self._lock, self._db:
            self._db.execute(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def keep(self, account: Account) -> Account:
        """Insert or replace an account."""
        with self._lock, self._db:
            data = json.dumps(asdict(account))
            self._db.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?)", (account.id, data))
        return account

    def all(self) -> list[Account]:
        """Every account, the first made first."""
        with self._lock:
            rows = self._db.execute("SELECT data FROM accounts ORDER BY rowid").fetchall()
        return [_read(row[0]) for row in rows]

    def one(self, account_id: str) -> Account | None:
        """The account of that id, or None."""
        return next((account for account in self.all() if account.id == account_id), None)

    def named(self, identifiant: str) -> Account | None:
        """The account of that login name, or None."""
        return next((account for account in self.all() if account.identifiant == identifiant), None)

    def create(self, identifiant: str, password: str, rpps: str, nom: str, prenom: str) -> Account:
        """An account with a password; it completes the one that Pro Santé Connect already opened for that number."""
        known = next((one for one in self.all() if rpps and one.rpps == rpps and one.identifiant is None), None)
        if known is None or "psc-second-account" in self._defects:
            known = Account(str(uuid.uuid4()), rpps, nom, prenom)
        return self.keep(with_password(replace(known, identifiant=identifiant), password))

    def reconciled(self, user: Mapping[str, str], subject: str) -> str:
        """The account of whom Pro Santé Connect authenticated. Raises PscError when number and subject disagree."""
        national = user["id_national"]
        rpps = national[1:] if national.startswith(_PHYSICAL_PERSON) else national
        everyone = self.all()
        by_number = next((one for one in reversed(everyone) if one.rpps == rpps), None)
        by_subject = next((one for one in everyone if subject and one.subject == subject), None)
        if "psc-second-account" in self._defects:
            by_number = by_subject
        merges = "psc-merges-silently" in self._defects
        if by_subject is not None and by_subject.rpps != rpps and not merges:
            raise PscError("Ce compte est déjà rapproché d’un autre numéro RPPS : voyez votre administrateur.")
        if by_number is None:
            return self.keep(Account(str(uuid.uuid4()), rpps, user["nom"], user["prenom"], subject=subject)).id
        if by_number.subject not in (None, subject) and subject and not merges:
            raise PscError("Ce numéro RPPS est déjà rapproché d’une autre identité : voyez votre administrateur.")
        return self.keep(replace(by_number, subject=by_number.subject or subject or None)).id


def with_password(account: Account, password: str) -> Account:
    """The account, opened by that password."""
    salt = secrets.token_hex(16)
    return replace(account, salt=salt, digest=_digest(password, salt))


def opens(account: Account | None, password: str) -> bool:
    """Whether that password opens the account; as long for nobody as for somebody."""
    salt, digest = (account.salt, account.digest) if account and account.digest else ("00", "")
    return hmac.compare_digest(_digest(password, salt), digest)


def _digest(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()


def _read(text: str) -> Account:
    data = json.loads(text)
    return Account(**data | {"permissions": tuple(data["permissions"])})

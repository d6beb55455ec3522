"""The RPPS numbers of accounts: looked up in the directory when an account is made, again when they miss, every two years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from . import wire
from .accounts import Account
from .directory.api import DirectoryClient

_YEARS = 2
_UNKNOWN = "Le numéro RPPS de ce professionnel n’a pas été trouvé dans l’Annuaire Santé."
_GONE = "L’Annuaire Santé ne connaît plus le numéro RPPS de ce compte."


def due(account: Account, day: date) -> bool:
    """Whether that account's number must be looked up that day."""
    if account.identifiant is None:
        return False
    return not account.rpps or _later(account.checked) <= day


def looked_up(
    directory: DirectoryClient, account: Account, day: date, defects: frozenset[str] = frozenset()
) -> Account:
    """The account after a search: its number when the directory gives one and one only, otherwise a warning.

    A directory that cannot be asked leaves the account as due as it was.
    """
    search = {"identifier": account.rpps} if account.rpps else {"family": account.nom, "given": account.prenom}
    try:
        found = directory.numbers(**search)
        warning = _GONE if account.rpps else _UNKNOWN
    except wire.WireError as failure:
        return replace(account, warning=str(failure))
    # The directory answers by beginnings of names: only the very same name is the professional's.
    same = [one for one in found if account.rpps or _same(one[1:], account)]
    if len(same) != 1:
        silent = "ie-rpps-silent" in defects
        return replace(account, warning=None if silent else warning, checked=day.isoformat())
    rpps = "" if "ie-rpps-not-kept" in defects else same[0][0]
    return replace(account, rpps=rpps, warning=None, checked=day.isoformat())


def _same(names: tuple[str, ...], account: Account) -> bool:
    return [name.casefold() for name in names] == [account.nom.casefold(), account.prenom.casefold()]


def _later(checked: str) -> date:
    if not checked:
        return date.min
    day = date.fromisoformat(checked)
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + _YEARS, day=last)

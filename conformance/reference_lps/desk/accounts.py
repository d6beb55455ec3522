"""The actions on the accounts of users and on what they may open: local logins, passwords, and the traces of all that."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from conformance.reference_lps import audit, numbers
from conformance.reference_lps.accounts import Account, opens, with_password
from conformance.reference_lps.errors import RefusalError, not_found
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps

_SHORTEST = 12
JOURNAL = "comptes"
CONNEXION, IDENTITE, PERMISSIONS, MOT_DE_PASSE = "CONNEXION", "IDENTITE", "PERMISSIONS", "MOT_DE_PASSE"
RPPS = "RPPS"


def create(lps: Lps, call: Call) -> dict[str, Any]:
    """Make an account with a password; its number is looked up in the directory when it is not given."""
    body = Body(call.body, ("identifiant", "mot_de_passe", "rpps", "nom", "prenom"))
    name, rpps = body.text("identifiant"), body.optional_text("rpps")
    password = _strong(body.text("mot_de_passe"))
    if rpps is not None and not re.fullmatch(r"[0-9]{11}", rpps):
        raise RefusalError(400, "« rpps » doit avoir onze chiffres.")
    if lps.accounts.named(name) is not None:
        raise RefusalError(409, "Cet identifiant est déjà pris.")
    account = lps.accounts.create(name, password, rpps or "", body.text("nom"), body.text("prenom"))
    _trace(lps, call.user, account.id, IDENTITE, "création")
    if not account.rpps:
        account = _sought(lps, call.user, account, date.today())  # noqa: DTZ011  (the day where the software is)
    return _show(account)


def check_numbers(lps: Lps, call: Call) -> dict[str, Any]:
    """The periodic task as of a day: numbers that miss are looked up again, old ones are checked."""
    try:
        day = date.fromisoformat(Body(call.body, ("au",)).text("au"))
    except ValueError:
        raise RefusalError(400, "« au » doit être un jour (AAAA-MM-JJ).") from None
    due = [one for one in lps.accounts.all() if numbers.due(one, day) and "ie-rpps-never-again" not in lps.defects]
    for account in due:
        _sought(lps, call.user, account, day)
    return {"controles": len(due)}


def _sought(lps: Lps, author: str, account: Account, day: date) -> Account:
    found = numbers.looked_up(lps.directory_client, account, day, lps.defects)
    _trace(lps, author, found.id, RPPS, "recherche dans l’annuaire", done=found.warning is None)
    return lps.accounts.keep(found)


def read(lps: Lps, call: Call) -> dict[str, Any]:
    """An account, without its password."""
    return _show(_account(lps, call))


def edit(lps: Lps, call: Call) -> dict[str, Any]:
    """Change the identity or the permissions of an account."""
    account, body = _account(lps, call), Body(call.body, ("nom", "prenom", "permissions"))
    names = {key: body.text(key) for key in ("nom", "prenom") if body.has(key)}
    if names:
        account = replace(account, nom=names.get("nom", account.nom), prenom=names.get("prenom", account.prenom))
        _trace(lps, call.user, account.id, IDENTITE, ", ".join(names))
    if body.has("permissions"):
        wanted = call.body["permissions"]
        if not isinstance(wanted, list) or not all(isinstance(one, str) and one for one in wanted):
            raise RefusalError(400, "« permissions » doit être une liste de mots.")
        account = replace(account, permissions=tuple(wanted))
        _trace(lps, call.user, account.id, PERMISSIONS, ", ".join(wanted))
    return _show(lps.accounts.keep(account))


def change_password(lps: Lps, call: Call) -> dict[str, Any]:
    """Change a password, the former one being given; both outcomes are traced."""
    account, body = _account(lps, call), Body(call.body, ("ancien", "nouveau"))
    former, wanted = body.text("ancien"), body.text("nouveau")
    known = opens(account, former)
    _trace(lps, call.user, account.id, MOT_DE_PASSE, "changement", done=known and len(wanted) >= _SHORTEST)
    if not known:
        raise RefusalError(403, "L’ancien mot de passe n’est pas le bon.")
    return _show(lps.accounts.keep(with_password(account, _strong(wanted))))


def log_in(lps: Lps, call: Call) -> dict[str, Any]:
    """Open a session by login name and password."""
    body = Body(call.body, ("identifiant", "mot_de_passe"))
    name = body.text("identifiant")
    account = lps.accounts.named(name)
    if account is None or not opens(account, body.text("mot_de_passe")):
        _trace(lps, name, account.id if account else None, CONNEXION, "identifiant et mot de passe", done=False)
        raise RefusalError(403, "Identifiant ou mot de passe incorrect.")
    _trace(lps, name, account.id, CONNEXION, "identifiant et mot de passe")
    user = {"id_national": f"8{account.rpps}", "nom": account.nom, "prenom": account.prenom}
    return {"session": lps.psc.open_local(user, account.id).id, "compte": account.id}


def _strong(password: str) -> str:
    if len(password) < _SHORTEST:
        raise RefusalError(400, f"Le mot de passe doit avoir au moins {_SHORTEST} caractères.")
    return password


def _account(lps: Lps, call: Call) -> Account:
    found = lps.accounts.one(call.target)
    if found is None:
        raise not_found("Ce compte")
    return found


def _trace(lps: Lps, author: str, account: str | None, kind: str, detail: str, *, done: bool = True) -> None:
    """One line of the journal of accounts; never a password."""
    if f"iam-log-skips-{kind.lower().replace('_', '-')}" in lps.defects:
        return
    if kind == RPPS and "ie-rpps-untraced" in lps.defects:
        return
    if not done and "iam-log-skips-failures" in lps.defects:
        return
    who = None if "iam-log-without-author" in lps.defects else author
    result = "SUCCES" if done else "ECHEC"
    line = {"date": audit.now(), "auteur": who, "compte": account, "nature": kind, "resultat": result, "detail": detail}
    lps.store.append(JOURNAL, line)


def _show(account: Account) -> dict[str, Any]:
    names = ("id", "identifiant", "nom", "prenom")
    told = {"rpps": account.rpps or None, "avertissement": account.warning, "permissions": list(account.permissions)}
    return {name: getattr(account, name) for name in names} | told

"""RPPS numbers of accounts: looked up, told when they miss, looked up again, traced (SSI/IE.30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location

_say = Voice("ie", "SSI/IE.30")
_HERE = Location("réponse du Pilote LPS")


def associated(account: Mapping[str, Any], rpps: str, when: str) -> Iterator[Finding]:
    """The account bears the number that the directory publishes; ``when`` is the French moment."""
    if account.get("rpps") != rpps:
        yield _say(
            "rpps",
            f"Le compte ne porte pas le numéro RPPS de l’Annuaire Santé {when}.",
            _HERE,
            rpps,
            str(account.get("rpps") or "aucun numéro"),
            "Rechercher le numéro dans l’Annuaire Santé et l’associer au compte.",
        )


def warned(account: Mapping[str, Any], why: str) -> Iterator[Finding]:
    """The administrator is told; ``why`` is the French reason."""
    if not str(account.get("avertissement") or "").strip():
        yield _say(
            "rpps.avertissement",
            f"Rien n’avertit l’administrateur\u00a0: {why}.",
            _HERE,
            "un avertissement",
            "aucun",
            "Avertir quand l’Annuaire Santé ne donne pas, ou plus, le numéro.",
        )


def unwarned(account: Mapping[str, Any]) -> Iterator[Finding]:
    """A number that the directory confirms leaves no warning."""
    if account.get("avertissement"):
        yield _say(
            "rpps.avertissement",
            "Un avertissement reste alors que l’Annuaire Santé connaît le numéro.",
            _HERE,
            "aucun avertissement",
            str(account["avertissement"])[:200],
            "Lever l’avertissement quand le numéro est trouvé ou confirmé.",
        )


def invented(account: Mapping[str, Any]) -> Iterator[Finding]:
    """Nobody of that name is published: no number may be associated."""
    if account.get("rpps"):
        yield _say(
            "rpps.invente",
            "Le compte porte un numéro RPPS alors que l’Annuaire Santé ne publie personne de ce nom.",
            _HERE,
            "aucun numéro",
            str(account["rpps"]),
            "N’associer un numéro que d’après l’Annuaire Santé, et pour cette seule personne.",
        )


def searches_traced(lines: Sequence[Mapping[str, Any]], account: str) -> Iterator[Finding]:
    """The journal of accounts holds the search at the creation, then the periodic check, each with its date."""
    mine = [line for line in lines if line.get("compte") == account and line.get("nature") == "RPPS"]
    dated = [line for line in mine if line.get("date")]
    if len(dated) < 2:
        yield _say(
            "rpps.trace",
            "Les traces ne montrent pas la recherche du numéro RPPS suivie de son contrôle.",
            Location("journal des comptes"),
            "une ligne RPPS à la création, une autre au contrôle, datées",
            f"{len(dated)} ligne(s) RPPS datée(s)",
            "Tracer chaque recherche et chaque contrôle du numéro.",
        )

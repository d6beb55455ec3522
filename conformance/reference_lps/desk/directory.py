"""The actions on the Annuaire Santé: integrate it, search it, make and refresh the records drawn from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.reference_lps import audit, directory, wire
from conformance.reference_lps.directory.store import CORRESPONDENT, USER, Card
from conformance.reference_lps.errors import RefusalError, not_found
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id

_SHOWN_REJECTS = 50
_NAMES = {USER: "Cet utilisateur", CORRESPONDENT: "Ce correspondant"}


def integrate(lps: Lps, call: Call) -> dict[str, Any]:
    """Fetch the extraction and put it in place of the former; on any failure the former stays. The report tells."""
    Body(call.body, ())
    report: dict[str, Any] = {
        "date": audit.now(),
        "fichier": None,
        "lues": 0,
        "integrees": 0,
        "rejetees": 0,
        "rejets": [],
    }
    try:
        read = directory.read(lps.directory_client.extraction(), lps.defects)
    except (wire.WireError, directory.ExtractionError) as failure:
        report |= {"etat": "ECHEC", "message": f"{failure} L’annuaire précédent reste en place."}
        lps.directory.report(report)
        return report
    lps.directory.replace(read.entries, lambda card, entry: _refreshes(lps, card, entry))
    report |= {
        "etat": "INTEGRE",
        "message": "Extraction intégrée.",
        "fichier": read.name,
        "lues": read.lines,
        "integrees": len(read.entries),
        "rejetees": len(read.rejected),
        "rejets": [{"ligne": number, "motif": why} for number, why in read.rejected[:_SHOWN_REJECTS]],
    }
    if "ann-report-hides-rejects" in lps.defects:
        report |= {"lues": len(read.entries), "rejetees": 0, "rejets": []}
    lps.directory.report(report)
    return report


def reports(lps: Lps, _call: Call) -> dict[str, Any]:
    """Every integration, done or failed."""
    return {"lignes": lps.directory.reports()}


def search(lps: Lps, call: Call) -> dict[str, Any]:
    """The professionals of the integrated directory, by number or by name."""
    body = Body(call.body, ("rpps", "nom", "prenom"))
    rpps, nom, prenom = (body.optional_text(name) for name in ("rpps", "nom", "prenom"))
    if not (rpps or nom):
        raise RefusalError(400, "Donnez «\u00a0rpps\u00a0» ou «\u00a0nom\u00a0».")
    found = directory.matching(lps.directory.entries(rpps), rpps, nom, prenom)
    return {"professionnels": [one.shown() for one in found]}


def addresses(lps: Lps, call: Call) -> dict[str, Any]:
    """The MSSanté addresses that the directory gives now, for a professional or for a correspondent of the LPS."""
    body = Body(call.body, ("rpps", "nom", "prenom", "correspondant"))
    if body.has("correspondant"):
        rpps: str | None = _card(lps, body.text("correspondant"), CORRESPONDENT).entry.rpps
    else:
        rpps = body.optional_text("rpps")
    names = {"family": body.optional_text("nom"), "given": body.optional_text("prenom")}
    wanted = {"identifier": rpps} if rpps else {name: value for name, value in names.items() if value}
    if not (rpps or body.has("nom")):
        raise RefusalError(400, "Donnez «\u00a0rpps\u00a0», «\u00a0nom\u00a0» ou «\u00a0correspondant\u00a0».")
    if rpps and "ann-address-kept" in lps.defects and (kept := lps.directory.remembered(rpps)) is not None:
        return {"adresses": kept, "message": None}
    try:
        found = lps.directory_client.boxes(**{name: str(value) for name, value in wanted.items()})
    except wire.WireError as failure:
        return {"adresses": [], "message": str(failure)}
    if rpps:
        lps.directory.remember(rpps, found)
    return {"adresses": found, "message": None if found else "L’annuaire ne donne aucune adresse MSSanté."}


def create_user(lps: Lps, call: Call) -> dict[str, Any]:
    """Make the record of a user from an RPPS number."""
    return _show(_made(lps, Body(call.body, ("rpps",)), USER, None))


def add_correspondent(lps: Lps, call: Call) -> dict[str, Any]:
    """Make the record of a correspondent of a patient from an RPPS number."""
    return _show(_made(lps, Body(call.body, ("rpps",)), CORRESPONDENT, lps.patient(call.target).id))


def reader(kind: str) -> Callable[[Lps, Call], dict[str, Any]]:
    """The action that shows a record of that kind."""
    return lambda lps, call: _show(_card(lps, call.target, kind))


def _refreshes(lps: Lps, card: Card, entry: directory.Entry) -> bool:
    frozen = {USER: "ann-user-not-refreshed", CORRESPONDENT: "ann-correspondent-not-refreshed"}[card.kind]
    return card.entry != entry and frozen not in lps.defects


def _made(lps: Lps, body: Body, kind: str, patient: str | None) -> Card:
    rpps = body.text("rpps")
    if not re.fullmatch(r"[0-9]{11}", rpps):
        raise RefusalError(400, "« rpps » doit avoir onze chiffres.")
    found = lps.directory.entries(rpps)
    if not found:
        raise RefusalError(409, "Ce numéro RPPS n’est pas dans l’annuaire intégré.")
    card = Card(new_id(), kind, patient, found[0])
    lps.directory.save_card(card)
    return card


def _card(lps: Lps, card_id: str, kind: str) -> Card:
    found = lps.directory.card(card_id, kind)
    if found is None:
        raise not_found(_NAMES[kind])
    return found


def _show(card: Card) -> dict[str, Any]:
    return {"id": card.id, **card.entry.shown()}

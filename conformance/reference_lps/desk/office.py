"""The actions on the LPS itself: its settings, its journals and its logins to Pro Santé Connect."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from conformance.reference_lps import insi, pades, ranks, rules
from conformance.reference_lps.errors import RefusalError, not_found
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.psc.login import CHANNELS, CIBA, MODES, PSC, STRUCTURE, WEB, Login

from . import content, copies, relay, transport

BY_CERTIFICATE = ("applicative", "nominative")
"""The boxes from which documents may leave by themselves."""
_LONGEST_IDLE_S = 86_400
_SWITCHES = ("dmp_automatique", transport.AUTOMATIC, relay.SETTING, copies.SETTING, pades.SETTING)
NAME, EDITOR, VERSION = "LPS de référence", "segur-conformance", "1.0"


def settings(lps: Lps, call: Call) -> dict[str, Any]:
    """Change some settings, and show them all."""
    mentions = tuple(f"mention_{name}" for name in content.MENTIONS)
    body = Body(
        call.body,
        ("adresse_retour", "insi_mode", *_SWITCHES, "inactivite_s", "boite_automatique", ranks.SETTING, *mentions),
    )
    for name in mentions:
        if body.has(name):
            lps.store.set(name, body.text(name))
    for name in _SWITCHES:
        if body.has(name):
            lps.store.set(name, "oui" if body.boolean(name) else "non")
    if body.has("boite_automatique"):
        lps.store.set("boite_automatique", body.one_of("boite_automatique", BY_CERTIFICATE))
    if body.has(ranks.SETTING):
        lps.store.set(ranks.SETTING, body.one_of(ranks.SETTING, ranks.CHOICES))
    if body.has("insi_mode"):
        lps.store.set("insi_mode", body.one_of("insi_mode", insi.MODES))
    if body.has("inactivite_s"):
        delay = call.body["inactivite_s"]
        if isinstance(delay, bool) or not isinstance(delay, int) or not 1 <= delay <= _LONGEST_IDLE_S:
            raise RefusalError(400, "« inactivite_s » doit être un nombre entier de secondes, de 1 à 86 400.")
        lps.store.set("inactivite_s", str(delay))
    if body.has("adresse_retour"):
        address = body.text("adresse_retour")
        if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", address):
            raise RefusalError(400, "« adresse_retour » doit être une adresse de messagerie.")
        lps.store.set("adresse_retour", address)
    return {
        "adresse_retour": lps.store.setting("adresse_retour"),
        "insi_mode": lps.store.setting("insi_mode", insi.CPX),
        "inactivite_s": int(lps.idle_s()),
        ranks.SETTING: lps.store.setting(ranks.SETTING, ranks.STRUCTURE),
        "boite_automatique": lps.store.setting("boite_automatique", BY_CERTIFICATE[0]),
        **{name: lps.store.setting(name) for name in mentions},
        **{name: lps.store.setting(name) == "oui" for name in _SWITCHES},
    }


def context_call(lps: Lps, call: Call) -> dict[str, Any]:
    """The address that opens a third-party application on a patient, by the INS."""
    body = Body(call.body, ("application",))
    address, patient = body.text("application"), rules.for_exchange(lps.patient(call.target))
    if not re.fullmatch(r"https?://[^\s?#]+", address):
        raise RefusalError(400, "« application » doit être une adresse http sans paramètre.")
    if not (patient.matricule and patient.oid):
        raise RefusalError(409, "L’identité n’est pas qualifiée : l’appel contextuel ne peut pas porter son INS.")
    lps.audit.exchange(call.user, patient.id, address, "appel-contextuel", True)
    asked = {"matricule": patient.matricule, "oid": patient.oid}
    if "context-call-without-ins" in lps.defects:
        asked = {"dossier": patient.id}
    return {"url": f"{address}?{urlencode(asked)}"}


def journal(name: str) -> Callable[[Lps, Call], dict[str, Any]]:
    """The action that exports the journal of that name."""

    def export(lps: Lps, _call: Call) -> dict[str, Any]:
        return {"lignes": lps.store.lines(name)}

    return export


def start_login(lps: Lps, call: Call) -> dict[str, Any]:
    """Open a login: the caller takes the browser to the URL, or the professional answers on his device (CIBA)."""
    body = Body(call.body, ("mode", "fournisseur", "id_national", "moyen"))
    mode = body.one_of("mode", MODES) if body.has("mode") else WEB
    provider = body.one_of("fournisseur", (PSC, STRUCTURE)) if body.has("fournisseur") else PSC
    if not lps.psc.knows(provider):
        raise RefusalError(409, "Ce fournisseur d’identité n’est pas configuré.")
    if mode != CIBA:
        login, url = lps.psc.start(mode, provider)
        return {"session": login.id, "url": url, "message_liaison": None}
    channel = body.one_of("moyen", CHANNELS) if body.has("moyen") else CHANNELS[0]
    hint = body.text("id_national") if body.has("id_national") else lps.bench.professional.id_national
    login = lps.psc.start_ciba(hint, channel, provider)
    return {"session": login.id, "url": None, "message_liaison": login.liaison}


def read_login(lps: Lps, call: Call) -> dict[str, Any]:
    """What became of a login."""
    return _show(_login(lps, call))


def act(lps: Lps, call: Call) -> dict[str, Any]:
    """The user does something in his session; what became of it."""
    Body(call.body, ())
    return _show(lps.psc.act(_login(lps, call).id) or _login(lps, call))


def _show(login: Login) -> dict[str, Any]:
    told = {"etat": login.etat, "utilisateur": login.user, "message": login.message, "compte": login.compte}
    return told | {"situations": list(login.situations), "message_liaison": login.liaison}


def close_login(lps: Lps, call: Call) -> dict[str, Any]:
    """Log out here, and give the URL that logs out of Pro Santé Connect."""
    return {"url": lps.psc.close(_login(lps, call).id)}


def _login(lps: Lps, call: Call) -> Login:
    login = lps.psc.login(call.target)
    if login is None:
        raise not_found("Cette connexion")
    return login
